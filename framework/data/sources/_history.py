"""What a vendor says of one symbol, what of it cannot be true, and how several make bars."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from framework.data.bars import Bars
from framework.data.sessions import sessions_between
from framework.errors import BadBars

PRICES = ("open", "high", "low", "close")
FIELDS = (*PRICES, "volume")
JUMP = 10.0  # from one close to the next, splits taken out: this much or more is taken for a wrong price

Actions = Sequence[tuple[pd.Timestamp, float]]  # amounts with the day on which each takes effect


@dataclass(frozen=True)
class History:
    """What a vendor says of one symbol, as it says it: nothing sorted, nothing filled.

    Parameters
    ----------
    prices : DataFrame, shape (sessions, fields)
        Raw: columns open, high, low, close and volume; index sessions without a time zone.
    dividends : sequence of (Timestamp, float), optional
        Cash per share by ex-date, several of a day too; None where there is no such thing, as with currencies.
    splits : sequence of (Timestamp, float), optional
        New shares per old one.
    """

    prices: pd.DataFrame
    dividends: Actions | None = None
    splits: Actions | None = None

    @property
    def sessions(self) -> pd.DatetimeIndex:
        """The sessions of its prices."""
        return pd.DatetimeIndex(self.prices.index)

    def between(self, first: pd.Timestamp, last: pd.Timestamp) -> "History":
        """The bars from `first` to `last`, both included, in the order that they are in."""
        days = self.sessions
        return History(self.prices[(days >= first) & (days <= last)], self.dividends, self.splits)

    def by_session(self, kind: str) -> np.ndarray:
        """Dividends (summed, 0.0 where there is none) or splits (multiplied, 1.0) in each session of its prices.

        What takes effect on a day without a bar counts in the next session; before the first bar it is no event here.
        """
        days = self.sessions
        amounts = np.full(len(days), 0.0 if kind == "dividends" else 1.0)
        for day, amount in getattr(self, kind) or ():
            row = int(days.searchsorted(day))
            if row < len(days) and day >= days[0]:
                amounts[row] = amounts[row] + amount if kind == "dividends" else amounts[row] * amount
        return amounts


def check(what: str, history: History, calendar: str) -> None:
    """Refuse what cannot be true; `what` names vendor, symbol and range.

    Raises
    ------
    BadBars
        Out of order, a session twice, a day that is no session, a price that is not above zero, a jump.
    """
    days = history.sessions
    if not days.is_unique:
        raise _untrue(
            what, f"{days[days.duplicated()][0]:%Y-%m-%d} stands twice", "Each session has one bar."
        )
    if not days.is_monotonic_increasing:
        row = int(np.argmax(np.diff(days.asi8) < 0)) + 1
        raise _untrue(
            what, f"{days[row]:%Y-%m-%d} comes after {days[row - 1]:%Y-%m-%d}", "Bars come oldest first."
        )
    strange = days[~days.isin(sessions_between(calendar, days[0], days[-1]))]
    if len(strange):
        raise _untrue(
            what, f"a bar of {strange[0]:%A}, {strange[0]:%Y-%m-%d}", f"That is no session of {calendar}."
        )
    _check_prices(what, history)
    _check_jumps(what, history)


def _check_prices(what: str, history: History) -> None:
    values = history.prices[list(PRICES)].to_numpy(dtype="f8")
    bad = ~(np.isfinite(values) & (values > 0.0))
    if bad.any():
        row, column = (int(at[0]) for at in np.nonzero(bad))
        day, price = history.sessions[row], values[row, column]
        raise _untrue(
            what, f"{PRICES[column]} of {day:%Y-%m-%d} is {price:g}", "A price is a number above zero."
        )


def _check_jumps(what: str, history: History) -> None:
    close = history.prices["close"].to_numpy(dtype="f8")
    moves = np.abs(np.log(close[1:] * history.by_session("splits")[1:] / close[:-1]))
    if (moves >= np.log(JUMP) - 1e-9).any():
        row = int(np.argmax(moves >= np.log(JUMP) - 1e-9)) + 1
        raise _untrue(
            what,
            f"the close goes from {close[row - 1]:g} to {close[row]:g} on {history.sessions[row]:%Y-%m-%d}",
            f"A move of {JUMP:g} times or more without a split is taken for a wrong price.",
        )


def _untrue(what: str, why: str, limit: str) -> BadBars:
    return BadBars(
        f"{what}: {why}.",
        limit,
        "Nothing was kept. Compare with the vendor's own chart and report it there; if it is true, load the ranges "
        "before and after it apart.",
    )


def joined(name: str, found: Mapping[str, History], *, what: str, licence: str, caveat: str) -> Bars:
    """Bars of all symbols, in the order of `found`: raw, with dividends and splits where there are such things.

    Raises
    ------
    BadBars
        A symbol has no price in a session in which another has one.
    """
    days = [history.sessions.to_numpy() for history in found.values()]
    sessions = pd.DatetimeIndex(np.unique(np.concatenate(days)))
    close = _frame(found, sessions, "close")
    _check_gaps(what, close)
    return Bars(
        close=close,
        open=_frame(found, sessions, "open"),
        high=_frame(found, sessions, "high"),
        low=_frame(found, sessions, "low"),
        volume=_frame(found, sessions, "volume"),
        dividend=_events(found, sessions, "dividends"),
        split=_events(found, sessions, "splits"),
        source=name,
        licence=licence,
        caveat=caveat,
    )


def _frame(found: Mapping[str, History], sessions: pd.DatetimeIndex, column: str) -> pd.DataFrame:
    return pd.DataFrame({symbol: history.prices[column] for symbol, history in found.items()}).reindex(
        sessions
    )


def _events(found: Mapping[str, History], sessions: pd.DatetimeIndex, kind: str) -> pd.DataFrame | None:
    if any(getattr(history, kind) is None for history in found.values()):
        return None
    columns = {
        symbol: pd.Series(history.by_session(kind), history.sessions) for symbol, history in found.items()
    }
    return pd.DataFrame(columns).reindex(sessions)


def _check_gaps(what: str, close: pd.DataFrame) -> None:
    alive = close.notna()
    gaps = ~alive & alive.cummax() & alive[::-1].cummax()[::-1]
    for symbol in close.columns[gaps.any()]:
        days = gaps.index[gaps[symbol]]
        raise BadBars(
            f"{what}: {symbol} has no price on {days[0]:%Y-%m-%d} ({len(days)} such sessions).",
            "Another symbol has one there, and a gap is never filled.",
            f"Look it up at the vendor; load the ranges before and after it apart, or leave {symbol} out.",
        )
