"""Schedules: checked by the days and times that cron's own manual gives for such lines."""

from datetime import date

import pytest

from framework.job import cron


def test_weekdays_at_half_past_ten_in_the_evening():
    evening = cron.parse("30 22 * * 1-5")
    assert evening.starts_on(date(2022, 12, 23))[0].isoformat() == "2022-12-23T22:30:00"  # a Friday
    assert evening.starts_on(date(2022, 12, 24)) == ()
    assert evening.starts_on(date(2022, 12, 25)) == ()


def test_names_and_both_sundays_mean_the_same():
    sunday = date(2022, 12, 25)
    for weekday in ("0", "7", "SUN", "sun", "6-7"):
        assert cron.parse(f"0 0 * * {weekday}").starts_on(sunday)
    assert cron.parse("0 0 * dec *").starts_on(sunday)
    assert not cron.parse("0 0 * JAN-NOV *").starts_on(sunday)


def test_steps_and_lists():
    assert [start.minute for start in cron.parse("*/20 5 * * *").starts_on(date(2022, 1, 1))] == [0, 20, 40]
    assert [start.hour for start in cron.parse("0 1,3-5 * * *").starts_on(date(2022, 1, 1))] == [1, 3, 4, 5]
    assert [start.hour for start in cron.parse("0 20/2 * * *").starts_on(date(2022, 1, 1))] == [20, 22]


def test_a_date_and_a_weekday_together_mean_either():
    line = cron.parse(
        "30 4 1,15 * 5"
    )  # crontab(5): "4:30 am on the 1st and 15th of each month, plus every Friday"
    assert line.starts_on(date(2022, 12, 1))
    assert line.starts_on(date(2022, 12, 9))  # a Friday
    assert not line.starts_on(date(2022, 12, 10))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("61 * * * *", r"minute '61' is not within 0\.\.59"),
        ("* * 0 * *", r"day of month '0' is not within 1\.\.31"),
        ("* * * FOO *", "month 'FOO'"),
        ("* * * * 5-1", "allows no value"),
        ("*/0 * * * *", "allows no value"),
        ("1.5 * * * *", "is not a number"),
        ("@daily", "five fields"),
        ("", "five fields"),
    ],
)
def test_an_impossible_schedule_is_refused_with_its_field(line, said):
    with pytest.raises(ValueError, match=said):
        cron.parse(line)
