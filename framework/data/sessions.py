"""Trading sessions, as exchange_calendars knows them: when an exchange was open, and until when."""

import warnings
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from framework.data.dates import When, timestamp
from framework.data.suggest import did_you_mean
from framework.errors import SpecError

# Fixed bounds: the library's own default is twenty years back from today, which would make an answer
# depend on the day it is asked. Holidays beyond END are not all decreed yet.
START = pd.Timestamp("1980-01-01")
END = pd.Timestamp("2030-12-31")


def sessions_between(calendar: str, start: When, end: When) -> pd.DatetimeIndex:
    """Sessions of `calendar` from `start` to `end`, both included; midnight without a time zone.

    Raises
    ------
    SpecError
        No such calendar, or the range leaves the dates that it covers.
    """
    first, last = _within(calendar, start), _within(calendar, end)
    sessions = _load(calendar).sessions
    return sessions[sessions.searchsorted(first) : sessions.searchsorted(last, side="right")]


def session_at(calendar: str, as_of: datetime) -> pd.Timestamp:
    """Give the last session that had closed at `as_of`, an aware datetime; a half day closes early."""
    if as_of.tzinfo is None:
        raise SpecError(
            f"The time {as_of:%Y-%m-%d %H:%M} has no time zone.",
            "Whether a session has closed depends on it.",
            "Give an aware datetime, such as datetime(2024, 7, 3, 21, tzinfo=UTC).",
        )
    _within(calendar, as_of.astimezone(UTC).replace(tzinfo=None))
    known = _load(calendar)
    closed = int(known.closes.searchsorted(pd.Timestamp(as_of), side="right"))
    if closed == 0:
        raise _outside(calendar, f"The session that had closed by {as_of:%Y-%m-%d %H:%M %Z}")
    return known.sessions[closed - 1]


def close_of(calendar: str, session: When) -> datetime:
    """When `session` closed, in UTC.

    Raises
    ------
    SpecError
        That day is not a session of `calendar`.
    """
    close: datetime = _load(calendar).closes[_row(calendar, session)].to_pydatetime(warn=False)
    return close.astimezone(UTC)


def known_since(calendar: str, stamps: pd.DatetimeIndex) -> np.ndarray:
    """When the bar of each stamp became known: the close of a session; of a bar within the day its stamp, in UTC.

    Returns
    -------
    array of int64
        Microseconds since 1970 in UTC.

    Raises
    ------
    SpecError
        A day that is not a session of `calendar`.
    """
    days = stamps.normalize()
    known = _load(calendar)
    _within(calendar, days[0])
    _within(calendar, days[-1])
    rows = known.sessions.get_indexer(days.as_unit(known.sessions.unit))
    if (rows < 0).any():
        _row(calendar, days[int((rows < 0).argmax())])
    moments = known.closes[rows].tz_convert(None) if stamps.equals(days) else stamps
    return moments.to_numpy("datetime64[us]").astype("i8")


def next_session(calendar: str, session: When) -> pd.Timestamp:
    """Give the first session after `session`, which need not be a session itself."""
    sessions = _load(calendar).sessions
    row = int(sessions.searchsorted(_within(calendar, session), side="right"))
    if row == len(sessions):
        raise _outside(calendar, f"The session after {pd.Timestamp(session):%Y-%m-%d}")
    return sessions[row]


def previous_session(calendar: str, session: When) -> pd.Timestamp:
    """Give the last session before `session`, which need not be a session itself."""
    sessions = _load(calendar).sessions
    row = int(sessions.searchsorted(_within(calendar, session)))
    if row == 0:
        raise _outside(calendar, f"The session before {pd.Timestamp(session):%Y-%m-%d}")
    return sessions[row - 1]


def _row(calendar: str, session: When) -> int:
    day = _within(calendar, session)
    sessions = _load(calendar).sessions
    row = int(sessions.searchsorted(day))
    if row == len(sessions) or sessions[row] != day:
        raise SpecError(
            f"{day:%A}, {day:%Y-%m-%d}, is not a session of {calendar}.",
            f"The session before it is {previous_session(calendar, day):%Y-%m-%d}.",
            "Ask for a trading day.",
        )
    return row


def _within(calendar: str, day: When) -> pd.Timestamp:
    when, known = timestamp(day), _load(calendar)
    if not known.start <= when.normalize() <= known.end:
        raise _outside(calendar, f"{when:%Y-%m-%d}")
    return when


def _outside(calendar: str, what: str) -> SpecError:
    known = _load(calendar)
    return SpecError(
        f"{what} lies outside the calendar {calendar}.",
        f"It is known from {known.start:%Y-%m-%d} to {known.end:%Y-%m-%d}.",
        "Ask for a date within that range.",
    )


class _Calendar(NamedTuple):
    sessions: pd.DatetimeIndex
    closes: pd.DatetimeIndex  # UTC, one a session
    start: pd.Timestamp
    end: pd.Timestamp


@lru_cache(maxsize=16)
def _load(calendar: str) -> _Calendar:
    import exchange_calendars  # 0.7 s, and most who import this module never ask

    names = exchange_calendars.get_calendar_names()
    if calendar not in names:
        raise SpecError(
            f"There is no calendar {calendar!r}.",
            f"exchange_calendars knows {len(names)}, by market identifier code.",
            did_you_mean(calendar, names),
        )
    with (
        warnings.catch_warnings()
    ):  # the library lags behind pandas 3.1, which deprecates how it drops a time zone
        warnings.filterwarnings("ignore", message="Series.values returning", category=DeprecationWarning)
        kind = type(exchange_calendars.get_calendar(calendar))
        start, end = max(START, kind.bound_min() or START), min(END, kind.bound_max() or END)
        known = exchange_calendars.get_calendar(calendar, start=start, end=end)
    return _Calendar(known.sessions, pd.DatetimeIndex(known.closes), start, end)
