"""Frames that nobody can write to, and the quick ways to their numbers."""

import numpy as np
import pandas as pd
import pytest

from framework.data.bars import Bars


@pytest.fixture
def bars():
    index = pd.DatetimeIndex(["2024-01-02", "2024-01-03"])
    return Bars(pd.DataFrame({"A": [1.0, 2.0], "B": [3.0, 4.0]}, index))


def test_a_table_is_the_frames_numbers_and_cannot_be_written_to(bars):
    np.testing.assert_array_equal(bars.table("close"), [[1.0, 3.0], [2.0, 4.0]])
    with pytest.raises(ValueError, match="read-only"):
        bars.table("close")[0, 0] = 9.0


def test_labels_are_the_frames_rows_and_columns(bars):
    rows, columns = bars.labels("close")
    assert rows.equals(bars.close.index)
    assert list(columns) == ["A", "B"]


def test_a_field_is_there_or_not(bars):
    assert bars.has("close")
    assert not bars.has("open")


def test_what_is_done_to_a_frame_stays_with_whoever_did_it(bars):
    mine = bars.close
    mine.iloc[0, 0] = 9.0
    assert bars.close.iloc[0, 0] == bars.table("close")[0, 0] == 1.0
