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
        ("impact_usd", "f8"),
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


class Rules(NamedTuple):
    """What an account is subject to beyond costs, each in the unit of the noun that it comes from.

    Tables are sessions x symbols, and have no rows where there is nothing of the kind; a split that is none is 1.0.
    `unit` is what a split leaves whole; zero is no lot, NaN no stop.
    """

    impacts: np.ndarray
    splits: np.ndarray
    dividends: np.ndarray
    impact: float
    lot: float
    unit: float
    minimum_usd: float
    band: float
    stop_loss: float
    trailing_stop: float
    take_profit: float
    time_stop: float
    stops: bool


class Book(NamedTuple):
    """Working memory: shares held and in which columns, shares to trade now, and the sum that is being taken."""

    positions: np.ndarray
    columns: np.ndarray
    sizes: np.ndarray
    values: np.ndarray
    scratch: np.ndarray


class Stances(NamedTuple):
    """Working memory of an account with rules: as `Book`, and what the stops know.

    `references` are the prices that the orders were sized at, in new shares; `side` is 1.0 long, -1.0 short, 0.0 of
    what is not held, and `out` the side that a stop closed. `values` has room for two a symbol and four.
    """

    positions: np.ndarray
    sizes: np.ndarray
    references: np.ndarray
    side: np.ndarray
    entry: np.ndarray
    best: np.ndarray
    sessions: np.ndarray
    out: np.ndarray
    values: np.ndarray
    scratch: np.ndarray


class Ruled(NamedTuple):
    """An account with rules, as its kernel takes it."""

    tables: Tables
    rules: Rules
    terms: Terms
    book: Stances


class Diary(NamedTuple):
    """Where a replay writes: USD a session, shares a session, and the trades.

    `positions` may have no rows and `trades` no room: then neither is kept. `dividends_usd` is written by accounts with
    rules only.
    """

    worth: np.ndarray
    cash: np.ndarray
    interest_usd: np.ndarray
    borrow_usd: np.ndarray
    dividends_usd: np.ndarray
    positions: np.ndarray
    trades: np.ndarray


class Traded(NamedTuple):
    """Trades, USD traded, and costs in USD: of a session, or of all."""

    trades: int
    traded_usd: float
    commission_usd: float
    spread_usd: float
    impact_usd: float


class Outcome(NamedTuple):
    """How a replay went: trades, USD traded, costs in USD, and the row of the ruin (-1: none)."""

    trades: int
    traded_usd: float
    commission_usd: float
    spread_usd: float
    impact_usd: float
    ruined: int
