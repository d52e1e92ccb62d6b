"""One recorded night lived through again: settled, marked, asked, decided."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from framework.broker.paper import PaperBroker
from framework.data.bars import Bars
from framework.job.decision import decided
from framework.job.rows import Tonight
from framework.job.settlement import live_through, marks
from framework.job.spec import JobSpec
from framework.ledger.ledger import Ledger
from framework.ledger.rows import Book, OrderEventRow, OrderRow, RunRow, WorthRow
from framework.strategy.base import Strategy
from framework.trading.orders import Order

RuleOf = Callable[[RunRow, str], Strategy]
"""The rule that a run used: by the code of that run, from its ``module:NAME``."""

MayDecide = Callable[[Tonight, pd.Series], bool]
"""Whether a strategy may decide tonight, given the worths since the night before."""


@dataclass(frozen=True, eq=False)
class Relived:
    """What a night comes to: worth, what became of the orders that waited, and the orders that it decided.

    `target` is what the rule wanted, fractions of equity by symbol; None where nothing might be decided.
    """

    worth: WorthRow
    events: tuple[OrderEventRow, ...]
    target: pd.Series | None
    orders: tuple[Order, ...]
    rows: tuple[OrderRow, ...]
    bars: Bars

    @property
    def book(self) -> Book:
        """The account after it."""
        return Book(cash=self.worth.cash_usd, holdings=self.worth.holdings, last=self.worth)


def relive(  # noqa: PLR0913 - all that a night depends on, by name
    run: RunRow,
    before: Book | None,
    waiting: Sequence[Order],
    *,
    ledger: Ledger,
    rule_of: RuleOf,
    may_decide: MayDecide,
    backfilled: bool,
) -> Relived:
    """Live through the night of `run` with the job as the run recorded it and the bars that were known then.

    Parameters
    ----------
    run : RunRow
        Its parameters are the job's.
    before : Book, optional
        The account after the night before; None for the first night, on which the capital arrives.
    waiting : sequence of Order
        Decided earlier and not settled.
    ledger : Ledger
        For the bars.
    rule_of, may_decide
        See `RuleOf` and `MayDecide`.
    backfilled : bool
        What the night said of itself.
    """
    job = JobSpec.model_validate(dict(run.parameters))
    tonight, rule = Tonight(job, run.session, run.run_id), rule_of(run, job.strategy)
    bars = ledger.vault.bars(rule.universe, source=job.data, as_of=run.as_of)
    account = before or Book(cash=job.capital, holdings={}, last=None)
    since = None if account.last is None else account.last.session
    broker = PaperBroker(account.cash, account.holdings, job.costs.model(), venue=job.venue)
    settled = live_through(broker, waiting, bars, since)
    target: pd.Series | None = None
    orders: tuple[Order, ...] = ()
    if may_decide(tonight, settled.worth):
        target, orders = decided(rule, bars, broker, tonight=tonight, is_new=account.last is None)
    worth = tonight.worth_row(
        settled,
        account,
        cash=broker.cash,
        holdings=broker.holdings,
        marks=marks(bars),
        snapshot_hash=bars.content_hash,
        backfilled=backfilled,
    )
    rows = tuple(tonight.order_rows(orders, target))
    return Relived(worth, tuple(tonight.event_rows(settled.fills)), target, orders, rows, bars)


def run_row(found: Mapping[Hashable, Any]) -> RunRow:
    """A run from a row of `Ledger.runs`."""
    return RunRow(**{name: found[name] for name in RunRow.__dataclass_fields__})
