import pandas as pd

from framework.strategy.schedule import first_of_month, first_of_week

SESSIONS = pd.DatetimeIndex(
    ["2024-01-30", "2024-01-31", "2024-02-01", "2024-02-05", "2024-02-06", "2024-03-04"]
)


def test_the_first_session_of_each_month_is_found_and_the_very_first_is_one():
    assert [f"{day:%m-%d}" for day in first_of_month(SESSIONS)] == ["01-30", "02-01", "03-04"]


def test_weeks_begin_on_monday_or_the_first_session_after_it():
    assert [f"{day:%m-%d}" for day in first_of_week(SESSIONS)] == ["01-30", "02-05", "03-04"]
    over_new_year = pd.DatetimeIndex(["2024-12-30", "2024-12-31", "2025-01-02", "2025-01-06"])
    assert [f"{day:%m-%d}" for day in first_of_week(over_new_year)] == ["12-30", "01-06"]


def test_on_bars_of_one_row_a_month_every_row_decides():
    months = pd.date_range("1926-07-31", periods=24, freq="ME")
    assert first_of_month(months).equals(months)


def test_whether_a_row_decides_never_depends_on_the_rows_after_it():
    sessions = pd.bdate_range("2023-11-15", "2024-03-15")
    for first in (first_of_month, first_of_week):
        whole = set(first(sessions))
        for cut in range(1, len(sessions)):
            assert set(first(sessions[:cut])) == {day for day in whole if day < sessions[cut]}
