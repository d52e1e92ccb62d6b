from datetime import UTC, datetime

import pandas as pd
import pytest

from framework.data.dates import timestamp
from framework.errors import DataError

MIDNIGHT = datetime(2024, 1, 31)  # noqa: DTZ001 - sessions carry no time zone


@pytest.mark.parametrize("when", ["2024-01-31", pd.Timestamp("2024-01-31"), MIDNIGHT, MIDNIGHT.date()])
def test_a_date_is_read_in_each_way_it_is_written(when):
    assert timestamp(when) == pd.Timestamp("2024-01-31")


@pytest.mark.parametrize("when", ["soon", "2024-02-30", "", None, datetime(2024, 1, 31, tzinfo=UTC)])
def test_what_is_no_session_is_refused_with_an_example(when):
    with pytest.raises(DataError, match=r"Write it like 2024-01-31\."):
        timestamp(when)
