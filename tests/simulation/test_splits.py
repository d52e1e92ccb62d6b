from itertools import combinations
from math import comb

import numpy as np
import pytest

from framework.errors import SpecError
from framework.simulation.splits import combinatorial_splits, walk_forward_splits


def rows_of(split) -> tuple[list[int], list[list[int]]]:
    return split.train.tolist(), [test.tolist() for test in split.tests]


def test_rolling_windows_by_hand():
    found = [rows_of(split) for split in walk_forward_splits(11, train=4, test=3)]
    assert found == [
        ([0, 1, 2, 3], [[4, 5, 6]]),
        ([3, 4, 5, 6], [[7, 8, 9]]),
        ([6, 7, 8, 9], [[10]]),  # the last test takes what is left
    ]


def test_anchored_windows_with_a_purge_by_hand():
    found = [rows_of(split) for split in walk_forward_splits(10, train=4, test=3, anchored=True, purge=2)]
    assert found == [([0, 1, 2, 3], [[6, 7, 8]]), ([0, 1, 2, 3, 4, 5, 6], [[9]])]


@pytest.mark.parametrize("anchored", [False, True])
@pytest.mark.parametrize("purge", [0, 5])
def test_tests_follow_one_another_and_training_keeps_its_distance(anchored, purge):
    splits = walk_forward_splits(503, train=100, test=40, anchored=anchored, purge=purge)
    tested = np.concatenate([split.tests[0] for split in splits])
    assert np.array_equal(tested, np.arange(100 + purge, 503))
    for split in splits:
        assert split.tests[0][0] - split.train[-1] == purge + 1
        assert split.train[0] == (0 if anchored else split.tests[0][0] - purge - 100)


@pytest.mark.parametrize(("folds", "test_folds"), [(5, 2), (6, 3), (10, 2)])
def test_every_way_is_there_and_each_path_covers_every_period_once(folds, test_folds):
    splits = combinatorial_splits(203, folds=folds, test_folds=test_folds)
    assert len(splits) == comb(folds, test_folds)
    firsts = {tuple(int(test[0]) for test in split.tests) for split in splits}
    assert firsts == set(combinations([fold * (203 // folds) for fold in range(folds)], test_folds))
    paths = comb(folds, test_folds) * test_folds // folds
    for path in range(paths):
        pieces = [
            test
            for split in splits
            for test, own in zip(split.tests, split.paths, strict=True)
            if own == path
        ]
        assert np.array_equal(np.sort(np.concatenate(pieces)), np.arange(203))


@pytest.mark.parametrize(("purge", "embargo"), [(0, 0), (3, 0), (0, 4), (3, 4)])
def test_purge_and_embargo_leave_exactly_the_rows_near_a_test_out(purge, embargo):
    for split in combinatorial_splits(120, folds=6, test_folds=2, purge=purge, embargo=embargo):
        tested = set(np.concatenate(split.tests).tolist())
        near = {
            row
            for row in range(120)
            if any(row + ahead in tested for ahead in range(1, purge + 1))
            or any(row - back in tested for back in range(1, purge + embargo + 1))
        }
        assert set(split.train.tolist()) == set(range(120)) - tested - near


def test_sizes_that_do_not_fit_are_refused():
    for sizes in ({"train": 0, "test": 5}, {"train": 5, "test": 0}, {"train": 5, "test": 5, "purge": -1}):
        with pytest.raises(SpecError, match="rows to train"):
            walk_forward_splits(100, **sizes)
    with pytest.raises(SpecError, match="of 100"):
        walk_forward_splits(100, train=98, test=5, purge=2)
    assert len(walk_forward_splits(100, train=97, test=5, purge=2)) == 1
    for sizes in ({"folds": 2}, {"test_folds": 1}, {"folds": 5, "test_folds": 5}, {"embargo": -1}):
        with pytest.raises(SpecError, match="folds, a purge"):
            combinatorial_splits(1_000, **sizes)
    with pytest.raises(SpecError, match="10 a fold"):
        combinatorial_splits(100, purge=5, embargo=4)
    assert len(combinatorial_splits(100, purge=4, embargo=4)) == 45
