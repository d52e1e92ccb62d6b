"""`--as-of` names a moment: a session's close, or a time with its zone."""

from datetime import UTC, datetime

import pytest

from framework.cli.context import moment
from framework.errors import SpecError
from framework.host import clock


def test_a_session_means_its_close_on_half_days_too():
    assert moment("2022-12-28", "XNYS") == datetime(2022, 12, 28, 21, tzinfo=UTC)
    assert moment("2022-11-25", "XNYS") == datetime(
        2022, 11, 25, 18, tzinfo=UTC
    )  # the day after Thanksgiving


def test_a_time_is_taken_as_it_is_in_utc():
    assert moment("2022-12-28T16:00:00-05:00", "XNYS") == datetime(2022, 12, 28, 21, tzinfo=UTC)
    assert moment("2022-12-28T21:00Z", "XNYS") == datetime(2022, 12, 28, 21, tzinfo=UTC)


def test_by_default_it_is_now():
    before = clock.now()
    assert before <= moment(None, "XNYS") <= clock.now()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2022-12-26", "not a session of XNYS"),  # a holiday
        ("2022-12-24", "Saturday"),
        ("yesterday", "not a date"),
        ("2022-13-01", "not a date"),
        ("28.12.2022", "not a date"),
        ("2022-12-28T21:00", "has no time zone"),
        ("2030-01-02", "lies in the future"),
        ("1950-01-03", "outside the calendar"),
    ],
)
def test_anything_else_is_refused_with_what_would_do(text, said):
    with pytest.raises(SpecError, match=said) as caught:
        moment(text, "XNYS")
    assert caught.value.remedy
