"""``openbook data``: bars in the vault."""

import click

from framework.cli.context import opened
from framework.host import settings
from framework.job.ingest import ingest


@click.group(epilog="Example: openbook data load")
def data() -> None:
    """Bars in the vault."""


@data.command(epilog="Example: openbook data load")
def load() -> None:
    """Append what the vault lacks of every job's universe and benchmark.

    A bar that its source has changed becomes another row; nothing is overwritten, and doing it twice adds nothing.
    """
    current = settings.read()
    with opened(current) as ledger:
        added = ingest(ledger, current.root)
    for series, rows in added.items():
        if rows:
            click.echo(f"{series}: {rows:,} bars")
    click.echo(f"{len(added)} series, {sum(added.values()):,} bars appended.")
