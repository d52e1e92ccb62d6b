"""When the New York Stock Exchange was open."""

from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from framework.data.sessions import close_of, sessions_between
from framework.proof.reference import Reference

_NYSE = "XNYS"
_CLOSURES = 'NYSE, "Special Closings" and holiday calendar'


def calendars() -> tuple[Reference, ...]:
    """Sessions a year, famous closures, and a half day's close."""
    return (
        *(_year(year, sessions) for year, sessions in ((2001, 248), (2012, 250), (2020, 253), (2022, 251))),
        Reference(
            name="NYSE sessions from 2001-09-11 to 2001-09-16",
            source=f"{_CLOSURES}: closed from the attacks until Monday 17 September",
            published=0.0,
            compute=lambda: float(len(sessions_between(_NYSE, "2001-09-11", "2001-09-16"))),
        ),
        Reference(
            name="NYSE sessions on 2012-10-29 and 30",
            source=f"{_CLOSURES}: hurricane Sandy",
            published=0.0,
            compute=lambda: float(len(sessions_between(_NYSE, "2012-10-29", "2012-10-30"))),
        ),
        Reference(
            name="Close of the NYSE on the day after Thanksgiving 2022, in New York",
            source=f"{_CLOSURES}: early close at 1:00 p.m.",
            published="13:00",
            compute=partial(_close, "2022-11-25"),
        ),
        Reference(
            name="Close of the NYSE on an ordinary day, in New York",
            source="NYSE, trading hours: 4:00 p.m.",
            published="16:00",
            compute=partial(_close, "2022-11-23"),
        ),
    )


def _year(year: int, sessions: int) -> Reference:
    return Reference(
        name=f"NYSE sessions in {year}",
        source="NYSE, trading days a year",
        published=float(sessions),
        compute=lambda: float(len(sessions_between(_NYSE, f"{year}-01-01", f"{year}-12-31"))),
    )


def _close(session: str) -> str:
    closed: datetime = close_of(_NYSE, session).astimezone(ZoneInfo("America/New_York"))
    return f"{closed:%H:%M}"
