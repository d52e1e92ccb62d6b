import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.errors import DataError
from framework.statistics import (
    adjusted_sharpe_ratio,
    deflated_sharpe_ratio,
    expected_maximum_sharpe,
    minimum_backtest_length,
    minimum_track_record_length,
    moments,
    probabilistic_sharpe_ratio,
)

DAILY = math.sqrt(250.0)


def test_the_published_deflated_sharpe_ratio():
    # Bailey and Lopez de Prado (2014), numerical example: SR 2.5 a year of 250 days, variance of the trials' 0.5
    # a year, 100 trials, 1,250 days, skewness -3, kurtosis 10. The paper rounds to SR0 0.1132 and DSR 0.9004.
    variance = 0.5 / 250.0
    assert expected_maximum_sharpe(100, trials_variance=variance) == pytest.approx(0.1131720, abs=5e-8)
    deflated = deflated_sharpe_ratio(
        2.5 / DAILY, trials=100, trials_variance=variance, observations=1250, skewness=-3, kurtosis=10
    )
    assert deflated == pytest.approx(0.9003968344, abs=5e-11)


def test_excess_kurtosis_is_refused_where_it_can_be_told():
    # peers that feed the excess (7 for 10) answer 0.9017785664 to the example above
    with pytest.raises(DataError, match=r"raw kurtosis \(3 for the normal\), not the excess"):
        deflated_sharpe_ratio(
            2.5 / DAILY, trials=100, trials_variance=0.002, observations=1250, skewness=-3, kurtosis=7
        )
    with pytest.raises(DataError, match="not the excess"):
        probabilistic_sharpe_ratio(0.1, benchmark=0.0, observations=100, skewness=0.0, kurtosis=0.0)


def test_the_published_probabilistic_sharpe_ratio():
    # Bailey and Lopez de Prado (2012): two years of months, annual SR 1.585, skewness -2.448, kurtosis 10.164
    probability = probabilistic_sharpe_ratio(
        1.585 / math.sqrt(12), benchmark=0.0, observations=24, skewness=-2.448, kurtosis=10.164
    )
    assert probability == pytest.approx(0.9132343069, abs=5e-11)


@pytest.mark.parametrize(("per_year", "years"), [(252, 2.73), (52, 2.83), (12, 3.24)])
def test_the_published_minimum_track_records(per_year, years):
    # Bailey and Lopez de Prado (2012): a true SR of 2 to be told from 1 at 95 %, daily, weekly and monthly
    root = math.sqrt(per_year)
    length = minimum_track_record_length(2 / root, benchmark=1 / root, skewness=0.0, kurtosis=3.0)
    assert length / per_year == pytest.approx(years, abs=0.005)


def test_the_published_minimum_backtest_length():
    # Bailey, Borwein, Lopez de Prado and Zhu (2014): five years allow no more than 45 trials for a Sharpe ratio of 1
    assert minimum_backtest_length(45, target_sharpe=1.0) == pytest.approx(5.0, abs=0.03)
    assert minimum_backtest_length(45, target_sharpe=2.0) == pytest.approx(
        minimum_backtest_length(45, target_sharpe=1.0) / 4.0, rel=1e-14
    )


def test_a_track_record_of_the_minimum_length_reaches_its_confidence():
    shape = {"skewness": -0.7, "kurtosis": 6.0}
    length = minimum_track_record_length(0.1, benchmark=0.02, confidence=0.9, **shape)
    before = probabilistic_sharpe_ratio(0.1, benchmark=0.02, observations=math.floor(length), **shape)
    after = probabilistic_sharpe_ratio(0.1, benchmark=0.02, observations=math.ceil(length), **shape)
    assert before < 0.9 <= after


def test_no_record_is_long_enough_for_a_sharpe_ratio_that_is_not_better():
    assert minimum_track_record_length(0.1, benchmark=0.1, skewness=0.0, kurtosis=3.0) == math.inf


def test_a_single_trial_is_not_deflated():
    shape = {"observations": 500, "skewness": 0.1, "kurtosis": 4.0}
    assert deflated_sharpe_ratio(
        0.05, trials=1, trials_variance=float("nan"), **shape
    ) == probabilistic_sharpe_ratio(0.05, benchmark=0.0, **shape)


@pytest.mark.parametrize("trials", [10, 100, 1000])
def test_the_expected_maximum_is_that_of_simulated_luck(trials):
    generator = np.random.Generator(np.random.PCG64(7))
    best = generator.normal(0.0, 0.03, (4_000, trials)).max(axis=1).mean()
    assert expected_maximum_sharpe(trials, trials_variance=0.03**2) == pytest.approx(best, rel=0.04)


@given(st.integers(2, 10_000), st.floats(0.0001, 0.01))
def test_more_trials_and_more_variance_never_help(trials, variance):
    shape = {"observations": 1000, "skewness": -0.5, "kurtosis": 5.0}
    deflated = deflated_sharpe_ratio(0.08, trials=trials, trials_variance=variance, **shape)
    assert 0.0 <= deflated <= 1.0
    assert deflated_sharpe_ratio(0.08, trials=2 * trials, trials_variance=variance, **shape) <= deflated
    assert deflated_sharpe_ratio(0.08, trials=trials, trials_variance=2 * variance, **shape) <= deflated


@given(st.floats(-0.3, 0.3), st.integers(2, 5_000))
def test_a_sharpe_ratio_and_its_opposite_share_the_probability_under_normality(sharpe, observations):
    def probability(value: float) -> float:
        return probabilistic_sharpe_ratio(
            value, benchmark=0.0, observations=observations, skewness=0.0, kurtosis=3.0
        )

    assert probability(sharpe) + probability(-sharpe) == pytest.approx(1.0, abs=1e-12)


def test_moments_by_hand_are_raw_and_per_period():
    # -1, 0, 0, 1 per cent: m2 = 0.5e-4, m4 = 0.5e-8, kurtosis 0.5 / 0.25 = 2; skewness 0
    sample = moments(pd.Series([-0.01, 0.0, 0.0, 0.01]) + 0.005)
    assert sample.kurtosis == pytest.approx(2.0, rel=1e-12)
    assert sample.skewness == pytest.approx(0.0, abs=1e-12)
    assert sample.sharpe == pytest.approx(0.005 / math.sqrt(0.0002 / 3), rel=1e-12)
    assert sample.observations == 4


def test_moments_agree_with_scipy(returns):
    from scipy import stats

    sample = moments(returns)
    assert sample.skewness == pytest.approx(stats.skew(returns), rel=1e-10)
    assert sample.kurtosis == pytest.approx(stats.kurtosis(returns, fisher=False), rel=1e-10)


def test_flat_returns_have_no_moments_and_cannot_be_tested():
    flat = moments(pd.Series([0.01] * 10))
    assert math.isnan(flat.sharpe)
    assert flat.observations == 10
    with pytest.raises(DataError, match="All three are finite"):
        probabilistic_sharpe_ratio(
            flat.sharpe, benchmark=0.0, observations=10, skewness=flat.skewness, kurtosis=flat.kurtosis
        )


def test_the_adjusted_sharpe_ratio_by_hand():
    # 0.2 * (1 + (-1.5 / 6) * 0.2 - (7.5 - 3) / 24 * 0.04) = 0.2 * 0.9425
    assert adjusted_sharpe_ratio(0.2, skewness=-1.5, kurtosis=7.5) == pytest.approx(0.1885, rel=1e-14)
    assert adjusted_sharpe_ratio(0.2, skewness=0.0, kurtosis=3.0) == 0.2


def test_impossible_requests_are_refused():
    shape = {"skewness": 0.0, "kurtosis": 3.0}
    with pytest.raises(DataError, match="1 observations"):
        probabilistic_sharpe_ratio(0.1, benchmark=0.0, observations=1, **shape)
    with pytest.raises(DataError, match="benchmark is nan"):
        probabilistic_sharpe_ratio(0.1, benchmark=math.nan, observations=10, **shape)
    with pytest.raises(DataError, match="0 trials"):
        expected_maximum_sharpe(0, trials_variance=0.1)
    with pytest.raises(DataError, match=r"-0\.1"):
        expected_maximum_sharpe(5, trials_variance=-0.1)
    for confidence in (0.5, 1.0, 95.0):
        with pytest.raises(DataError, match=f"confidence is {confidence}"):
            minimum_track_record_length(0.1, benchmark=0.0, confidence=confidence, **shape)
    with pytest.raises(DataError, match="two trials or more"):
        minimum_backtest_length(1, target_sharpe=1.0)
