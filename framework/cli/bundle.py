"""``openbook verify-bundle``: a saved page checked from one file."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from framework.ledger.notes import VerifierKey
    from framework.proof.bundle import Checked


@click.command("verify-bundle", epilog="Example: openbook verify-bundle dual_momentum.html")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--key", "pins", multiple=True, metavar="VKEY", help="A public key that you trust, as its owner gave it."
)
def verify_bundle(*, file: Path, pins: tuple[str, ...]) -> None:
    """Check a saved page, or the bundle beside it, from this FILE alone: no database, no network.

    Hashes each row of the bundle anew, follows the proof to the root of the log, checks the signature of the root, and
    holds each number of the page that a row says to that row. Exit codes: 0 verified, 11 a number is not what its row
    says, 20 cannot be read or belongs to another page, 21 a row was edited, 28 proof or signature do not hold.
    """
    from framework.ledger.notes import VerifierKey
    from framework.proof.bundle import check_file

    trusted = tuple(map(VerifierKey.parse, pins))
    checked = check_file(file.read_bytes(), pins=trusted)
    _tell(checked, trusted)


def _tell(checked: "Checked", pins: "tuple[VerifierKey, ...]") -> None:
    from framework.ledger.keys import key_for

    proven, sighting = checked.proven, checked.proven.sighting
    checkpoint = sighting.checkpoint
    key = key_for(checkpoint.size, sighting.keys).verifier
    rows = ", ".join(f"{count} of {table}" for table, count in checked.rows.items())
    steps = [
        f"Page       {proven.page or 'the first one'}",
        f"Rows       {len(proven.rows):,} hash to what the bundle says: {rows}",
        f"Proof      they are among the {checkpoint.size:,} entries of the log {checkpoint.origin}",
        f"Signature  the root of these entries, {checkpoint.root.hex()[:16]}..., is signed by {key}",
    ]
    if checked.standing:
        steps.append(
            f"Numbers    {checked.matched:,} of {checked.standing:,} on the page are what a row says"
        )
    click.echo("\n".join(steps))
    trust = "its key is yours" if pins else f"its key came with it: compare it, or pin it with --key {key}"
    left = (
        ""
        if checked.standing
        else " The file is a bundle alone: to have a page's numbers checked, save the page."
    )
    click.echo(f"Verified: the rows are as the log has signed them; {trust}.{left}")
    if checked.standing > checked.matched:
        click.echo(
            "The other numbers follow from many rows, or from rows left out: openbook recompute checks those."
        )
