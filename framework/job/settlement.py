"""From the last night on record to tonight: what the waiting orders became, and what the book is worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum

import pandas as pd

from framework.broker.paper import PaperBroker
from framework.data.bars import Bars
from framework.trading.marking import Carry
from framework.trading.orders import Fill, Order
from framework.trading.quotes import quotes, usual

Prices = dict[str, float]


@dataclass(frozen=True)
class Settled:
    """What happened since the last night on record.

    Parameters
    ----------
    fills : tuple of Fill
        One a waiting order, each at the first session after its decision.
    carries : tuple of Carry
        Interest and borrow fee of each session.
    worth : Series
        USD at each session's close; the last is tonight's.
    """

    fills: tuple[Fill, ...]
    carries: tuple[Carry, ...]
    worth: pd.Series

    @property
    def costs_usd(self) -> float:
        """Commission, spread and borrow fee together."""
        traded = fsum(done.commission_usd + done.spread_usd + done.impact_usd for done in self.fills)
        return fsum((traded, *(carried.borrow_usd for carried in self.carries)))

    @property
    def traded_usd(self) -> float:
        """Value bought and sold, at the fill prices."""
        return fsum(abs(done.quantity) * done.price for done in self.fills if done.quantity)


def live_through(
    book: PaperBroker, waiting: Sequence[Order], bars: Bars, since: pd.Timestamp | None
) -> Settled:
    """Take the book from the session `since` to the last session of `bars`, as the plain engine would.

    At each session the orders decided before it fill, then the carry is paid, then the book is marked. Usually that
    is one session; after missed nights it is several, and the orders fill at the first of them.

    Parameters
    ----------
    book : PaperBroker
        As it stood at the close of `since`; changed.
    waiting : sequence of Order
        Decided at or before `since`.
    bars : Bars
        All that is known tonight.
    since : Timestamp, optional
        The last session on record; None if there is none, and the capital arrives at tonight's close.
    """
    sessions = bars.sessions[-1:] if since is None else bars.sessions[bars.sessions > since]
    prices, marks = fill_prices(bars), bars.close.ffill()
    fills: list[Fill] = []
    carries: list[Carry] = []
    worth: list[float] = []
    for session in sessions:
        if since is not None:
            due = () if fills else waiting
            fills.extend(book.settle(due, session=session, prices=_row(prices, session)))
            carries.append(book.accrue(_row(marks, session)))
        worth.append(book.worth(_row(marks, session)))
    return Settled(tuple(fills), tuple(carries), pd.Series(worth, index=sessions, dtype="f8"))


def fill_prices(bars: Bars) -> pd.DataFrame:
    """Where orders fill: at the opens, or at the closes of bars without opens; NaN where a symbol does not trade."""
    return pd.DataFrame(quotes(bars, usual(bars)), index=bars.sessions, columns=list(bars.symbols))


def closes(bars: Bars) -> Prices:
    """Tonight's closes; NaN for symbols that do not trade."""
    return _row(bars.close, bars.sessions[-1])


def marks(bars: Bars) -> Prices:
    """The last known close of each symbol."""
    return _row(bars.close.ffill(), bars.sessions[-1])


def _row(frame: pd.DataFrame, session: pd.Timestamp) -> Prices:
    values = frame.to_numpy("f8")[frame.index.get_loc(session)]
    return dict(zip(map(str, frame.columns), values.tolist(), strict=True))
