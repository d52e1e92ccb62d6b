"""Grids, conditions and draws."""

import numpy as np
import pytest

from framework.errors import SpecError
from framework.simulation.grid import combinations


def test_the_last_name_varies_fastest():
    assert combinations({"a": [1, 2], "b": "xy"}) == [
        {"a": 1, "b": "x"},
        {"a": 1, "b": "y"},
        {"a": 2, "b": "x"},
        {"a": 2, "b": "y"},
    ]


def test_a_condition_admits_by_name():
    pairs = combinations({"fast": range(2, 101), "slow": range(2, 101)}, where=lambda fast, slow: fast < slow)
    assert len(pairs) == 99 * 98 // 2 == 4_851


def test_numbers_of_numpy_become_plain_ones():
    (one,) = combinations({"a": np.array([3])})
    assert type(one["a"]) is int


def test_a_draw_is_seeded_keeps_the_grids_order_and_repeats_nothing():
    grid = {"a": range(100), "b": range(100)}
    drawn = combinations(grid, samples=500, seed=7)
    keys = [(one["a"], one["b"]) for one in drawn]
    assert keys == sorted(set(keys))
    assert len(keys) == 500
    assert drawn == combinations(grid, samples=500, seed=7) != combinations(grid, samples=500, seed=8)


def test_a_draw_of_more_than_there_are_is_all_of_them():
    assert len(combinations({"a": range(5)}, samples=50)) == 5


@pytest.mark.parametrize("grid", [{}, {"a": []}, {"a": [1, 1]}])
def test_a_grid_without_combinations_or_with_one_twice_is_refused(grid):
    with pytest.raises(SpecError):
        combinations(grid)


def test_a_condition_that_denies_everything_is_named():
    with pytest.raises(SpecError, match="None of the grid's 2 combinations"):
        combinations({"a": [1, 2]}, where=lambda a: a > 2)


def test_a_draw_of_nothing_is_refused():
    with pytest.raises(SpecError, match="0 samples"):
        combinations({"a": [1]}, samples=0)
