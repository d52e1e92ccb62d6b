"""Histories: of one symbol, each session's bar as it was known last; and many of them as one panel."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from framework.data.bars import ACTIONS, FIELDS, Bars
from framework.errors import DataError

NAMES = (*FIELDS, *ACTIONS)
TIMES = ("session", "known_at")


@dataclass(frozen=True, eq=False)
class History:
    """The bars of one symbol.

    Parameters
    ----------
    session : array of int64, shape (bars,)
        Microseconds since 1970, increasing.
    known_at : array of int64, shape (bars,)
        Microseconds since 1970 in UTC.
    fields : mapping of str to array of float64, shape (bars,)
        Those of `NAMES` that some bar has; NaN where a bar has none.
    """

    session: np.ndarray
    known_at: np.ndarray
    fields: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, parts: Sequence[Mapping[str, np.ndarray]], *, as_of: int | None = None) -> Self:
        """What blocks hold, in the order of their sequence: of each session the row known last, by `as_of`."""
        names = [name for name in NAMES if any(name in part for part in parts)]
        columns = {
            name: _joined([part[name] if name in part else _nothing(part) for part in parts])
            for name in (*TIMES, *names)
        }
        if as_of is not None:
            known = columns["known_at"] <= as_of
            if not known.all():
                columns = {name: values[known] for name, values in columns.items()}
        session = columns["session"]
        if (np.diff(session) <= 0).any():
            order = np.lexsort(
                (columns["known_at"], session)
            )  # stable: the later sequence of the same moment wins
            last = order[np.append(np.diff(session[order]) > 0, True)]
            columns = {name: values[last] for name, values in columns.items()}
        return cls(columns["session"], columns["known_at"], {name: columns[name] for name in names})

    @classmethod
    def column(cls, bars: Bars, symbol: str, since: np.ndarray) -> Self:
        """One symbol of `bars`, each bar known since `since`, microseconds for each session."""
        column = bars.symbols.index(symbol)
        alive = ~np.isnan(bars.table("close")[:, column])
        session = bars.sessions.to_numpy("datetime64[us]").astype("i8")[alive]
        fields = {name: bars.table(name)[alive, column] for name in NAMES if bars.has(name)}
        return cls(session, since[alive], fields)

    def __len__(self) -> int:
        return len(self.session)

    def __getitem__(self, rows: np.ndarray) -> "History":
        fields = {name: values[rows] for name, values in self.fields.items()}
        return History(self.session[rows], self.known_at[rows], fields)

    def columns(self) -> dict[str, np.ndarray]:
        """The times, by the names that a block gives them."""
        return {"session": self.session, "known_at": self.known_at}

    def aligned(self, session: np.ndarray) -> "History":
        """The same for other sessions: known at no time, and NaN, where there is no bar."""
        rows = np.searchsorted(self.session, session)
        rows[rows == len(self)] = -1
        missing = np.ones(len(session), dtype=bool) if len(self) == 0 else self.session[rows] != session
        fields = {name: np.full(len(session), np.nan) for name in NAMES}
        for name, values in self.fields.items():
            fields[name][~missing] = values[rows[~missing]]
        known_at = np.full(len(session), np.iinfo("i8").min)
        known_at[~missing] = self.known_at[rows[~missing]]
        return History(session, known_at, fields)


def changes(new: History, known: History) -> tuple[History, np.ndarray]:
    """The bars of `new` that `known` lacks or has otherwise, and which of them have another number than before.

    A field that `new` does not have changes nothing. Where `new` only adds fields to a bar, the bar is known since
    the time that `new` says, as a new one is; where a number is another one, since the last time that `new` says.
    """
    had = known.aligned(new.session)
    absent = np.isnan(had.fields["close"])
    other, more = np.zeros_like(absent), np.zeros_like(absent)
    for name, values in new.fields.items():
        given, before = ~np.isnan(values), ~np.isnan(had.fields[name])
        other |= given & before & (values != had.fields[name])
        more |= given & ~before
    rows = other | more | absent
    latest = new.known_at.max(initial=np.iinfo("i8").min)
    since = np.where(other, np.maximum(had.known_at, latest), new.known_at)
    fields = {name: values[rows] for name, values in had.fields.items() if not np.isnan(values[rows]).all()}
    for name, values in new.fields.items():
        kept = had.fields[name][rows]
        fields[name] = np.where(np.isnan(values[rows]), kept, values[rows])
    return History(new.session[rows], since[rows], fields), other[rows]


def frames(histories: Mapping[str, History]) -> dict[str, Any]:
    """The fields that every bar has, as Bars takes them: frozen, so that Bars need not copy them.

    Raises
    ------
    DataError
        Some of the symbols have dividends and splits, some have none: their prices do not mean the same.
    """
    sessions = _sessions(histories.values())
    index = pd.DatetimeIndex(sessions.view("M8[us]"))
    found = {}
    for name in NAMES:
        has = [
            bool(name in one.fields and not np.isnan(one.fields[name]).any()) for one in histories.values()
        ]
        if name in ACTIONS:
            _refuse_mixed(name, dict(zip(histories, has, strict=True)))
        if all(has):
            found[name] = _panel(name, histories, sessions, index)
    return found


def _panel(
    name: str, histories: Mapping[str, History], sessions: np.ndarray, index: pd.DatetimeIndex
) -> pd.DataFrame:
    values = np.empty((len(sessions), len(histories)))
    for column, one in enumerate(histories.values()):
        if len(one) == len(sessions):
            values[:, column] = one.fields[name]
        else:
            values[:, column] = np.nan
            values[np.searchsorted(sessions, one.session), column] = one.fields[name]
    values.flags.writeable = False
    return pd.DataFrame(values, index=index, columns=list(histories), copy=False)


def _sessions(histories: Iterable[History]) -> np.ndarray:
    """All sessions that one of them has."""
    unlike: list[np.ndarray] = []
    for one in histories:
        if not any(np.array_equal(one.session, other) for other in unlike[-2:]):
            unlike.append(one.session)
    return unlike[0] if len(unlike) == 1 else np.unique(np.concatenate(unlike))


def _refuse_mixed(name: str, has: Mapping[str, bool]) -> None:
    if any(has.values()) and not all(has.values()):
        with_, without = (next(s for s, found in has.items() if found is wanted) for wanted in (True, False))
        raise DataError(
            f"{with_} has a {name} for each bar, {without} has none.",
            "Raw prices with dividends and splits do not stand beside prices that may be adjusted.",
            f"Read {without} apart, or load it again from a source that knows its {name}s.",
        )


def _joined(arrays: list[np.ndarray]) -> np.ndarray:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays) if arrays else np.empty(0, dtype="i8")


def _nothing(part: Mapping[str, np.ndarray]) -> np.ndarray:
    return np.full(len(part["session"]), np.nan)
