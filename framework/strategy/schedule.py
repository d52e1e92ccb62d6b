"""When a rule decides: the first session of a month or week, which is known the moment it closes.

The *last* session of a month cannot be told from bars alone before the next month has begun: a rule that
looks at the following row for it knows tomorrow. Deciding at the first session asks nothing of the future.
"""

import pandas as pd


def first_of_month(sessions: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """The first session of each month in `sessions`; the very first session is one."""
    return _first_of(sessions, "M")


def first_of_week(sessions: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """The first session of each week (Monday to Sunday) in `sessions`; the very first session is one."""
    return _first_of(sessions, "W")


def _first_of(sessions: pd.DatetimeIndex, period: str) -> pd.DatetimeIndex:
    return sessions[~sessions.to_period(period).duplicated()]
