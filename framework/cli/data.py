"""``openbook data``: bars in the vault."""

from datetime import datetime

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from framework.cli.context import moment, opened
from framework.errors import OpenbookError
from framework.host import clock, settings
from framework.job.state import Checked, checked
from framework.job.sync import Synced, named, sync
from framework.ledger.states import SeriesState

CALENDAR = "XNYS"  # whose close a date after --as-of means
SHOWN = 20  # findings, gaps and revisions that are told one by one
WIDTH = 150  # where nobody is watching


@click.group(epilog="Example: openbook data sync")
def data() -> None:
    """Bars in the vault."""


@data.command("sync", epilog="Example: openbook data sync")
def sync_command() -> None:
    """Bring every job's universe and benchmark up to date.

    A series is fetched from its last sessions on, whole where its vendor has changed them; a changed bar stands beside
    the old one, and an event says what was changed. A series is stored whole or not at all, and one that fails stops no
    other. Killed and started again, it goes on where it ended.
    """
    current, console = settings.read(), Console()
    with opened(current) as ledger, _progress(console) as progress:
        task = progress.add_task("", total=sum(map(len, named(current.root).values())))
        done = []
        for series in sync(ledger, current.root, now=clock.now()):
            done.append(series)
            progress.update(task, advance=1, description=f"{series.source}: {series.symbol}")
        newest = ledger.vault.revisions()[: sum(series.appended.revised for series in done)]
    for revision in newest:
        console.print(revision.sentence, highlight=False)
    failed = [series for series in done if series.error is not None]
    if failed:
        console.print(_failures(failed))
    appended = sum(series.appended.bars for series in done)
    click.echo(
        f"{len(done)} series, {appended:,} bars appended, {len(newest)} revised, {len(failed)} failed."
    )
    _raise_first(failed)


@data.command("check", epilog="Example: openbook data check --as-of 2022-12-28")
@click.option(
    "--as-of",
    metavar="DATE",
    help=f"A session of {CALENDAR}, meaning its close, or an ISO time with its zone. By default now.",
)
def check_command(*, as_of: str | None) -> None:
    """Print the state of every series, and what a quality gate does not pass.

    Coverage, sessions that are missing, the last bar, revisions, licence, and the gates of the last sessions.
    The exit code is 0 if every series passes and no job lacks one, else 4.
    """
    current = settings.read()
    when = moment(as_of, CALENDAR)
    with opened(current) as ledger:
        found = checked(ledger, current.root, as_of=when)
    _show(found, when)
    found.refuse()


def _show(found: Checked, when: datetime) -> None:
    plain = Console()
    console = plain if plain.is_terminal else Console(width=WIDTH, highlight=False)
    table = Table(
        "series",
        Column("calendar", no_wrap=True),
        "in",
        Column("first", no_wrap=True),
        Column("last", no_wrap=True),
        *(Column(name, justify="right") for name in ("bars", "gaps", "revisions")),
        Column("licence", no_wrap=True, overflow="ellipsis", max_width=36),
        "gates",
        title=f"The vault at {when:%Y-%m-%d %H:%M} UTC",
    )
    for state in found.states:
        table.add_row(*_cells(state))
    for source, symbol in found.missing:
        table.add_row(f"{source}: {symbol}", *[""] * 8, "no bar")
    console.print(table, markup=False)
    for line in _told(found):
        console.print(line, highlight=False, markup=False)
    failed = sum(not state.passes for state in found.states)
    click.echo(f"{len(found.states)} series, {failed} not passed, {len(found.missing)} missing.")


def _cells(state: SeriesState) -> tuple[str, ...]:
    row, gates = state.row, dict.fromkeys(one.gate for one in state.found)
    passed = "ended" if state.ended else "passed"
    return (
        f"{row.source}: {row.symbol}",
        row.calendar,
        row.currency,
        f"{state.first:%Y-%m-%d}",
        f"{state.last:%Y-%m-%d}",
        f"{state.bars:,}",
        f"{len(state.gaps):,}",
        f"{len(state.revisions):,}",
        f"{'free' if state.is_free else 'closed'}: {row.licence or 'none said'}",
        ", ".join(gates) or passed,
    )


def _told(found: Checked) -> list[str]:
    """What is wrong, what is missing and what was changed, in sentences; the gravest first."""
    wrong = [f"{one.gate}: {one.said}" for state in found.states for one in state.found]
    gaps = [
        f"gaps of {state.row.source}: {state.row.symbol}: {len(state.gaps):,}, the last on {state.gaps[-1]:%Y-%m-%d}"
        for state in found.states
        if state.gaps
    ]
    changed = [revision.sentence for state in found.states for revision in state.revisions]
    lines = []
    for kind, told in (("findings", wrong), ("series with gaps", gaps), ("revisions", changed)):
        lines += told[:SHOWN]
        if len(told) > SHOWN:
            lines.append(f"and {len(told) - SHOWN:,} more {kind}")
    return lines


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console)


def _failures(failed: list[Synced]) -> Table:
    table = Table("series", Column("why nothing was stored", overflow="fold"), title="Failed")
    for series in failed:
        table.add_row(f"{series.source}: {series.symbol}", str(series.error))
    return table


def _raise_first(failed: list[Synced]) -> None:
    error: OpenbookError | None = next((series.error for series in failed), None)
    if error is not None:
        raise error
