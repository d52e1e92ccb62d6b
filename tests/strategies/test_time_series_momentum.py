import numpy as np
import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.data.sources import find
from strategies.time_series_momentum import STRATEGY, TimeSeriesMomentum


def test_one_decision_against_the_papers_formula():
    """Equation 1 of the paper: the variance around the weighted mean, with weights (1 - d) d^i, d/(1 - d) = 60."""
    bars = find("sample").bars(STRATEGY.universe)
    row = int(bars.sessions.get_loc(pd.Timestamp("1998-06-01")))
    close = bars.close["KO"].to_numpy()[: row + 1]
    returns = close[1:] / close[:-1] - 1.0
    decay = 60.0 / 61.0
    weight = decay ** np.arange(len(returns))[::-1]
    weight /= weight.sum()
    mean = (weight * returns).sum()
    risk = np.sqrt((weight * (returns - mean) ** 2).sum() * 252)
    expected = np.sign(close[-1] / close[-253] - 1.0) * 0.40 / risk / 20
    wanted = STRATEGY.weights(bars).at("1998-06-01")
    assert wanted.abs().sum() < 2.0  # not scaled down in that month
    assert wanted["KO"] == pytest.approx(expected, rel=1e-12)


def test_it_goes_long_and_short_and_no_row_passes_its_gross_limit():
    decided = STRATEGY.weights(find("sample").bars(STRATEGY.universe)).frame.dropna()
    assert (decided > 0.0).any(axis=None)
    assert (decided < 0.0).any(axis=None)
    gross = decided.abs().sum(axis=1)
    assert gross.max() == pytest.approx(2.0)
    assert (gross < 1.99).any()


def test_scaling_down_keeps_the_proportions():
    bars = find("sample").bars(STRATEGY.universe, end="1999-12-31")
    tight = TimeSeriesMomentum(max_gross=0.5).weights(bars).frame.dropna().iloc[-1]
    loose = TimeSeriesMomentum(max_gross=50.0).weights(bars).frame.dropna().iloc[-1]
    np.testing.assert_allclose(tight / tight.abs().sum(), loose / loose.abs().sum(), rtol=1e-12)
    assert tight.abs().sum() == pytest.approx(0.5)


def test_a_price_that_never_moves_is_not_owned():
    months = pd.date_range("2020-01-31", periods=6, freq="ME")
    close = pd.DataFrame({"A": [10.0] * 6, "B": [10.0, 11.0, 10.0, 12.0, 11.0, 13.0]}, index=months)
    wanted = TimeSeriesMomentum(universe=("A", "B"), lookback=3).weights(Bars(close)).frame
    assert (wanted["A"] == 0.0).all()
    assert wanted["B"].iloc[-1] > 0.0
