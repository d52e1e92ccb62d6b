"""``openbook verify``: the record, or a dump of it, against what was signed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from framework.host import settings

if TYPE_CHECKING:
    from framework.host.settings import Settings
    from framework.ledger.door import Door
    from framework.ledger.gaps import Gap
    from framework.ledger.notes import VerifierKey
    from framework.ledger.tiles import Files
    from framework.ledger.verify import Report
    from framework.ledger.witness import Sighting

SHOWN = 5


@click.command(epilog="Example: openbook verify")
@click.argument("dump", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--site", help="Folder or address of the site with the published log; site/public by default.")
@click.option(
    "--key", "pins", multiple=True, metavar="VKEY", help="A public key that you trust, as its owner gave it."
)
def verify(*, dump: Path | None, site: str | None, pins: tuple[str, ...]) -> None:
    """Hash every row anew, and hold it to the published checkpoint; of the database, or of DUMP.

    A dump is what openbook dump or pg_dump (plain or custom) has written. None of the database's own functions is
    relied on, and nothing in a dump is executed. Exit codes: 0 verified, 20 cannot be read, 21 edited, 22 deleted, 23
    reordered, 24 back-dated, 25 truncated, 26 rewritten, 27 split view, 28 log damaged, 29 disk damaged.
    """
    from framework.ledger.notes import VerifierKey
    from framework.ledger.tiles import files_at

    current = settings.read()
    files = files_at(site or current.root / "site" / "public")
    shown, trust = _trusted(files, current, tuple(map(VerifierKey.parse, pins)))
    report, missing = _verified(files, shown, current, dump)
    report.check()
    _tell(report, missing, trust)


def _trusted(files: "Files", current: "Settings", pins: "tuple[VerifierKey, ...]") -> tuple["Sighting", str]:
    """The log as shown, held to what this reader knows of it, and why its key is trusted."""
    from framework.cli.checkpoint import has_key
    from framework.ledger import keys
    from framework.ledger.checkpoint import KEY
    from framework.ledger.witness import check_continues, recalled, sighted

    shown = sighted(files, pins=pins)
    before = recalled(current.home / "witness", shown.checkpoint.origin)
    if before is not None:
        check_continues(files, shown, *before)
        return shown, "its key is the one that was remembered"
    if pins:
        return shown, "its key is yours"
    if has_key(current) and keys.load(current.home / KEY).verifier in [key.verifier for key in shown.keys]:
        return shown, "its key is this machine's own"
    return shown, f"its key came with it (pin it: --key {shown.keys[0].verifier})"


def _verified(
    files: "Files", shown: "Sighting", current: "Settings", dump: Path | None
) -> tuple["Report", list["Gap"]]:
    from framework.cli.checkpoint import progress
    from framework.ledger.audit import audit
    from framework.ledger.gaps import gaps
    from framework.ledger.verify import verify as held

    with progress("log", shown.checkpoint.size) as advance:
        found = audit(files, shown.checkpoint, advance=advance)
    with found, _record(current, dump) as (door, withheld):
        with progress("record", found.rows) as advance:
            report = held(door, found, withheld=withheld, advance=advance)
        return report, [] if report.findings else gaps(door)


@contextmanager
def _record(current: "Settings", dump: Path | None) -> Iterator[tuple["Door", str]]:
    from framework.cli.checkpoint import progress
    from framework.cli.context import opened
    from framework.ledger.undump import laid_out

    if dump is None:
        with opened(current) as ledger:
            yield ledger, "false"
    else:
        with progress("dump") as advance, laid_out(dump, advance=advance) as door:
            yield door, "withheld"


def _tell(report: "Report", missing: list["Gap"], trust: str) -> None:
    checkpoint = report.checkpoint
    click.echo(
        f"Verified: {report.rows:,} rows in {report.streams:,} streams are as the log {checkpoint.origin} has signed "
        f"them ({checkpoint.size:,} entries, root {checkpoint.root.hex()[:16]}); {trust}."
    )
    if report.unlogged:
        click.echo(
            f"{report.unlogged:,} rows are newer than the checkpoint: of them only the chain speaks yet."
        )
    if report.withheld:
        click.echo(f"Of {report.withheld:,} rows the payload is withheld: only its hash was verified.")
    for gap in missing[:SHOWN]:
        days = ", ".join(f"{day:%Y-%m-%d}" for day in gap.sessions[:3])
        click.echo(
            f"Gap: {gap.stream} passes over {len(gap.sessions):,} sessions of {gap.calendar}: {days} ..."
        )
    if len(missing) > SHOWN:
        click.echo(f"Gap: {len(missing) - SHOWN} more streams pass over sessions.")
