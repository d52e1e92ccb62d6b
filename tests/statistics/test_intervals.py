import numpy as np
import pandas as pd
import pytest

from framework.statistics import (
    alpha,
    annual_volatility,
    beta,
    cagr,
    calmar_ratio,
    correlation,
    expected_shortfall,
    hit_rate,
    max_drawdown,
    profit_factor,
    sharpe_ratio,
    simple_returns,
    sortino_ratio,
    total_return,
    value_at_risk,
)
from framework.statistics.bootstrap import percentile_interval, resampled_rows
from framework.statistics.intervals import RESAMPLES, track_block_length, track_intervals
from framework.statistics.returns import compounded
from framework.statistics.track import Track

CASH = 0.02


def track_of(worth: pd.Series, benchmark: pd.Series | None = None) -> Track:
    return Track(
        worth=worth,
        benchmark=benchmark,
        costs_usd=None,
        turnover=None,
        exposure=None,
        periods_per_year=252.0,
        risk_free_per_year=CASH,
    )


ON_WORTH = {
    "total_return": total_return,
    "cagr": cagr,
    "calmar_ratio": calmar_ratio,
    "max_drawdown": max_drawdown,
    "monthly_hit_rate": lambda worth: hit_rate(compounded(worth, "M")),
}
ON_RETURNS = {
    "annual_volatility": lambda r: annual_volatility(r, periods_per_year=252),
    "sharpe_ratio": lambda r: sharpe_ratio(r - CASH / 252, periods_per_year=252),
    "sortino_ratio": lambda r: sortino_ratio(r - CASH / 252, periods_per_year=252),
    "profit_factor": profit_factor,
    "value_at_risk": value_at_risk,
    "expected_shortfall": expected_shortfall,
}
ON_BOTH = {
    "beta": lambda r, b: beta(r - CASH / 252, b - CASH / 252),
    "alpha": lambda r, b: alpha(r - CASH / 252, b - CASH / 252, periods_per_year=252),
    "correlation": correlation,
}


def test_every_interval_is_that_of_the_published_function_itself(worth, benchmark):
    # the fast batch formulas against the plain functions, a resample at a time, on the same rows
    worth, benchmark = worth[:401], benchmark[:401]
    track = track_of(worth, benchmark)
    plain: dict[str, list[float]] = {key: [] for key in (*ON_WORTH, *ON_RETURNS, *ON_BOTH)}
    ours, theirs = simple_returns(worth), simple_returns(benchmark)
    chunks = resampled_rows(400, block_length=track_block_length(track), resamples=RESAMPLES, seed=9)
    for row in np.concatenate(list(chunks)):
        r, b = (pd.Series(s.to_numpy()[row], index=s.index) for s in (ours, theirs))
        path = pd.Series(np.concatenate(([1.0], np.cumprod(1.0 + r.to_numpy()))), index=worth.index)
        for key, statistic in ON_WORTH.items():
            plain[key].append(statistic(path))
        for key, statistic in ON_RETURNS.items():
            plain[key].append(statistic(r))
        for key, statistic in ON_BOTH.items():
            plain[key].append(statistic(r, b))
    intervals = track_intervals(track, seed=9)
    assert intervals.keys() == plain.keys()
    for key, draws in plain.items():
        expected = percentile_interval(np.array(draws))
        assert (intervals[key].low, intervals[key].high) == pytest.approx(
            (expected.low, expected.high), rel=1e-9, abs=1e-12
        ), key


def test_few_returns_have_no_intervals(worth):
    assert track_intervals(track_of(worth[:60]), seed=0) == {}
    assert "total_return" in track_intervals(track_of(worth[:61]), seed=0)


def test_a_statistic_that_some_resample_lacks_has_no_interval(worth_of):
    moves = np.full(300, 0.001)
    moves[150] = -0.001  # some resamples miss the only loss
    intervals = track_intervals(track_of(worth_of(moves)), seed=0)
    assert "total_return" in intervals
    assert "profit_factor" not in intervals
    assert "calmar_ratio" not in intervals


def test_without_a_benchmark_there_is_no_beta(worth):
    assert "beta" not in track_intervals(track_of(worth), seed=0)


def test_the_sharpe_interval_has_the_width_of_lo(worth):
    # Lo (2002): for independent returns the standard error of an annual Sharpe ratio is about 1 / sqrt(years)
    interval = track_intervals(track_of(worth), seed=1)["sharpe_ratio"]
    years = 1_500 / 252
    assert interval.high - interval.low == pytest.approx(2 * 1.96 / np.sqrt(years), rel=0.15)
