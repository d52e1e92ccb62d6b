"""Whether bars are good enough to decide on, judged against `as_of` and never against the wall clock."""

from datetime import datetime

import pandas as pd

from framework.data.bars import Bars
from framework.data.sessions import close_of, next_session, session_at, sessions_between
from framework.errors import DataError, StaleData


def final(bars: Bars, *, calendar: str, now: datetime) -> Bars:
    """The bars whose sessions had closed at `now`: a bar of a session that goes on is not one yet.

    Raises
    ------
    DataError
        A bar of a session after the one that goes on, or none that has closed.
    """
    over = session_at(calendar, now)
    ongoing = next_session(calendar, over)
    newest = bars.sessions[-1]
    if newest.normalize() > ongoing:
        raise DataError(
            f"{bars.source} has a bar of {', '.join(bars.symbols[:3])} for {newest:%Y-%m-%d %H:%M}.",
            f"At {now:%Y-%m-%d %H:%M %Z} the last session of {calendar} that had closed was {over:%Y-%m-%d}.",
            "Nothing was kept. Report it to the vendor; a bar from the future is no bar.",
        )
    if newest.normalize() == newest:
        return bars.until(over)
    stamp = pd.Timestamp(now).tz_convert("UTC").tz_localize(None)
    return bars.until(stamp)


def check_fresh(bars: Bars, *, as_of: datetime, calendar: str) -> None:
    """Refuse bars whose newest row is not the last session of `calendar` that had closed at `as_of`.

    Parameters
    ----------
    bars : Bars
        Daily bars; every symbol still alive has a close in their newest row.
    as_of : datetime, aware
        The moment at which the decision is taken.
    calendar : str
        Market identifier code, such as "XNYS".

    Raises
    ------
    StaleData
        One or more sessions have closed since the newest bar.
    DataError
        The newest bar had not closed yet at `as_of`: it is no bar, or it was looked ahead at.
    """
    due, newest = session_at(calendar, as_of), bars.sessions[-1]
    if newest < due:
        late = len(sessions_between(calendar, newest, due)) - 1
        raise StaleData(
            f"The newest bar is of {newest:%Y-%m-%d}, {late} {'session' if late == 1 else 'sessions'} behind.",
            f"At {as_of:%Y-%m-%d %H:%M %Z} the last session of {calendar} that had closed was {due:%Y-%m-%d}.",
            "Load the missing bars, or pause the strategy; it must not decide on old prices.",
        )
    if newest > due:
        raise DataError(
            f"The newest bar is of {newest:%Y-%m-%d}, which closes at {close_of(calendar, newest):%Y-%m-%d %H:%M %Z}.",
            f"At {as_of:%Y-%m-%d %H:%M %Z} the last session of {calendar} that had closed was {due:%Y-%m-%d}.",
            f"Cut the bars with bars.until('{due:%Y-%m-%d}').",
        )
