"""``openbook recompute``: every published number, computed again."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from framework.cli.context import opened
from framework.errors import ProofError, SpecError
from framework.host import provenance, settings

if TYPE_CHECKING:
    from framework.host.provenance import Provenance
    from framework.host.settings import Settings
    from framework.ledger.ledger import Ledger
    from framework.proof.recompute import Progress, Report

SHOWN = 40  # differences that are listed
SHORTEST_SHA = 7


@click.command(epilog="Example: openbook recompute --dump record.jsonl.gz --site site/public")
@click.option(
    "--site",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The published site; site/public by default.",
)
@click.option(
    "--dump",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A dump instead of the database: of openbook dump, or of pg_dump, plain or custom.",
)
@click.option("--sha", metavar="COMMIT", help="The commit that this checkout must be at, unchanged.")
def recompute(*, site: Path | None, dump: Path | None, sha: str | None) -> None:
    """Compute every number of the site again, from bars, code and parameters, and compare.

    Bars are those that were known when a result was recorded, rules those of each run's own commit, trials those that
    were counted then. Names each number that does not come out, where it stands, as published and as recomputed.
    Nothing is recorded. Exits with 11 if anything differs or could not be recomputed, with 12 if the dump withholds
    what it rests on.
    """
    from framework.proof.checkouts import Checkouts
    from framework.proof.recompute import recompute as recomputed
    from framework.proof.selftest import all_references

    current, code = settings.read(), provenance.read()
    if sha is not None:
        _refuse_other_code(code, sha)
    with (
        _record(current, dump) as ledger,
        Checkouts(current.root, code_hash=code.code_hash) as checkouts,
        _watching() as progress,
    ):
        report = recomputed(
            ledger,
            checkouts,
            root=current.root,
            published=site or current.root / "site" / "public",
            references=all_references,
            progress=progress,
        )
    _show(report)
    if not report.proven:
        raise ProofError(
            f"{len(report.differences)} differences, {len(report.faults)} faults, "
            f"{sum(part.numbers for part in report.unproven)} numbers that could not be recomputed.",
            "Every number of a published site follows from the record and the code it names.",
            "Look at what is named above; openbook verify says whether the record itself was altered.",
        )


def _refuse_other_code(code: "Provenance", sha: str) -> None:
    if code.git_dirty or len(sha) < SHORTEST_SHA or not code.git_sha.startswith(sha):
        raise SpecError(
            f"This checkout is at {code.git_sha}{', with changes' if code.git_dirty else ''}, and not at {sha}.",
            "A site is recomputed by the code of the commit that is named, without a change.",
            f"git checkout {sha}, in a clean clone.",
        )


@contextmanager
def _record(current: "Settings", dump: Path | None) -> "Iterator[Ledger]":
    if dump is None:
        with opened(current) as ledger:
            yield ledger
        return
    from framework.cli.checkpoint import progress
    from framework.ledger.reread import read_again

    with ExitStack() as stack:
        with progress("dump") as advance:
            ledger = stack.enter_context(read_again(dump, advance=advance))
        yield ledger


def _show(report: "Report") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 140, highlight=False)
    if report.differences:
        table = Table(box=None, pad_edge=False)
        for column in ("page", "what", "as published", "as recomputed"):
            table.add_column(column, overflow="fold")
        for one in report.differences[:SHOWN]:
            table.add_row(*map(Text, (one.page, one.what, one.published, one.recomputed)))
        console.print(table)
        if len(report.differences) > SHOWN:
            console.print(f"and {len(report.differences) - SHOWN:,} more")
    for fault in report.faults:
        console.print(f"fault: {fault}", markup=False)
    for part in report.unproven:
        console.print(
            f"not recomputed: {part.numbers:,} numbers of {part.strategy} ({part.series}): {part.why}",
            markup=False,
        )
    console.print(
        f"{report.numbers:,} numbers and {report.drawings:,} drawings compared, {len(report.differences):,} differ."
    )


@contextmanager
def _watching() -> "Iterator[Progress]":
    """A line on stderr that names what is recomputed, where somebody is watching."""
    from rich.console import Console

    console = Console(stderr=True)
    with console.status("Recomputing") as status:
        yield lambda name: status.update(f"Recomputing {name}")
