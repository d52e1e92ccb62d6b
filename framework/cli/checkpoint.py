"""``openbook checkpoint``: sign the record as it is now."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from framework.host import settings

if TYPE_CHECKING:
    from framework.host.settings import Settings
    from framework.ledger.checkpoint import Signed
    from framework.ledger.ledger import Ledger


@click.command(epilog="Example: openbook checkpoint")
def checkpoint() -> None:
    """Sign the record as it is now.

    The hash of every row that is new enters the log in OPENBOOK_HOME/log, whose root is signed with the key that
    openbook key create has made. Nothing is signed that does not continue what was signed before. The site publishes
    it: openbook site build, which signs too.
    """
    from framework.cli.context import opened

    current = settings.read()
    with opened(current) as ledger:
        done = signed(ledger, current, out=current.root / "site" / "public")
    click.echo(
        f"{done.rows:,} rows entered the log {done.checkpoint.origin}, which has {done.checkpoint.size:,} entries now; "
        f"root {done.checkpoint.root.hex()[:16]}."
        if done.rows
        else f"Nothing is new: the log {done.checkpoint.origin} has {done.checkpoint.size:,} entries, signed before."
    )


def signed(ledger: "Ledger", current: "Settings", *, out: Path) -> "Signed":
    """Sign what is new, held to what is published in `out` too, with a progress bar."""
    from framework.ledger.checkpoint import sign
    from framework.ledger.tiles import files_at

    with progress("log") as advance:
        return sign(ledger, home=current.home, published=files_at(out), advance=advance)


def sign_if_keyed(ledger: "Ledger", current: "Settings", *, out: Path) -> Path | None:
    """Sign what is new before the pages are built, if there is a key and a row; the home whose log is published."""
    if not has_key(current) or not any(ledger.counts().values()):
        return None
    signed(ledger, current, out=out)
    return current.home


def has_key(current: "Settings") -> bool:
    """Whether there is a key to sign with."""
    from framework.ledger.checkpoint import KEY

    return (current.home / KEY).exists()


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Callable[[int], object]]:
    """A bar on stderr while the block runs, where that is a terminal; gives what is told of each step."""
    import sys

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn(f"{what:<12}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(
        *columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
    ) as bar:
        task = bar.add_task(what, total=total)
        yield lambda steps: bar.advance(task, steps)
