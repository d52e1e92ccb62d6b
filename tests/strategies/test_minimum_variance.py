import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from sklearn.covariance import LedoitWolf

from framework.data.bars import Bars
from framework.data.sources import find
from strategies.minimum_variance import STRATEGY, MinimumVariance


@pytest.fixture(scope="module")
def bars() -> Bars:
    return find("sample").bars(STRATEGY.universe, start="2005-01-03", end="2008-12-31")


def test_no_portfolio_that_a_general_optimiser_finds_moves_less(bars):
    returns = bars.close.pct_change().loc[:"2008-11-03"].iloc[-252:].to_numpy()
    covariance = LedoitWolf().fit(returns).covariance_
    ours = STRATEGY.weights(bars).at("2008-11-03").to_numpy()
    other = minimize(
        lambda weights: 1e4 * weights @ covariance @ weights,
        np.full(20, 0.05),
        jac=lambda weights: 2e4 * covariance @ weights,
        bounds=[(0.0, 1.0)] * 20,
        constraints={"type": "eq", "fun": lambda weights: weights.sum() - 1.0, "jac": np.ones_like},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    ).x
    assert ours @ covariance @ ours <= other @ covariance @ other * (1.0 + 1e-9)
    np.testing.assert_allclose(ours, other, atol=1e-4)


def test_two_uncorrelated_stocks_are_held_inversely_to_their_variance():
    """With equal variances shrinkage changes nothing but the off-diagonal, and that is zero."""
    signs = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]] * 3) * 0.01
    close = np.vstack([[100.0, 100.0], 100.0 * np.cumprod(1.0 + signs, axis=0)])
    frame = pd.DataFrame(close, index=pd.date_range("2020-01-31", periods=13, freq="ME"), columns=["A", "B"])
    wanted = MinimumVariance(universe=("A", "B"), lookback=12).weights(Bars(frame)).frame.iloc[-1]
    np.testing.assert_allclose(wanted, [0.5, 0.5], rtol=1e-12)


def test_it_is_long_only_and_fully_invested_once_warm(bars):
    decided = STRATEGY.weights(bars).frame.dropna()
    warm = decided.loc["2006-02-01":]
    assert (warm >= 0.0).all(axis=None)
    np.testing.assert_allclose(warm.sum(axis=1), 1.0, rtol=1e-12)
    assert (decided.loc[:"2005-12-31"] == 0.0).all(axis=None)


def test_it_did_move_less_than_equal_weights_out_of_sample(bars):
    held = STRATEGY.weights(bars).frame.ffill().shift(2).loc["2006-03-01":]
    returns = bars.close.pct_change().loc["2006-03-01":]
    assert (held * returns).sum(axis=1).std() < 0.85 * returns.mean(axis=1).std()


def test_a_stock_without_a_full_window_is_left_out(bars):
    close = bars.close.iloc[:400].copy()
    close.iloc[:300, 0] = np.nan
    wanted = STRATEGY.weights(Bars(close)).frame.dropna().iloc[-1]
    assert wanted.iloc[0] == 0.0
    assert wanted.sum() == pytest.approx(1.0)
