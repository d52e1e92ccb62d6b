"""The market that every loopback venue sells the history of: made up, the same each time, and known in full.

A venue serves it in its own words; a test compares what the vendor's client then gave with what is written here.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from framework.data.sessions import close_of, session_at, sessions_between

FIRST = "2022-12-01"
NOW = datetime(2024, 3, 15, 18, 0, tzinfo=UTC)  # a Friday, two hours before the close in New York


@dataclass
class Listing:
    """One symbol: raw prices a session, the last of which is still going on, and what was done to the share."""

    symbol: str
    prices: pd.DataFrame  # sessions x (open, high, low, close, volume)
    dividends: dict[pd.Timestamp, float] = field(default_factory=dict)
    splits: dict[pd.Timestamp, float] = field(default_factory=dict)


class Market:
    """Listings of one calendar as they stand at `now`."""

    def __init__(self, symbols: tuple[str, ...], calendar: str = "XNYS", *, actions: bool = True) -> None:
        self.now, self.calendar = NOW, calendar
        self.over = session_at(calendar, NOW)
        sessions = sessions_between(calendar, FIRST, pd.Timestamp(NOW.date()))
        assert close_of(calendar, sessions[-1]) > NOW, "the last bar must still be going on"
        self.listings = {
            symbol: _listing(symbol, sessions[20 * row :], row, actions=actions)
            for row, symbol in enumerate(symbols)
        }

    def over_only(self, symbol: str) -> pd.DataFrame:
        """The bars that are final."""
        return self.listings[symbol].prices.loc[: self.over]

    def amounts(self, symbol: str, kind: str) -> pd.Series:
        """Dividends or splits of the final bars, 0.0 or 1.0 where there is none."""
        amounts = pd.Series(1.0 if kind == "splits" else 0.0, self.over_only(symbol).index)
        for day, amount in getattr(self.listings[symbol], kind).items():
            amounts.loc[day] = amount
        return amounts


def _listing(symbol: str, sessions: pd.DatetimeIndex, row: int, *, actions: bool) -> Listing:
    """A random walk in cents; the first symbol splits 4:1, the second 1:3, the third pays every 60 sessions."""
    chance = np.random.default_rng(1000 + row)
    close = 50.0 * (row + 1) * np.exp(np.cumsum(chance.normal(0.0, 0.01, len(sessions))))
    splits = {}
    if actions and row < 2:
        splits = {sessions[120]: (4.0, 1.0 / 3.0)[row]}
        close[120:] /= splits[sessions[120]]
    gap = chance.normal(0.0, 0.003, (2, len(sessions)))
    opening = close * np.exp(gap[0])
    prices = pd.DataFrame({"open": opening, "close": close}, index=sessions)
    prices["high"] = prices.max(axis=1) * np.exp(np.abs(gap[1]))
    prices["low"] = prices[["open", "close"]].min(axis=1) * np.exp(-np.abs(gap[1]))
    prices = prices[["open", "high", "low", "close"]].round(2)
    prices["volume"] = chance.integers(1_000, 1_000_000, len(sessions)).astype(float)
    dividends = (
        {sessions[at]: 0.25 + 0.01 * number for number, at in enumerate(range(30, 260, 60))}
        if actions and row == 2
        else {}
    )
    return Listing(symbol, prices, dividends, splits)
