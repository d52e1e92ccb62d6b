"""``openbook doctor``: what openbook needs on this machine, and what to do where it is missing."""

import sys
from collections.abc import Callable, Iterator

import click

from framework.cli.checks import CHECKS, Finding
from framework.errors import OpenbookError
from framework.host import settings
from framework.host.settings import Settings

MARKS = {"good": ("green", "\N{CHECK MARK}"), "fair": ("yellow", "!"), "bad": ("red", "\N{BALLOT X}")}


@click.command(epilog="Example: openbook doctor")
def doctor() -> int:
    """Check what openbook needs on this machine.

    Exits with 0 if nothing is missing, else with the code of the first thing that is.
    """
    found = list(examine(settings.read()))
    _show(found)
    return next((finding.exit_code for finding in found if finding.state == "bad"), 0)


def examine(current: Settings) -> Iterator[Finding]:
    """Every check, one finding each; an error is a finding too."""
    for name, check in CHECKS.items():
        yield _examined(name, check, current)


def _examined(name: str, check: Callable[[Settings], Finding], current: Settings) -> Finding:
    try:
        return check(current)
    except OpenbookError as error:
        return Finding("bad", f"{error.what} {error.limit}", error.remedy, name, error.exit_code)


def _show(found: list[Finding]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for finding in found:
        colour, mark = MARKS[finding.state]
        said = Text(finding.said)
        if finding.remedy:
            said.append(f"\n{finding.remedy}", style="bold")
        table.add_row(Text(mark, style=colour), finding.name, said)
    Console(file=sys.stdout, width=None if sys.stdout.isatty() else 120).print(table)
