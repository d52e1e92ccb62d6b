import numpy as np
import pandas as pd
import pytest

from framework.errors import DataError
from framework.statistics import bootstrap_interval, moments, sharpe_interval, sharpe_standard_error


def annual_sharpes(resamples: np.ndarray) -> np.ndarray:
    return resamples.mean(axis=1) / resamples.std(axis=1, ddof=1) * np.sqrt(252)


@pytest.mark.parametrize("block_length", [1.0, 15.0])
def test_the_interval_has_the_law_of_the_resamples_written_out(returns, block_length):
    fast = sharpe_interval(returns, periods_per_year=252, block_length=block_length)
    slow = bootstrap_interval(returns, annual_sharpes, resamples=10_000, block_length=block_length)
    width = slow.high - slow.low  # a bound's own error is about one per cent of it
    assert fast.low == pytest.approx(slow.low, abs=0.04 * width)
    assert fast.high == pytest.approx(slow.high, abs=0.04 * width)


def test_a_seed_gives_one_answer_and_another_seed_another(returns):
    first = sharpe_interval(returns, periods_per_year=252, seed=3)
    assert sharpe_interval(returns, periods_per_year=252, seed=3) == first
    assert sharpe_interval(returns, periods_per_year=252, seed=4) != first
    assert sharpe_interval(7.0 * returns, periods_per_year=252, seed=3).low == pytest.approx(
        first.low, rel=1e-9
    )
    assert sharpe_interval(returns, periods_per_year=1, seed=3).low == pytest.approx(
        first.low / 252**0.5, rel=1e-12
    )


def test_what_has_no_interval_is_refused(returns):
    flat_but_once = pd.Series([0.001] * 299 + [-0.001])  # a third of the resamples miss the only move
    with pytest.raises(DataError, match="all the same"):
        sharpe_interval(flat_but_once, periods_per_year=252)
    with pytest.raises(DataError, match="all the same"):
        sharpe_interval(flat_but_once[:200], periods_per_year=252)
    with pytest.raises(DataError, match="seed is -1"):
        sharpe_interval(returns, periods_per_year=252, seed=-1)
    with pytest.raises(DataError, match="20 resamples"):
        sharpe_interval(returns, periods_per_year=252, resamples=20)
    with pytest.raises(DataError, match="at least 8"):
        sharpe_interval(returns[:7], periods_per_year=252)


def test_without_lags_the_error_is_that_of_the_probabilistic_sharpe_ratio(returns):
    sample = moments(returns)
    sharpe = sample.sharpe * np.sqrt(1_500 / 1_499)  # that formula's own deviation divides by n
    variance = 1.0 - sample.skewness * sharpe + (sample.kurtosis - 1.0) / 4.0 * sharpe**2
    assert sharpe_standard_error(returns, periods_per_year=1, lags=0) == pytest.approx(
        np.sqrt(variance / 1_500), rel=1e-12
    )


@pytest.mark.parametrize("lags", [0, 1, 5, 40])
def test_with_lags_it_is_newey_and_wests(returns, lags):
    from statsmodels.regression.linear_model import OLS

    z = (returns / returns.std(ddof=0) - returns.mean() / returns.std(ddof=0)).to_numpy()
    influence = z - returns.mean() / returns.std(ddof=0) / 2.0 * (z**2 - 1.0)
    peer = OLS(influence, np.ones(len(z))).fit(cov_type="HAC", cov_kwds={"maxlags": lags})
    found = sharpe_standard_error(returns, periods_per_year=252, lags=lags)
    assert found == pytest.approx(peer.bse[0] * np.sqrt(252), rel=1e-9)


def test_momentum_in_returns_widens_the_error_as_lo_says():
    shocks = np.random.Generator(np.random.PCG64(2)).normal(0.0005, 0.01, 5_001)
    plain, trending = pd.Series(shocks[1:]), pd.Series(shocks[1:] + shocks[:-1])
    independent = sharpe_standard_error(plain, periods_per_year=252, lags=0)
    assert independent == pytest.approx(np.sqrt(252 / 5_000), rel=0.03)
    # a moving average of two: long-run variance 4, variance 2
    wider = sharpe_standard_error(trending, periods_per_year=252, lags=30)
    assert wider / independent == pytest.approx(np.sqrt(2.0), rel=0.06)


def test_an_error_that_does_not_exist_is_refused_or_nan(returns):
    assert np.isnan(sharpe_standard_error(returns * 0.0 + 0.1, periods_per_year=252))
    assert sharpe_standard_error(returns, periods_per_year=252) == sharpe_standard_error(
        returns, periods_per_year=252, lags=7
    )
    for lags in (-1, 1_500):
        with pytest.raises(DataError, match=f"{lags} lags"):
            sharpe_standard_error(returns, periods_per_year=252, lags=lags)
