import numpy as np
import pandas as pd
import pytest

from framework.errors import DataError
from framework.statistics import plateau
from framework.statistics.plateau import best_cell


def grid(values) -> pd.DataFrame:
    table = pd.DataFrame(values, dtype="f8")
    return table.rename_axis(index="fast", columns="slow")


def test_means_of_neighbours_by_hand():
    found = plateau(grid([[1, 2, 3], [4, 5, 6], [7, 8, 9]]))
    assert found.to_numpy() == pytest.approx(np.array([[3, 3.5, 4], [4.5, 5, 5.5], [6, 6.5, 7]]))


def test_pairs_that_are_not_admissible_count_for_nothing():
    found = plateau(grid([[np.nan, 2], [4, 6]]))
    assert np.isnan(found.iloc[0, 0])
    assert found.iloc[1, 1] == found.iloc[0, 1] == 4.0


def test_a_spike_is_passed_over_for_a_plateau():
    scores = grid(np.zeros((9, 9)))
    scores.iloc[1, 1] = 3.0
    scores.iloc[5:8, 4:7] = 1.0
    assert best_cell(scores) == (1, 1)
    assert best_cell(plateau(scores)) == (6, 5)


def test_what_is_not_a_grid_is_refused():
    with pytest.raises(DataError, match="1 rows"):
        plateau(grid([[1, 2, 3]]))
    with pytest.raises(DataError, match="ascending"):
        plateau(grid([[1, 2], [3, 4]])[::-1])
    with pytest.raises(DataError, match="1 scores are infinite"):
        plateau(grid([[1, np.inf], [3, 4]]))
    with pytest.raises(DataError, match="4 missing"):
        plateau(grid([[np.nan, np.nan], [np.nan, np.nan]]))
