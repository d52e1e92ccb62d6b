"""``openbook lab``: JupyterLab."""

import click

from framework.desk.lab import start_lab
from framework.host import settings


@click.command(epilog="Example: openbook lab --port 8890 --no-browser")
@click.option(
    "--port", type=click.IntRange(1, 65535), help="On 127.0.0.1; by default the first free one from 8888."
)
@click.option("--browser/--no-browser", default=True, help="Whether to open the quickstart in a browser.")
def lab(*, port: int | None, browser: bool) -> int:
    """Open JupyterLab, with kernel, database and sample ready; Ctrl-C ends it."""
    read = settings.read()
    return start_lab(read.root, home=read.home, port=port, open_browser=browser)
