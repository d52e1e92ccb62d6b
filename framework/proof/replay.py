"""One order decided again, from the book on record, the bars known then and the code that ran."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from framework.data.suggest import did_you_mean
from framework.errors import SpecError
from framework.job.rows import as_order
from framework.ledger.ledger import Ledger
from framework.ledger.rows import Book, OrderRow, RunRow, WorthRow
from framework.proof.night import Relived, RuleOf, relive, run_row
from framework.trading.orders import Order

COMPARED = ("quantity", "reference_price", "limit_price", "target_weight")


@dataclass(frozen=True)
class Compared:
    """One property of the order: as it was issued, and as it follows from the record."""

    name: str
    issued: float | None
    recomputed: float | None

    @property
    def same(self) -> bool:
        """Whether both are the same float, or both absent."""
        return self.issued == self.recomputed


@dataclass(frozen=True, eq=False)
class Replay:
    """What became of deciding an order again.

    Parameters
    ----------
    order : OrderRow
        As it was issued.
    run : RunRow
        That decided it.
    compared : tuple of Compared
        Quantity, prices and weight; all recomputed ones are None where the order does not come out at all.
    missing, surplus : tuple of str
        Symbols that this night ordered on record only, and in the replay only.
    snapshot : str
        Hash of the bars that the replay saw.
    same_bars : bool
        Whether the night recorded the same hash.
    """

    order: OrderRow
    run: RunRow
    compared: tuple[Compared, ...]
    missing: tuple[str, ...]
    surplus: tuple[str, ...]
    snapshot: str
    same_bars: bool

    @property
    def same(self) -> bool:
        """Whether the order comes out exactly as it was issued, among exactly the orders of its night."""
        return self.same_bars and not self.missing + self.surplus and all(one.same for one in self.compared)


def replay(order_id: str, *, ledger: Ledger, rule_of: RuleOf) -> Replay:
    """Decide the night of an order again, and compare.

    The book before that night, and the orders that waited, are taken from the record.

    Raises
    ------
    SpecError
        No order has that id, or it is not a paper order.
    """
    issued = _issued(order_id, ledger)
    orders, nights = ledger.orders(issued.strategy, "paper"), ledger.worth(issued.strategy, "paper")
    runs = {row["run_id"]: run_row(row) for row in ledger.runs(issued.strategy, "paper").to_dict("records")}
    run = runs[issued.run_id]
    night = nights[nights["run_id"] == run.run_id].iloc[0]
    relived = relive(
        run,
        _book_before(nights, run.session),
        _waiting(orders, run.session),
        ledger=ledger,
        rule_of=rule_of,
        may_decide=lambda _tonight, _worth: True,  # it did decide
        backfilled=bool(night["backfilled"]),
    )
    return _compared(
        issued, run, orders[orders["run_id"] == run.run_id], relived, str(night["snapshot_hash"])
    )


def _issued(order_id: str, ledger: Ledger) -> OrderRow:
    found = {
        row["order_id"]: row
        for strategy in ledger.strategies()
        for row in ledger.orders(strategy, "paper").to_dict("records")
    }
    matching = [known for known in found if known.startswith(order_id)] if order_id else []
    if len(matching) != 1:
        raise SpecError(
            f"{len(matching)} paper orders on record have an id that begins with {order_id!r}.",
            f"An id is one of {len(found)}, or its beginning if no other begins so.",
            did_you_mean(order_id, list(found)) or "The ids stand on a strategy's page, behind each order.",
        )
    return _order_row(found[matching[0]])


def _order_row(found: Mapping[Hashable, Any]) -> OrderRow:
    values = {name: found[name] for name in OrderRow.__dataclass_fields__}
    absent = {name: None for name in ("limit_price", "target_weight") if pd.isna(values[name])}
    return OrderRow(**(values | absent))


def _book_before(nights: pd.DataFrame, session: pd.Timestamp) -> Book | None:
    earlier = nights[pd.DatetimeIndex(nights["session"]) < session]
    if earlier.empty:
        return None
    row = earlier.iloc[-1]
    last = WorthRow(**{name: row[name] for name in WorthRow.__dataclass_fields__})
    return Book(cash=last.cash_usd, holdings=last.holdings, last=last)


def _waiting(orders: pd.DataFrame, session: pd.Timestamp) -> list[Order]:
    """Orders of earlier nights that had no end before this one."""
    decided = pd.DatetimeIndex(orders["session"]) < session
    ended = pd.DatetimeIndex(pd.to_datetime(orders["event_session"])) < session
    return [as_order(_order_row(row)) for row in orders[decided & ~ended].to_dict("records")]


def _compared(
    issued: OrderRow, run: RunRow, recorded: pd.DataFrame, relived: Relived, snapshot: str
) -> Replay:
    again = {row.order_id: row for row in relived.rows}
    found = again.get(issued.order_id)
    on_record, known = set(recorded["symbol"]), relived.bars.content_hash
    return Replay(
        order=issued,
        run=run,
        compared=tuple(
            Compared(name, getattr(issued, name), None if found is None else getattr(found, name))
            for name in COMPARED
        ),
        missing=tuple(sorted(on_record - {row.symbol for row in relived.rows})),
        surplus=tuple(sorted({row.symbol for row in relived.rows} - on_record)),
        snapshot=known,
        same_bars=known == snapshot,
    )
