"""A night's decision: what the rule wants at the close, and the orders that lead there."""

import pandas as pd

from framework.broker.paper import PaperBroker
from framework.data.bars import Bars
from framework.job.rows import Tonight
from framework.job.settlement import closes, marks
from framework.strategy.base import Strategy
from framework.trading.marking import equity_usd
from framework.trading.orders import Order
from framework.trading.rebalance import rebalance


def decided(
    rule: Strategy, bars: Bars, book: PaperBroker, *, tonight: Tonight, is_new: bool
) -> tuple[pd.Series, tuple[Order, ...]]:
    """What the rule wants at tonight's close, and the orders that lead there; a new account takes over what stands.

    Parameters
    ----------
    rule : Strategy
        Asked with the bars until tonight.
    bars : Bars
        Their last session is tonight's.
    book : PaperBroker
        As it stands at the close.
    tonight : Tonight
        The session, the run, and what the venue takes.
    is_new : bool
        Whether this is the account's first night.
    """
    wanted, prices = rule.weights(bars.until(tonight.session)), closes(bars)
    target = wanted.standing(tonight.session) if is_new else wanted.at(tonight.session)
    orders = rebalance(
        target,
        session=tonight.session,
        holdings=book.holdings,
        prices=prices,
        equity=equity_usd(book.cash, book.holdings, prices, marks(bars)),
        venue=tonight.job.venue,
        run_id=tonight.run_id,
    )
    return target, orders
