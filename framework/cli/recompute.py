"""``openbook recompute``: every published number, computed again."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from framework.cli.context import opened
from framework.errors import ProofError
from framework.host import provenance, settings

if TYPE_CHECKING:
    from framework.proof.recompute import Progress, Report

SHOWN = 40  # differences that are listed


@click.command(epilog="Example: openbook recompute --site site/public")
@click.option(
    "--site",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The published site; site/public by default.",
)
def recompute(*, site: Path | None) -> None:
    """Compute every number of the site again, from bars, code and parameters, and compare.

    Bars are those that were known when a result was recorded, rules those of each run's own commit, trials those that
    were counted then. Names each number that does not come out, where it stands, as published and as recomputed.
    Nothing is recorded. Exits with 11 if anything differs or could not be recomputed.
    """
    from framework.proof.checkouts import Checkouts
    from framework.proof.recompute import recompute as recomputed
    from framework.proof.selftest import all_references

    current = settings.read()
    with (
        opened(current) as ledger,
        Checkouts(current.root, code_hash=provenance.read().code_hash) as checkouts,
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
