from datetime import UTC, datetime

import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.data.quality import check_fresh
from framework.errors import DataError, StaleData


@pytest.fixture
def bars() -> Bars:
    """Up to Friday, 5 January 2024, which closed at 21:00 UTC."""
    sessions = pd.DatetimeIndex(["2024-01-03", "2024-01-04", "2024-01-05"])
    return Bars(pd.DataFrame({"KO": [59.0, 60.0, 61.0]}, index=sessions))


@pytest.mark.parametrize("as_of", [(5, 21, 0), (6, 12, 0), (8, 20, 59)])
def test_bars_are_fresh_from_the_close_of_their_session_to_that_of_the_next(bars, as_of):
    day, hour, minute = as_of
    check_fresh(bars, as_of=datetime(2024, 1, day, hour, minute, tzinfo=UTC), calendar="XNYS")


def test_bars_are_stale_once_the_next_session_has_closed(bars):
    with pytest.raises(
        StaleData, match=r"newest bar is of 2024-01-05, 1 session behind.*closed was 2024-01-08"
    ):
        check_fresh(bars, as_of=datetime(2024, 1, 8, 21, tzinfo=UTC), calendar="XNYS")


def test_the_delay_is_counted_in_sessions_not_days(bars):
    with pytest.raises(StaleData, match="6 sessions behind"):  # Martin Luther King's day is none
        check_fresh(bars, as_of=datetime(2024, 1, 16, 22, tzinfo=UTC), calendar="XNYS")


def test_a_bar_of_a_session_that_has_not_closed_is_refused(bars):
    with pytest.raises(DataError, match=r"closes at 2024-01-05 21:00 UTC.*bars.until\('2024-01-04'\)"):
        check_fresh(bars, as_of=datetime(2024, 1, 5, 20, 59, tzinfo=UTC), calendar="XNYS")
