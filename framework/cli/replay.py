"""``openbook replay``: one order, decided again."""

import sys
from typing import TYPE_CHECKING

import click

from framework.cli.context import opened
from framework.errors import ProofError
from framework.host import provenance, settings

if TYPE_CHECKING:
    from framework.proof.replay import Replay


@click.command(epilog="Example: openbook replay 3f2a9c")
@click.argument("order")
def replay(*, order: str) -> None:
    """Decide the night of ORDER again and say whether the same order comes out.

    ORDER is its id, or the beginning of it. Bars are those known on that night, the book is the one on record before
    it, and the rule is that of the run's own commit. Exits with 11 if anything differs.
    """
    from framework.proof.checkouts import Checkouts
    from framework.proof.replay import replay as replayed

    current = settings.read()
    with (
        opened(current) as ledger,
        Checkouts(current.root, code_hash=provenance.read().code_hash) as checkouts,
    ):
        found = replayed(order, ledger=ledger, rule_of=checkouts.of_run)
    _show(found)
    if not found.same:
        raise ProofError(
            f"The order {found.order.order_id} does not come out as it was issued.",
            "Weights and orders follow from the record alone.",
            "Look at what differs above; openbook verify says whether the record itself was altered.",
        )


def _show(found: "Replay") -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 120)
    order, run = found.order, found.run
    console.print(
        f"{order.symbol} for {order.strategy}, decided at the close of {order.session:%Y-%m-%d} by {run.run_id}\n"
        f"code {run.git_sha[:12]}, bars {found.snapshot[:12]}"
        + ("" if found.same_bars else " (not those that the night recorded)"),
        highlight=False,
    )
    table = Table("", "issued", "recomputed", box=None, pad_edge=False)
    for one in found.compared:
        mark = "" if one.same else "  differs"
        table.add_row(one.name.replace("_", " "), _text(one.issued), _text(one.recomputed) + mark)
    console.print(table)
    for symbols, what in (
        (found.missing, "does not come out"),
        (found.surplus, "comes out, and is not on record"),
    ):
        for symbol in symbols:
            console.print(f"An order in {symbol} of that night {what}.")


def _text(value: float | None) -> str:
    return "none" if value is None else repr(value)
