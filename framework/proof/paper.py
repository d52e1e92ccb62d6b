"""A paper record computed again: from the capital, the bars and the rule, a night at a time."""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from framework.job.nightly import GUARD, GUARD_NAME
from framework.job.rows import Tonight
from framework.ledger.ledger import Ledger
from framework.ledger.rows import Book, OrderEventRow, OrderRow, RunRow
from framework.page.data import PaperRecord
from framework.proof.night import Relived, RuleOf, relive, run_row
from framework.trading.orders import Order

_RECOMPUTED = (
    *("worth_usd", "cash_usd", "holdings", "prices"),
    *("snapshot_hash", "costs_usd", "turnover", "exposure"),
)
_EVENT = {  # a column of `Ledger.orders`, and the field of the event that it shows
    "event": "event",
    "event_session": "session",
    "filled_quantity": "quantity",
    "fill_price": "price",
    "commission_usd": "commission_usd",
    "spread_usd": "spread_usd",
    "detail": "detail",
}


@dataclass(frozen=True)
class RecomputedPaper:
    """The paper record as it follows from capital, bars and rules, and what speaks against the one on record."""

    record: PaperRecord
    faults: tuple[str, ...]


def recompute_paper(
    recorded: PaperRecord, runs: pd.DataFrame, *, ledger: Ledger, rule_of: RuleOf
) -> RecomputedPaper:
    """Live through every recorded night again, starting with nothing but the capital.

    Bars are those that were known at each night; whether a human had suspended the strategy is taken from the record.

    Parameters
    ----------
    recorded : PaperRecord
        What is on record: which nights there were and when they were recorded is taken from it, and nothing else.
    runs : DataFrame
        The strategy's paper runs, as `Ledger.runs` gives them.
    ledger : Ledger
        For bars and suspensions.
    rule_of : callable
        See `RuleOf`.
    """
    account = _Account(ledger, rule_of)
    by_id = {row["run_id"]: run_row(row) for row in runs.to_dict("records")}
    for _, night in recorded.nights.iterrows():
        account.live_through(by_id[night["run_id"]], night)
    nights = recorded.nights.copy()
    for column in _RECOMPUTED:
        nights[column] = [getattr(night.worth, column) for night in account.nights]
    record = PaperRecord(
        nights=nights, orders=account.orders_frame(recorded.orders), book=account.nights[-1].book
    )
    return RecomputedPaper(record, tuple(account.faults))


@dataclass
class _Account:
    """A paper account as it is lived through again. `seed` is what the kill switch measures against, USD."""

    ledger: Ledger
    rule_of: RuleOf
    seed: float | None = None
    nights: list[Relived] = field(default_factory=list)
    orders: dict[str, OrderRow] = field(default_factory=dict)
    ends: dict[str, OrderEventRow] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    @property
    def _before(self) -> Book | None:
        return self.nights[-1].book if self.nights else None

    @property
    def _waiting(self) -> tuple[Order, ...]:
        return self.nights[-1].orders if self.nights else ()

    def live_through(self, run: RunRow, night: pd.Series) -> None:
        """Add one night."""
        relived = relive(
            run,
            self._before,
            self._waiting,
            ledger=self.ledger,
            rule_of=self.rule_of,
            may_decide=lambda tonight, worth: self._may_decide(tonight, worth, night["recorded_at"]),
            backfilled=bool(night["backfilled"]),
        )
        self.nights.append(relived)
        self.ends |= {row.order_id: row for row in relived.events}
        self.orders |= {row.order_id: row for row in relived.rows}
        known = relived.bars.content_hash
        if known != night["snapshot_hash"]:
            told = str(night["snapshot_hash"])
            self.faults.append(
                f"{run.run_id}: the bars known then are {known[:12]}, the night says {told[:12]}"
            )

    def _may_decide(self, tonight: Tonight, worth: pd.Series, recorded_at: Any) -> bool:
        """Whether nothing was suspended; a kill switch that trips here must be on record too."""
        seed = tonight.job.capital if self.seed is None else self.seed
        in_force = self.ledger.suspended_at(tonight.job.name, recorded_at)
        lowest = float(worth.min())
        if in_force is None:
            trips = GUARD.trips(lowest, seed)
            if trips:
                self.faults.append(
                    f"{tonight.run_id}: the kill switch trips at {lowest:,.2f} USD, and no row says so"
                )
            return not trips
        if in_force.reviewer == GUARD_NAME and in_force.known_at == tonight.known_at:
            self.seed = float(worth.iloc[-1])  # what a human who resumes begins with
        return False

    def orders_frame(self, recorded: pd.DataFrame) -> pd.DataFrame:
        """The orders as `Ledger.orders` gives them, each with its last event and when the record has it from."""
        times = dict(zip(recorded["order_id"], recorded["recorded_at"], strict=True))
        rows = [
            self._order(order) | {"recorded_at": times.get(order.order_id)} for order in self.orders.values()
        ]
        return pd.DataFrame(rows, columns=list(recorded.columns))

    def _order(self, order: OrderRow) -> dict[str, Any]:
        end = self.ends.get(order.order_id)
        event = {column: None if end is None else getattr(end, name) for column, name in _EVENT.items()}
        return {name: getattr(order, name) for name in OrderRow.__dataclass_fields__} | event
