"""``openbook witness``: remember a log, and see that it goes on as it began."""

from pathlib import Path

import click

from framework.host import settings


@click.command(epilog="Example: openbook witness http://127.0.0.1:8000/")
@click.argument("place", required=False)
@click.option(
    "--key", "pins", multiple=True, metavar="VKEY", help="A public key that you trust, as its owner gave it."
)
@click.option(
    "--seen",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A checkpoint that another reader has seen, to be continued too.",
)
def witness(*, place: str | None, pins: tuple[str, ...], seen: Path | None) -> None:
    """See that the log of the site at PLACE continues what was seen of it before, and remember it.

    PLACE is a folder or an address; site/public if not given. The first time there is nothing to compare with: the key
    is remembered from then on, or given with --key. Two readers who were shown different histories find out as soon
    as one gives the other the file log/checkpoint that he was shown (--seen).
    """
    from framework.ledger.notes import VerifierKey
    from framework.ledger.tiles import files_at
    from framework.ledger.witness import check_continues, sighted
    from framework.ledger.witness import witness as remember

    current = settings.read()
    files = files_at(place or current.root / "site" / "public")
    trusted = tuple(map(VerifierKey.parse, pins))
    if seen is not None:
        check_continues(files, sighted(files, pins=trusted), None, seen.read_bytes())
    shown, before = remember(files, memory=current.home / "witness", pins=trusted)
    said = f"The log {shown.checkpoint.origin} has {shown.checkpoint.size:,} entries"
    if before is not None:
        click.echo(f"{said} and continues the {before.size:,} that were seen before.")
    else:
        pinned = "the key is yours" if shown.pinned else f"its key is remembered: {shown.keys[0].verifier}"
        click.echo(f"{said}. It was never seen before; {pinned}.")
