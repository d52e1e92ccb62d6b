"""Sessions against the published history of the New York Stock Exchange."""

from datetime import UTC, datetime, timedelta, timezone

import pandas as pd
import pytest

from framework.data.sessions import close_of, next_session, previous_session, session_at, sessions_between
from framework.errors import DataError, SpecError


def test_the_exchange_was_closed_after_11_september_2001():
    found = sessions_between("XNYS", "2001-09-10", "2001-09-17")
    assert [f"{day:%m-%d}" for day in found] == ["09-10", "09-17"]


def test_the_exchange_was_closed_for_hurricane_sandy():
    found = sessions_between("XNYS", "2012-10-26", "2012-10-31")
    assert [f"{day:%m-%d}" for day in found] == ["10-26", "10-31"]


def test_years_have_the_number_of_sessions_that_the_exchange_counted():
    counted = {1990: 253, 2001: 248, 2012: 250, 2020: 253, 2022: 251}
    for year, sessions in counted.items():
        assert len(sessions_between("XNYS", f"{year}-01-01", f"{year}-12-31")) == sessions


def test_sessions_are_naive_midnights():
    found = sessions_between("XNYS", "2024-01-01", "2024-01-31")
    assert found.tz is None
    assert (found == found.normalize()).all()


def test_a_session_is_known_at_its_close_and_not_a_second_before():
    close = close_of("XNYS", "2024-01-03")
    assert close == datetime(2024, 1, 3, 21, tzinfo=UTC)
    assert session_at("XNYS", close) == pd.Timestamp("2024-01-03")
    assert session_at("XNYS", close - timedelta(seconds=1)) == pd.Timestamp("2024-01-02")


def test_a_half_day_closes_early():
    assert close_of("XNYS", "2022-11-25") == datetime(2022, 11, 25, 18, tzinfo=UTC)


def test_summer_time_moves_the_close_in_utc():
    assert close_of("XNYS", "2024-03-08").hour == 21
    assert close_of("XNYS", "2024-03-11").hour == 20


def test_any_aware_time_will_do():
    tokyo = timezone(timedelta(hours=9))
    assert session_at("XNYS", datetime(2024, 1, 4, 6, tzinfo=tokyo)) == pd.Timestamp("2024-01-03")


def test_a_weekend_belongs_to_the_friday_before():
    assert session_at("XNYS", datetime(2024, 1, 7, 12, tzinfo=UTC)) == pd.Timestamp("2024-01-05")


def test_the_next_and_the_previous_session_step_over_holidays():
    assert next_session("XNYS", "2022-12-23") == pd.Timestamp("2022-12-27")
    assert previous_session("XNYS", "2022-12-27") == pd.Timestamp("2022-12-23")
    assert next_session("XNYS", "2022-12-25") == pd.Timestamp("2022-12-27")  # a Sunday
    assert previous_session("XNYS", "2022-12-25") == pd.Timestamp("2022-12-23")


def test_the_answer_reaches_back_to_1980_and_does_not_depend_on_today():
    assert next_session("XNYS", "1980-01-01") == pd.Timestamp("1980-01-02")
    with pytest.raises(SpecError, match="known from 1980-01-01 to 2030-12-31"):
        next_session("XNYS", "2031-01-01")
    with pytest.raises(SpecError, match="The session after 2030-12-31 lies outside"):
        next_session("XNYS", "2030-12-31")
    with pytest.raises(SpecError, match="lies outside"):
        session_at("XNYS", datetime(1979, 12, 31, tzinfo=UTC))
    with pytest.raises(SpecError, match="lies outside"):
        previous_session("XNYS", "1980-01-02")


def test_a_calendar_with_narrower_bounds_keeps_them():
    with pytest.raises(SpecError, match="known from 1997-01-01"):
        next_session("XTKS", "1996-06-03")


def test_a_misspelt_calendar_is_told_the_right_one():
    with pytest.raises(SpecError, match=r"There is no calendar 'XNYX'.*Did you mean 'XNYS'"):
        sessions_between("XNYX", "2024-01-01", "2024-01-31")


def test_a_day_that_is_no_session_has_no_close():
    with pytest.raises(SpecError, match=r"Sunday, 2022-12-25, is not a session of XNYS.*2022-12-23"):
        close_of("XNYS", "2022-12-25")


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(SpecError, match="has no time zone"):
        session_at("XNYS", datetime(2024, 1, 3, 21))  # noqa: DTZ001


def test_what_is_no_date_is_refused():
    with pytest.raises(DataError, match="is not a date"):
        next_session("XNYS", "31.31.2024")
