"""Sessions of an exchange that the record passes over: no sign that somebody tampered, but something to explain."""

from dataclasses import dataclass

import pandas as pd
from sqlalchemy import Connection, text

from framework.data.sessions import sessions_between
from framework.errors import SpecError
from framework.ledger.door import Door
from framework.ledger.reading import read_histories
from framework.ledger.snapshot import snapshot

BARS = text("""
    SELECT source, symbol, min(calendar) FROM public.bar_blocks JOIN public.series USING (source, symbol)
    GROUP BY source, symbol HAVING count(DISTINCT calendar) = 1 AND bool_and(content IS NOT NULL)
    ORDER BY source, symbol
""")
BOOKS = text("""
    SELECT strategy, mode, min(calendar) FROM public.portfolio_worth
    JOIN public.snapshots USING (strategy, snapshot_hash) JOIN public.series USING (source)
    GROUP BY strategy, mode HAVING count(DISTINCT calendar) = 1 ORDER BY strategy, mode
""")
NIGHTS = text(
    "SELECT DISTINCT session FROM public.portfolio_worth WHERE strategy = :strategy AND mode = :mode"
)


@dataclass(frozen=True)
class Gap:
    """Sessions between the first and the last of a stream that are not in it.

    Parameters
    ----------
    stream : str
        Bars of a symbol, or nights of a book.
    calendar : str
        Whose sessions.
    sessions : DatetimeIndex
        Those that are missing.
    """

    stream: str
    calendar: str
    sessions: pd.DatetimeIndex


def gaps(door: Door) -> list[Gap]:
    """Every stream of bars or nights that passes over a session of its exchange; withheld bars are left out."""
    with snapshot(door) as connection:
        found = [
            _gap(f"bar_blocks:{source}:{symbol}", calendar, _days(connection, source, symbol))
            for source, symbol, calendar in connection.execute(BARS).all()
        ]
        for strategy, mode, calendar in connection.execute(BOOKS).all():
            days = list(connection.scalars(NIGHTS, {"strategy": strategy, "mode": mode}))
            found.append(_gap(f"portfolio_worth:{strategy} ({mode})", calendar, pd.DatetimeIndex(days)))
    return [gap for gap in found if gap is not None]


def _days(connection: Connection, source: str, symbol: str) -> pd.DatetimeIndex:
    history = read_histories(connection, source, (symbol,))[symbol]
    return pd.DatetimeIndex(history.session.astype("datetime64[us]")).normalize()


def _gap(stream: str, calendar: str, days: pd.DatetimeIndex) -> Gap | None:
    try:
        sessions = sessions_between(calendar, days.min(), days.max())
    except SpecError:  # a calendar or a time that this installation does not know: nothing to hold it to
        return None
    missing = sessions.difference(days)
    return Gap(stream, calendar, missing) if len(missing) else None
