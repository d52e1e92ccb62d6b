"""Starts of a schedule, checked against a calendar and against what Kubernetes accepts."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.errors import SpecError
from framework.job.schedule import next_after, validate

MONDAY = datetime(2024, 1, 1, tzinfo=UTC)  # a Monday


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "moment", "expected"),
    [
        ("30 22 * * 1-5", "2024-01-05 22:29", "2024-01-05 22:30"),
        ("30 22 * * 1-5", "2024-01-05 22:30", "2024-01-08 22:30"),  # Friday's start is over: Monday
        ("30 6 * * *", "2024-12-31 06:30:01", "2025-01-01 06:30"),
        ("*/15 * * * *", "2024-01-01 00:07", "2024-01-01 00:15"),
        ("5/20 * * * *", "2024-01-01 00:26", "2024-01-01 00:45"),  # 5, 25, 45
        ("15 18 13 * 5", "2024-01-01", "2024-01-05 18:15"),  # either the 13th or a Friday
        ("15 18 13 * *", "2024-01-01", "2024-01-13 18:15"),
        ("15 18 * jan,jul mon-fri", "2024-01-31 18:15", "2024-07-01 18:15"),
        ("0 0 29 2 *", "2096-02-29 00:00", "2104-02-29 00:00"),  # 2100 has no leap day
        ("0 0 31 * *", "2024-04-01", "2024-05-31 00:00"),  # April has 30 days
        ("0 12 * * 0", "2024-01-01", "2024-01-07 12:00"),
    ],
)
def test_the_next_start_is_the_one_a_calendar_shows(schedule: str, moment: str, expected: str) -> None:
    assert next_after(schedule, at(moment)) == at(expected)


def test_a_moment_of_another_zone_is_read_in_utc() -> None:
    berlin_summer = timezone(timedelta(hours=2))
    assert next_after("30 22 * * *", datetime(2024, 7, 2, 0, 15, tzinfo=berlin_summer)) == at(
        "2024-07-01 22:30"
    )


def test_a_night_that_happens_twice_elsewhere_starts_once() -> None:
    """2024-10-27: at 01:00 UTC Berlin's clocks go back from 03:00 to 02:00."""
    first = next_after("0 2 * * *", at("2024-10-26 12:00"))
    assert first == at("2024-10-27 02:00")
    assert next_after("0 2 * * *", first) == at("2024-10-28 02:00")


@given(
    minute=st.integers(0, 59),
    hour=st.integers(0, 23),
    weekday=st.integers(0, 6),
    moment=st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_weekly_starts_are_seven_days_apart_and_on_their_weekday(
    minute: int, hour: int, weekday: int, moment: datetime
) -> None:
    schedule = f"{minute} {hour} * * {weekday}"
    first = next_after(schedule, moment)
    assert timedelta() < first - moment <= timedelta(days=7)
    assert (first.hour, first.minute, first.isoweekday() % 7) == (hour, minute, weekday)
    assert next_after(schedule, first) - first == timedelta(days=7)


@pytest.mark.parametrize(
    ("schedule", "named"),
    [
        ("61 * * * *", "minute"),
        ("15 24 * * 1-5", "hour"),
        ("15 18 * 13 *", "month"),
        ("15 18 0 * *", "day of month"),
        ("15 18 * * 7", "Sunday"),
        ("15 18 * * FRI-MON", "day of week"),
        ("40-10 18 * * *", "minute"),
        ("15,45,99 18 * * 1-5", "minute"),
        ("*/0 * * * *", "minute"),
        ("15 18 L * *", "day of month"),
        ("15 18 31 2 *", "never starts"),
        ("0 15 18 * * 1-5", "five fields"),
        ("TZ=America/New_York 15 18 * * 1-5", "five fields"),
        ("@daily", "five fields"),
        ("@every 1h", "five fields"),
        ("", "five fields"),
    ],
)
def test_a_schedule_that_a_cluster_refuses_or_that_never_starts_is_refused(schedule: str, named: str) -> None:
    with pytest.raises(SpecError, match=named):
        validate(schedule)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(SpecError, match="no time zone"):
        next_after("* * * * *", MONDAY.replace(tzinfo=None))
