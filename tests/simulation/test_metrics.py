"""Compiled figures against framework.statistics, to one part in 1e12."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.simulation.metrics import measure
from framework.statistics.drawdown import max_drawdown
from framework.statistics.returns import total_return
from framework.statistics.significance import moments


def a_path(seed, sessions=600, volatility=0.01):
    rng = np.random.default_rng(seed)
    worth = 1e5 * np.exp(np.cumsum(rng.normal(2e-4, volatility, sessions)))
    return pd.Series(worth, pd.bdate_range("2015-01-01", periods=sessions))


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(3, 900),
    st.sampled_from([1e-4, 0.01, 0.2]),
    st.sampled_from([0.0, 1e-4]),
)
def test_they_are_the_statistics_rooms_figures(seed, sessions, volatility, cash_return):
    worth = a_path(seed, sessions, volatility)
    found = measure(worth.to_numpy(), cash_return)
    expected = moments(worth.pct_change().iloc[1:] - cash_return)
    noise = 1e-15 / volatility  # the mean may cancel: its rounding is relative to the returns
    assert found.sharpe == pytest.approx(expected.sharpe, rel=1e-12, abs=noise)
    assert found.skewness == pytest.approx(expected.skewness, rel=1e-12, abs=1e2 * noise)
    assert found.kurtosis == pytest.approx(expected.kurtosis, rel=1e-11)
    assert found.total_return == total_return(worth)
    assert found.max_drawdown == max_drawdown(worth)


def test_a_flat_path_has_no_sharpe_ratio():
    found = measure(np.full(10, 1e5), 0.0)
    assert np.isnan([found.sharpe, found.skewness, found.kurtosis]).all()
    assert (found.total_return, found.max_drawdown, found.volatility) == (0.0, 0.0, 0.0)


def test_steady_growth_is_flat_up_to_rounding():
    assert np.isnan(measure(1e5 * 1.001 ** np.arange(500), 0.0).sharpe)


def test_two_worths_are_one_return():
    found = measure(np.array([100.0, 90.0]), 0.0)
    assert (found.total_return, found.max_drawdown) == pytest.approx((-0.1, -0.1))
    assert np.isnan(found.sharpe)
