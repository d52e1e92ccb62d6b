"""``openbook data``: bars in the vault."""

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from framework.cli.context import opened
from framework.errors import OpenbookError
from framework.host import clock, settings
from framework.job.sync import Synced, named, sync


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
