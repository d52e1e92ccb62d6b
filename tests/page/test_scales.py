"""Ticks are round and few; a thinned line covers the pixels of the full one."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.page.scales import Scale, date_ticks, round_ticks, thin


@given(
    low=st.floats(-1e9, 1e9, allow_nan=False),
    size=st.floats(1e-6, 1e9, allow_nan=False),
    most=st.integers(2, 8),
)
def test_ticks_hold_the_range_are_few_and_evenly_spaced(low, size, most):
    ticks = round_ticks(low, low + size, most=most)
    slack = (abs(low) + size) * 1e-6
    assert ticks[0] <= low + slack
    assert ticks[-1] >= low + size - slack
    assert 2 <= len(ticks) <= most + 2
    assert np.allclose(np.diff(ticks), ticks[1] - ticks[0], rtol=1e-6, atol=slack)


def test_ticks_are_the_round_numbers_that_a_person_would_choose():
    assert round_ticks(100_000.0, 843_000.0) == (0.0, 200_000.0, 400_000.0, 600_000.0, 800_000.0, 1_000_000.0)
    assert round_ticks(-0.43, 0.0, most=3) == (-0.6, -0.4, -0.2, 0.0)


def test_a_flat_line_still_has_an_axis():
    ticks = round_ticks(100_000.0, 100_000.0)
    assert ticks[0] < 100_000.0 < ticks[-1]


@pytest.mark.parametrize(
    ("first", "last", "labels"),
    [
        ("1990-01-02", "2022-12-28", ("1995", "2000", "2005", "2010", "2015", "2020")),
        (
            "2022-01-10",
            "2022-07-11",
            ("Feb 2022", "Mar 2022", "Apr 2022", "May 2022", "Jun 2022", "Jul 2022"),
        ),
        ("2022-12-22", "2022-12-27", ("22 Dec", "23 Dec", "26 Dec", "27 Dec")),
        ("2022-12-21", "2022-12-21", ("21 Dec",)),
    ],
)
def test_dates_are_labelled_by_what_the_span_can_bear_and_never_a_weekend(first, last, labels):
    ticks = date_ticks(pd.bdate_range(first, last))
    assert tuple(label for _, label in ticks) == labels
    assert all(pd.Timestamp(first) <= when <= pd.Timestamp(last) for when, _ in ticks)


@given(sessions=st.integers(1, 25_000))
def test_no_span_has_more_than_eight_dates_or_none_at_all(sessions):
    assert 1 <= len(date_ticks(pd.bdate_range("1926-07-01", periods=sessions))) <= 8


@given(st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=400), st.integers(1, 60))
def test_thinning_keeps_the_ends_and_each_columns_lowest_and_highest(values, columns):
    y = np.array(values)
    x = np.linspace(0.0, columns, len(y))
    xs, ys = thin(x, y)
    assert (xs[0], ys[0], xs[-1], ys[-1]) == (x[0], y[0], x[-1], y[-1])
    assert len(xs) <= 4 * (columns + 1)
    for column in np.unique(np.floor(x)):
        whole, kept = y[np.floor(x) == column], ys[np.floor(xs) == column]
        assert (whole.min(), whole.max()) == (kept.min(), kept.max())


def test_a_scale_maps_its_ends_onto_the_drawings_ends():
    scale = Scale(0.0, 10.0, 200.0, 0.0)
    assert (scale(0.0), scale(10.0), scale(2.5)) == (200.0, 0.0, 150.0)
    assert scale.places(pd.Series([0.0, 10.0])).tolist() == [200.0, 0.0]
