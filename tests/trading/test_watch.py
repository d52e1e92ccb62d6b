"""Guards over a position, close by close."""

import math

import pytest

from framework.trading.guard import Guards
from framework.trading.watch import Watch


def long_at(price, guards, *, quantity=10.0):
    watch = Watch(guards)
    watch.fill("A", held=0.0, quantity=quantity, price=price)
    return watch


def seen(watch, closes, target=None):
    """After which of the closes A is to be closed."""
    found = []
    for row, close in enumerate(closes):
        watch.close({"A": close}, target)
        found += [row] if watch.out else []
    return found


def test_a_stop_closes_a_long_that_fell_and_a_short_that_rose():
    assert seen(long_at(100.0, Guards(stop_loss=0.1)), [95.0, 90.01, 90.0]) == [2]
    assert seen(long_at(100.0, Guards(stop_loss=0.1), quantity=-10.0), [105.0, 109.9, 110.5]) == [2]


def test_a_trailing_stop_follows_the_best_close():
    assert seen(long_at(100.0, Guards(trailing_stop=0.1)), [120.0, 109.0, 108.0]) == [2]
    assert seen(long_at(100.0, Guards(trailing_stop=0.1), quantity=-1.0), [80.0, 87.9, 88.1]) == [2]


def test_a_profit_is_taken_once_it_is_there():
    assert seen(long_at(100.0, Guards(take_profit=0.2)), [119.9, 120.0]) == [1]
    assert seen(long_at(100.0, Guards(take_profit=0.2), quantity=-1.0), [81.0, 79.9]) == [1]


def test_time_is_counted_in_closes_and_a_symbol_without_one_waits():
    assert seen(long_at(100.0, Guards(time_stop=3)), [100.0, 100.0, math.nan, 100.0]) == [3]


def test_the_symbol_stays_out_until_the_wish_for_it_has_changed():
    watch = long_at(100.0, Guards(stop_loss=0.1))
    assert watch.close({"A": 80.0}, {"A": 0.5, "B": 0.5}) == {"A": 0.0, "B": 0.5}
    watch.fill("A", held=10.0, quantity=-10.0, price=80.0)
    assert watch.close({"A": 200.0}, {"A": 0.9, "B": 0.1}) == {"A": 0.0, "B": 0.1}  # the same wish: still out
    assert watch.close({"A": 200.0}, None) is None
    assert watch.close({"A": 200.0}, {"A": 0.0, "B": 1.0}) == {"A": 0.0, "B": 1.0}  # it changed
    assert watch.close({"A": 200.0}, {"A": 0.7, "B": 0.3}) == {"A": 0.7, "B": 0.3}


def test_a_wish_for_the_other_side_is_followed_at_once():
    watch = long_at(100.0, Guards(stop_loss=0.1))
    assert watch.close({"A": 80.0}, {"A": -0.5}) == {"A": -0.5}
    assert watch.out == {}


def test_additions_average_the_entry_and_reductions_leave_it():
    watch = long_at(100.0, Guards(stop_loss=0.1))
    watch.fill("A", held=10.0, quantity=10.0, price=110.0)
    assert watch.stances["A"].entry == 105.0
    watch.fill("A", held=20.0, quantity=-15.0, price=50.0)
    assert watch.stances["A"].entry == 105.0
    watch.fill("A", held=5.0, quantity=-8.0, price=70.0)
    assert watch.stances["A"] == (-1.0, 70.0, 70.0, 0)  # turned: a position of its own
    watch.fill("A", held=-3.0, quantity=3.0, price=70.0)
    assert watch.stances == {}


def test_a_split_is_no_loss():
    watch = long_at(100.0, Guards(stop_loss=0.1, trailing_stop=0.1))
    watch.close({"A": 110.0}, None)
    watch.split({"A": 2.0}, {"A": 20.0})
    assert (watch.stances["A"].entry, watch.stances["A"].best) == (50.0, 55.0)
    assert seen(watch, [50.0, 49.4]) == [1]
    watch.split({"A": 0.01}, {})  # reverse split into nothing
    assert watch.stances == {}


@pytest.mark.parametrize("held", [10.0, -10.0])
def test_a_position_that_could_not_be_closed_is_still_to_be_closed_at_the_next(held):
    watch = long_at(100.0, Guards(stop_loss=0.1), quantity=held)
    watch.close({"A": 80.0 if held > 0.0 else 120.0}, None)
    watch.close({"A": 100.0}, None)  # no fill between
    assert set(watch.out) == {"A"}
