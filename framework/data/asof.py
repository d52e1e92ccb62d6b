"""As-of joins by bar-close stamps: the last bar of each symbol that was known at each of some moments."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from framework.data.bars import Bars
from framework.data.sessions import known_since, sessions_between
from framework.errors import DataError

PER_SHARE = ("close", "dividend")


@dataclass(frozen=True, eq=False)
class Known:
    """What was known of some symbols at each of some moments.

    Parameters
    ----------
    symbols : tuple of str
        The columns.
    fields : mapping of str to array, shape (moments, symbols)
        ``close``, and as far as the bars have them ``volume``, ``dividend`` and ``split``; NaN outside a life.
    stale : array of bool, shape (moments, symbols)
        Inside a life: no bar became known since the moment before.
    """

    symbols: tuple[str, ...]
    fields: Mapping[str, np.ndarray]
    stale: np.ndarray

    def times(self, rate: np.ndarray | None) -> "Known":
        """The same in another currency; a life begins and ends where both price and `rate` (a column) are known."""
        if rate is None:
            return self
        there = ~np.isnan(rate) & ~np.isnan(self.fields["close"])
        fields = {
            name: np.where(there, values * rate if name in PER_SHARE else values, np.nan)
            for name, values in self.fields.items()
        }
        return replace(self, fields=fields, stale=self.stale & there)

    def with_actions(self) -> "Known":
        """The same with a dividend of nothing and a split of one where there are none: for prices that have neither."""
        nothing = self.fields["close"] * 0.0
        return replace(self, fields={"dividend": nothing, "split": nothing + 1.0, **self.fields})


def known_at(bars: Bars, *, calendar: str, closes: np.ndarray) -> Known:
    """The last bar of each symbol that was known at each of `closes`, and what came with those before it.

    Parameters
    ----------
    bars : Bars
        Daily.
    calendar : str
        Whose closes say when each of them became known.
    closes : array of int64, shape (moments,)
        Microseconds since 1970 in UTC, increasing.

    Raises
    ------
    DataError
        Bars within the day; or a session of `calendar` without a bar inside a life.
    """
    if not bars.sessions.equals(bars.sessions.normalize()):
        raise DataError(
            f"The bars of {bars.symbols[0]} lie within the day.",
            "Beside another market, bars are daily: only then does a calendar say which of them are missing.",
            "Make daily bars of them first.",
        )
    since = known_since(calendar, bars.sessions)
    due = _expected(calendar, bars.sessions)
    columns = [
        _column(bars, column, since=since, due=due, closes=closes) for column in range(len(bars.symbols))
    ]
    joined = {name: np.column_stack([fields[name] for fields, _ in columns]) for name in columns[0][0]}
    return Known(bars.symbols, joined, np.column_stack([stale for _, stale in columns])).with_actions()


def _expected(calendar: str, sessions: pd.DatetimeIndex) -> np.ndarray:
    """When each session from the first of `sessions` on became known, and the next ones after the last."""
    last = min(sessions[-1] + pd.Timedelta(days=30), pd.Timestamp("2030-12-31"))
    return known_since(calendar, sessions_between(calendar, sessions[0], last))


def _column(
    bars: Bars, column: int, *, since: np.ndarray, due: np.ndarray, closes: np.ndarray
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The fields of one symbol at each of `closes`, and where no bar is new."""
    alive = np.flatnonzero(~np.isnan(bars.table("close")[:, column]))
    stamps = since[alive]
    _refuse_gap(bars, column, stamps, due)
    upto = np.searchsorted(stamps, closes, side="right")  # bars known by each close
    after = np.append(
        max(upto[0] - 1, 0), upto[:-1]
    )  # and by the one before; of the first, only its last bar counts
    there = upto > 0
    if len(stamps):
        nexts = due[due > stamps[-1]]
        there &= closes < (nexts[0] if len(nexts) else np.iinfo("i8").max)
    new = (upto > after) | (np.arange(len(closes)) == 0)
    fields = {
        name: np.where(there, _taken(name, bars, alive, column, after, upto), np.nan)
        for name in ("close", "volume", "dividend", "split")
        if bars.has(name)
    }
    return fields, there & ~new


def _taken(
    name: str, bars: Bars, alive: np.ndarray, column: int, after: np.ndarray, upto: np.ndarray
) -> np.ndarray:
    """The close of the last bar, or the sum or product over those that came since the close before."""
    values = bars.table(name)[alive, column]
    if name == "close":
        return values[np.maximum(upto - 1, 0)] if len(values) else np.full(len(upto), np.nan)
    if name == "dividend" and bars.has("split"):
        return _dividends(values, bars.table("split")[alive, column], after, upto)
    if name == "split":
        return np.array([values[first:last].prod() for first, last in zip(after, upto, strict=True)])
    sums = np.append(0.0, np.cumsum(values))
    between: np.ndarray = sums[upto] - sums[after]
    return between


def _dividends(paid: np.ndarray, splits: np.ndarray, after: np.ndarray, upto: np.ndarray) -> np.ndarray:
    """What a share of the last bar got over some bars: a share of an earlier one was split since into more."""
    total = np.zeros(len(upto))
    for row, (first, last) in enumerate(zip(after, upto, strict=True)):
        since = (
            np.append(np.cumprod(splits[first:last][::-1])[::-1][1:], 1.0) if last > first else np.empty(0)
        )
        total[row] = float((paid[first:last] / since).sum())
    return total


def _refuse_gap(bars: Bars, column: int, stamps: np.ndarray, due: np.ndarray) -> None:
    if not len(stamps):
        return
    expected = due[(due >= stamps[0]) & (due <= stamps[-1])]
    missing = expected[~np.isin(expected, stamps)]
    if len(missing):
        raise DataError(
            f"{bars.symbols[column]} has no bar of the session that closed at"
            f" {pd.Timestamp(int(missing[0]), unit='us'):%Y-%m-%d %H:%M} UTC ({len(missing)} such sessions).",
            "Its market was open, and a missing price is never filled.",
            "Load what is missing, or cut the bars with since() or until().",
        )
