"""Quality gates: what is wrong with bars that are well formed, so that nobody should decide on them.

Nothing is repaired here, nothing filled, and nothing taken from another vendor. Bars within the day are judged by their
days: their minutes may be empty or flat for good reasons.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
import pandas as pd

from framework.data.adjust import total_returns
from framework.data.bars import Bars
from framework.data.sessions import session_at, sessions_between
from framework.errors import StaleData, UntrustedBars

Gate = Literal[
    "stale", "gapped", "future-dated", "frozen", "outlier", "zero volume", "currency mismatch", "altered"
]

DELISTED_AFTER = 10  # sessions without a bar, while the source went on with other symbols
FROZEN_FOR = 5  # sessions with the same close
JUMP = float(np.log(1.5))  # of the log return, splits and dividends taken out
JUMP_SIGMAS = 10.0  # of the symbol's own returns, robustly estimated
USUAL, FEWEST = 252, 20  # returns before a jump that say what is usual; fewer than that say nothing
SHOWN = 4  # findings in a message


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: which gate, which symbol, in which session, and in words."""

    gate: Gate
    symbol: str
    session: pd.Timestamp
    said: str


def findings(
    bars: Bars,
    *,
    calendar: str,
    as_of: datetime,
    since: pd.Timestamp | None = None,
    newest: pd.Timestamp | None = None,
) -> tuple[Finding, ...]:
    """What is wrong with `bars` at `as_of`, in the sessions after `since`, by symbol and session.

    Parameters
    ----------
    bars : Bars
        Daily, or within the day.
    calendar : str
        Whose sessions each symbol should have.
    as_of : datetime, aware
        The moment at which somebody wants to decide on them.
    since : Timestamp, optional
        What lies at or before it was judged already; None judges all.
    newest : Timestamp, optional
        The newest session of any series of the source, where that is not among `bars`: it tells a symbol that is
        listed no more from a source that is late.
    """
    days = pd.DatetimeIndex(bars.sessions.normalize())
    daily = days.equals(bars.sessions)
    after = pd.Timestamp.min if since is None else since
    found = [*_dates(bars, calendar, as_of, max(newest or days[-1], days[-1])), *_jumps(bars)]
    if daily:
        found += [*_frozen(bars), *_without_volume(bars)]
    found += _gaps(bars, days, calendar)
    kept = [one for one in found if one.gate == "stale" or one.session > after]
    return tuple(sorted(kept, key=lambda one: (one.symbol, one.session, one.gate)))


def in_currency(currencies: Mapping[str, str], wanted: str, session: pd.Timestamp) -> tuple[Finding, ...]:
    """A finding for each symbol whose prices are in another currency than the account."""
    return tuple(
        Finding("currency mismatch", symbol, session, f"{symbol} is in {given}, the account in {wanted}")
        for symbol, given in currencies.items()
        if given != wanted
    )


def delisted(bars: Bars, *, calendar: str, as_of: datetime, newest: pd.Timestamp) -> tuple[str, ...]:
    """The symbols whose bars ended while the source went on: listed no more, and so not stale."""
    due = session_at(calendar, as_of)
    return tuple(
        symbol for symbol, (_, last) in _lives(bars).items() if _is_delisted(calendar, last, min(newest, due))
    )


def check(found: tuple[Finding, ...], *, as_of: datetime) -> None:
    """Refuse bars with findings.

    Raises
    ------
    StaleData
        A series is late, whatever else is wrong.
    UntrustedBars
        Anything else is.
    """
    if not found:
        return
    late = [one for one in found if one.gate == "stale"]
    first = [*late, *(one for one in found if one.gate != "stale")]
    more = f" and {len(first) - SHOWN} more" if len(first) > SHOWN else ""
    said = "; ".join(f"{one.gate}: {one.said}" for one in first[:SHOWN])
    kind = StaleData if late else UntrustedBars
    raise kind(
        f"{said}{more}.",
        f"Nothing is decided on bars that a quality gate does not pass, as of {as_of:%Y-%m-%d %H:%M %Z}.",
        "Load the missing bars (openbook data sync), or look at the prices: if they are true, openbook resume says so."
        if late
        else "Look at the prices: if the vendor mends them, openbook data sync; if they are true, openbook resume.",
    )


def _lives(bars: Bars) -> dict[str, tuple[pd.Timestamp, pd.Timestamp]]:
    """The sessions of each symbol's first and last close, of those that have one."""
    known = ~np.isnan(bars.table("close"))
    firsts, lasts = np.argmax(known, axis=0), len(known) - 1 - np.argmax(known[::-1], axis=0)
    days = bars.sessions.normalize()
    return {
        symbol: (days[first], days[last])
        for symbol, first, last, any_ in zip(bars.symbols, firsts, lasts, known.any(axis=0), strict=True)
        if any_
    }


def _is_delisted(calendar: str, last: pd.Timestamp, newest: pd.Timestamp) -> bool:
    return last < newest and len(sessions_between(calendar, last, newest)) > DELISTED_AFTER


def _dates(bars: Bars, calendar: str, as_of: datetime, newest: pd.Timestamp) -> Iterator[Finding]:
    due = session_at(calendar, as_of)
    for symbol, (_, last) in _lives(bars).items():
        if last > due:
            yield Finding(
                "future-dated", symbol, last, f"{symbol} has a bar of {last:%Y-%m-%d}, after {due:%Y-%m-%d}"
            )
        elif last < due and not _is_delisted(calendar, last, min(newest, due)):
            late = len(sessions_between(calendar, last, due)) - 1
            plural = "session" if late == 1 else "sessions"
            yield Finding("stale", symbol, last, f"{symbol} ends at {last:%Y-%m-%d}, {late} {plural} behind")


def _gaps(bars: Bars, days: pd.DatetimeIndex, calendar: str) -> Iterator[Finding]:
    """Sessions of the calendar that a symbol lacks between its first bar and its last."""
    expected = sessions_between(calendar, days[0], days[-1])
    missing = expected[~expected.isin(days)]
    if len(missing) == 0:
        return
    for symbol, (first, last) in _lives(bars).items():
        for session in missing[(missing > first) & (missing < last)]:
            yield Finding("gapped", symbol, session, f"{symbol} has no bar of {session:%Y-%m-%d}")


def _frozen(bars: Bars) -> Iterator[Finding]:
    """The session from which a close has been the same for too long; the price is not said: reasons are published."""
    close = bars.table("close")
    same = close[1:] == close[:-1]
    run = np.zeros(close.shape[1], dtype="i8")
    for row in range(len(same)):
        run = np.where(same[row], run + 1, 0)
        for column in np.flatnonzero(run == FROZEN_FOR - 1):
            session = bars.sessions[row + 1]
            yield Finding(
                "frozen",
                bars.symbols[column],
                session,
                f"{bars.symbols[column]} closed at one price for {FROZEN_FOR} sessions until {session:%Y-%m-%d}",
            )


def _jumps(bars: Bars) -> Iterator[Finding]:
    returns = np.log1p(total_returns(bars))
    for row, column in np.argwhere(np.abs(returns) > JUMP):
        before = returns[max(1, row - USUAL) : row, column]
        before = np.abs(before[~np.isnan(before)])
        if len(before) >= FEWEST and abs(returns[row, column]) > JUMP_SIGMAS * 1.4826 * np.median(before):
            symbol, session = bars.symbols[column], bars.sessions[row]
            move = np.expm1(returns[row, column])
            yield Finding("outlier", symbol, session, f"{symbol} moved by {move:+.0%} on {session:%Y-%m-%d}")


def _without_volume(bars: Bars) -> Iterator[Finding]:
    if not bars.has("volume"):
        return
    volume = bars.table("volume")
    for row, column in np.argwhere(volume == 0.0):
        if np.nanmedian(volume[:, column]) > 0.0:
            symbol, session = bars.symbols[column], bars.sessions[row]
            yield Finding("zero volume", symbol, session, f"{symbol} traded nothing on {session:%Y-%m-%d}")
