"""What goes into the compiled replay and comes out of it: arrays and numbers under names."""

from typing import NamedTuple

import numpy as np

TRADE = np.dtype(
    [
        ("row", "i8"),
        ("column", "i8"),
        ("quantity", "f8"),
        ("price", "f8"),
        ("commission_usd", "f8"),
        ("spread_usd", "f8"),
    ]
)
"""One fill that traded: the row and column of the bars, signed shares, the price paid and the costs."""


class Tables(NamedTuple):
    """What was decided, and prices, all C-ordered.

    `decided`, shape (decisions,), holds the sessions that decide, in order, and `targets`, decisions x symbols, what
    they want; the prices are sessions x symbols, NaN outside a life.
    """

    decided: np.ndarray
    targets: np.ndarray
    quotes: np.ndarray
    closes: np.ndarray
    marks: np.ndarray


class Terms(NamedTuple):
    """Costs and settings. `kill_limit` is NaN where there is no kill switch."""

    capital: float
    commission: float
    half_spread: float
    borrow_rate: float
    cash_rate: float
    sessions_per_year: float
    kill_limit: float
    size_at_fill: bool
    whole_shares: bool
    dust: float
    whole: float
    planned: float


class Book(NamedTuple):
    """Working memory: shares held and in which columns, shares to trade now, and the sum that is being taken."""

    positions: np.ndarray
    columns: np.ndarray
    sizes: np.ndarray
    values: np.ndarray
    scratch: np.ndarray


class Diary(NamedTuple):
    """Where a replay writes: USD a session, shares a session, and the trades.

    `positions` may have no rows and `trades` no room: then neither is kept.
    """

    worth: np.ndarray
    cash: np.ndarray
    interest_usd: np.ndarray
    borrow_usd: np.ndarray
    positions: np.ndarray
    trades: np.ndarray


class Traded(NamedTuple):
    """Trades, USD traded, and costs in USD: of a session, or of all."""

    trades: int
    traded_usd: float
    commission_usd: float
    spread_usd: float


class Outcome(NamedTuple):
    """How a replay went: trades, USD traded, costs in USD, and the row of the ruin (-1: none)."""

    trades: int
    traded_usd: float
    commission_usd: float
    spread_usd: float
    ruined: int
