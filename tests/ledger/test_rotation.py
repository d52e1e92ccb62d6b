"""Which backups stay: counted out by hand on a calendar."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as some

from framework.ledger.rotation import Rotation, surplus

NIGHT = datetime(2026, 3, 31, 6, tzinfo=UTC)  # a Tuesday


def kept(moments, rotation):
    return sorted(set(moments) - surplus(moments, rotation), reverse=True)


def test_a_year_of_nights_leaves_the_last_of_each_day_week_and_month():
    nights = [NIGHT - timedelta(days=day) for day in range(365)]
    days = [NIGHT - timedelta(days=day) for day in range(7)]  # back to Wednesday 25
    weeks = [
        datetime(2026, 3, day, 6, tzinfo=UTC) for day in (29, 22, 15)
    ]  # Sundays, besides the present week
    months = [datetime(2026, 2, 28, 6, tzinfo=UTC), datetime(2026, 1, 31, 6, tzinfo=UTC)]
    found = kept(nights, Rotation(daily=7, weekly=4, monthly=3))
    assert found == sorted({*days, *weeks, *months}, reverse=True)


def test_of_several_in_a_day_the_last_stays():
    hours = [NIGHT + timedelta(hours=hour) for hour in range(5)]
    assert kept(hours, Rotation(daily=1, weekly=1, monthly=1)) == [hours[-1]]


def test_gaps_do_not_count():
    rare = [NIGHT - timedelta(days=400 * number) for number in range(4)]
    assert kept(rare, Rotation(daily=3, weekly=1, monthly=1)) == rare[:3]


MOMENTS = some.integers(0, 10_000).map(lambda number: NIGHT + timedelta(hours=7 * number))


@given(some.lists(MOMENTS, max_size=60), some.integers(0, 5))
def test_the_newest_stays_and_doing_it_again_deletes_nothing_more(moments, number):
    rotation = Rotation(daily=number, weekly=number, monthly=number)
    left = kept(moments, rotation)
    assert not moments or left[0] == max(moments)
    assert not surplus(left, rotation)
