import empyrical
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from framework.errors import DataError
from framework.statistics import alpha, beta, correlation, regress
from framework.statistics.benchmark import aligned_benchmark


def test_a_line_is_found_by_hand():
    benchmark = pd.Series([0.01, -0.01, 0.02, -0.02])
    noise = pd.Series([0.001, 0.001, -0.001, -0.001])  # orthogonal to the benchmark and to the mean
    strategy = 0.0005 + 1.5 * benchmark + noise
    assert beta(strategy, benchmark) == pytest.approx(1.5, rel=1e-13)
    assert alpha(strategy, benchmark, periods_per_year=252) == pytest.approx(0.126, rel=1e-12)
    assert correlation(strategy, benchmark) == pytest.approx(
        np.sqrt(1.5**2 * 1e-3 / (1.5**2 * 1e-3 + 4e-6)), rel=1e-12
    )


def test_estimates_and_hac_t_statistics_agree_with_statsmodels(returns, benchmark_returns):
    ours = regress(returns, benchmark_returns)
    fit = sm.OLS(returns.to_numpy(), sm.add_constant(benchmark_returns.to_numpy())).fit(
        cov_type="HAC", cov_kwds={"maxlags": ours.lags}
    )
    assert ours.lags == 7  # floor(4 * 15 ** (2 / 9)) for 1,500 returns
    assert (ours.alpha, ours.beta) == pytest.approx(tuple(fit.params), rel=1e-10)
    assert (ours.alpha_t, ours.beta_t) == pytest.approx(tuple(fit.tvalues), rel=1e-9)
    assert ours.beta_t > 10


def test_the_correlations_t_is_that_of_the_plain_slope(returns, benchmark_returns):
    plain = sm.OLS(returns.to_numpy(), sm.add_constant(benchmark_returns.to_numpy())).fit()
    assert regress(returns, benchmark_returns).correlation_t == pytest.approx(plain.tvalues[1], rel=1e-10)


def test_beta_agrees_with_empyrical(returns, benchmark_returns):
    assert beta(returns, benchmark_returns) == pytest.approx(
        empyrical.beta(returns, benchmark_returns), rel=1e-10
    )


def test_a_strategy_is_its_own_benchmark_with_beta_one_and_no_t_statistic(returns):
    same = regress(returns, returns)
    assert (same.beta, same.correlation) == pytest.approx((1.0, 1.0), abs=1e-14)
    assert same.alpha == pytest.approx(0.0, abs=1e-16)
    assert np.isnan([same.alpha_t, same.beta_t, same.correlation_t]).all()


def test_the_opposite_bet_has_the_opposite_line(returns, benchmark_returns):
    there, back = regress(returns, benchmark_returns), regress(-returns, benchmark_returns)
    assert (back.alpha, back.beta, back.correlation) == pytest.approx(
        (-there.alpha, -there.beta, -there.correlation), rel=1e-12
    )
    assert (back.alpha_t, back.beta_t) == pytest.approx((-there.alpha_t, -there.beta_t), rel=1e-9)


def test_a_flat_series_has_no_line(returns):
    flat = pd.Series(0.0, index=returns.index)
    assert np.isnan(regress(returns, flat).beta)
    assert np.isnan(regress(flat, returns).correlation)


def test_returns_of_other_sessions_are_refused(returns, benchmark_returns):
    with pytest.raises(DataError, match="other sessions"):
        regress(returns, benchmark_returns[1:])
    with pytest.raises(DataError, match="at least 3"):
        regress(returns[:2], benchmark_returns[:2])


def test_a_benchmark_with_a_gap_is_refused_and_not_filled(worth, benchmark):
    # the "benchmark that vanishes" complaint
    sessions = pd.DatetimeIndex(worth.index)
    with pytest.raises(DataError, match=r"no price at 2015-01-08 \(2 of 1501 sessions\)"):
        aligned_benchmark(benchmark.drop(benchmark.index[[4, 9]]), sessions)
    assert aligned_benchmark(benchmark, sessions[10:20]).index.equals(sessions[10:20])


def test_a_benchmark_price_that_is_missing_is_refused(worth, benchmark):
    holed = benchmark.copy()
    holed.iloc[5] = np.nan
    with pytest.raises(DataError, match="is nan"):
        aligned_benchmark(holed, pd.DatetimeIndex(worth.index))
