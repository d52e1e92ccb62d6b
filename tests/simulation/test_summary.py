import numpy as np
import pytest

from framework.simulation.metrics import measure
from framework.simulation.summary import figures_of
from framework.simulation.sweep import Figures


def test_figures_are_those_of_the_worth_path():
    returns = np.random.default_rng(0).normal(1e-4, 0.01, 2_000)
    worth = 500.0 * np.concatenate([[1.0], (1.0 + returns).cumprod()])
    powers = [(returns**power).sum() for power in (1, 2, 3, 4)]
    deepest = (worth / np.maximum.accumulate(worth)).min()
    state = np.array([0.0, worth[-1], worth[-1], worth.max(), deepest, *powers, 7.0, 8.0, 9.0])
    found = Figures(*figures_of(state, sessions=2_001, capital=500.0))
    expected = measure(worth, 0.0)
    for name in ("total_return", "sharpe", "volatility", "skewness", "kurtosis", "max_drawdown"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-10)
    assert found[6:] == (7.0, 8.0, 9.0)


def test_an_account_that_stood_still_has_no_ratio_and_a_ruined_one_nothing():
    still, ruined = [0.0, 5.0, 5.0, 5.0, 1.0, *[0.0] * 7], [1.0, -6.0, -1.0, 5.0, -0.2, *[0.1] * 7]
    table = figures_of(np.array([still, ruined]), sessions=100, capital=5.0)
    np.testing.assert_array_equal(table[0], [0.0, np.nan, 0.0, np.nan, np.nan, 0.0, 0.0, 0.0, 0.0])
    assert np.isnan(table[1]).all()
