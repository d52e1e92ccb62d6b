import math

import empyrical
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from framework.errors import DataError
from framework.statistics import (
    annual_volatility,
    cagr,
    calmar_ratio,
    downside_deviation,
    kappa_ratio,
    martin_ratio,
    max_drawdown,
    omega_ratio,
    pain_ratio,
    sharpe_ratio,
    sortino_ratio,
    tail_ratio,
)

BY_HAND = pd.Series([0.02, -0.01, 0.03, -0.02])  # mean 0.005, sum of squared deviations 0.0017

moves = hnp.arrays("f8", st.integers(3, 60), elements=st.floats(-0.3, 0.4)).filter(
    lambda values: np.ptp(values) > 1e-3
)


def test_volatility_and_sharpe_by_hand():
    deviation = math.sqrt(0.0017 / 3)
    assert annual_volatility(BY_HAND, periods_per_year=4) == pytest.approx(2 * deviation, rel=1e-14)
    assert sharpe_ratio(BY_HAND, periods_per_year=1) == pytest.approx(0.005 / deviation, rel=1e-14)
    assert sharpe_ratio(BY_HAND, periods_per_year=252) == pytest.approx(
        0.005 / deviation * math.sqrt(252), rel=1e-14
    )


def test_sortino_by_hand_divides_the_shortfalls_by_all_periods():
    downside = math.sqrt((0.0001 + 0.0004) / 4)  # not over the two losing periods
    assert downside_deviation(BY_HAND, periods_per_year=1) == pytest.approx(downside, rel=1e-14)
    assert sortino_ratio(BY_HAND, periods_per_year=12) == pytest.approx(
        0.005 / downside * math.sqrt(12), rel=1e-14
    )
    above = math.sqrt((0.02**2 + 0.03**2) / 4)  # shortfalls below a target of 1 % a period
    assert sortino_ratio(BY_HAND, periods_per_year=1, target=0.01) == pytest.approx(-0.005 / above, rel=1e-13)


def test_omega_and_kappa_by_hand():
    assert omega_ratio(BY_HAND) == pytest.approx(0.05 / 0.03, rel=1e-14)
    assert omega_ratio(BY_HAND, threshold=0.01) == pytest.approx(0.03 / 0.05, rel=1e-14)
    assert kappa_ratio(BY_HAND, order=1) == pytest.approx(0.05 / 0.03 - 1, rel=1e-13)  # Kaplan and Knowles
    third = ((0.01**3 + 0.02**3) / 4) ** (1 / 3)
    assert kappa_ratio(BY_HAND) == pytest.approx(0.005 / third, rel=1e-13)


def test_kappa_of_order_two_is_sortino(returns):
    assert kappa_ratio(returns, order=2) == pytest.approx(
        sortino_ratio(returns, periods_per_year=1), rel=1e-13
    )


def test_ratios_agree_with_empyrical(returns):
    assert annual_volatility(returns, periods_per_year=252) == pytest.approx(
        empyrical.annual_volatility(returns), rel=1e-12
    )
    assert sharpe_ratio(returns, periods_per_year=252) == pytest.approx(
        empyrical.sharpe_ratio(returns), rel=1e-12
    )
    assert downside_deviation(returns, periods_per_year=252, target=0.001) == pytest.approx(
        empyrical.downside_risk(returns, required_return=0.001), rel=1e-12
    )
    assert sortino_ratio(returns, periods_per_year=252) == pytest.approx(
        empyrical.sortino_ratio(returns), rel=1e-12
    )
    assert omega_ratio(returns, threshold=0.0005) == pytest.approx(
        empyrical.omega_ratio(returns, risk_free=0.0005), rel=1e-12
    )
    assert tail_ratio(returns) == pytest.approx(empyrical.tail_ratio(returns), rel=1e-12)


def test_calmar_is_empyricals_where_the_calendar_has_as_many_years_as_the_rows():
    # 1,461 days from 2015-01-02 are four calendar years: give empyrical as many rows a year
    generator = np.random.Generator(np.random.PCG64(4))
    sessions = pd.date_range("2015-01-02", periods=1_462)
    returns = pd.Series(generator.normal(0.0004, 0.01, 1_461), index=sessions[1:])
    worth = pd.Series(np.concatenate(([1.0], np.cumprod(1.0 + returns))), index=sessions)
    assert calmar_ratio(worth) == pytest.approx(
        empyrical.calmar_ratio(returns, annualization=365.25), rel=1e-11
    )


def test_martin_and_pain_by_hand():
    sessions = pd.to_datetime(["2019-01-01", "2019-07-01", "2020-01-01", "2020-12-31"])
    worth = pd.Series([100.0, 80.0, 90.0, 121.0], index=sessions)  # drawdowns 0, -0.2, -0.1, 0; 730 days
    growth = 1.21 ** (365.25 / 730) - 1
    assert cagr(worth) == pytest.approx(growth, rel=1e-13)
    assert martin_ratio(worth) == pytest.approx(growth / math.sqrt(0.05 / 4), rel=1e-13)
    assert pain_ratio(worth, risk_free_per_year=0.02) == pytest.approx((growth - 0.02) / 0.075, rel=1e-13)
    assert calmar_ratio(worth) == pytest.approx(growth / 0.2, rel=1e-13)


def test_sharpe_of_months_is_not_that_of_days(returns):
    # the "Sharpe at another frequency" complaint: the caller states the frequency, there is no default
    with pytest.raises(TypeError):
        sharpe_ratio(returns)
    daily = sharpe_ratio(returns, periods_per_year=252)
    assert sharpe_ratio(returns, periods_per_year=12) == pytest.approx(daily * math.sqrt(12 / 252), rel=1e-13)


def test_answers_do_not_depend_on_what_was_called_before(returns, worth):
    # quantstats' answers change with the order of calls
    first = (cagr(worth), sharpe_ratio(returns, periods_per_year=252), martin_ratio(worth))
    sortino_ratio(returns, periods_per_year=252, target=0.01)
    martin_ratio(worth, risk_free_per_year=0.05)
    assert (cagr(worth), sharpe_ratio(returns, periods_per_year=252), martin_ratio(worth)) == first


@given(moves, st.floats(0.01, 100.0))
def test_ratios_do_not_depend_on_leverage(values, scale):
    returns = pd.Series(values)
    assume((values < -1e-6).any())
    for ratio in (sharpe_ratio, sortino_ratio):
        assert ratio(returns * scale, periods_per_year=252) == pytest.approx(
            ratio(returns, periods_per_year=252), rel=1e-9, abs=1e-9
        )
    assert omega_ratio(returns * scale) == pytest.approx(omega_ratio(returns), rel=1e-9)


@given(moves)
def test_the_opposite_bet_has_the_opposite_sharpe_and_the_inverse_omega(values):
    returns = pd.Series(values)
    assume((values < -1e-6).any() and (values > 1e-6).any())
    assert sharpe_ratio(-returns, periods_per_year=252) == pytest.approx(
        -sharpe_ratio(returns, periods_per_year=252), rel=1e-12, abs=1e-12
    )
    assert omega_ratio(-returns) == pytest.approx(1 / omega_ratio(returns), rel=1e-9)


@given(moves, st.randoms())
def test_ratios_of_a_distribution_do_not_depend_on_the_order(values, random):
    returns = pd.Series(values)
    shuffled = pd.Series(random.sample(list(returns), len(returns)))
    assert sharpe_ratio(shuffled, periods_per_year=1) == pytest.approx(
        sharpe_ratio(returns, periods_per_year=1), rel=1e-9, abs=1e-9
    )
    assert downside_deviation(shuffled, periods_per_year=1) == pytest.approx(
        downside_deviation(returns, periods_per_year=1), rel=1e-9
    )


@pytest.mark.parametrize("growth", [1.0, 1.0003, 0.999])
def test_steady_growth_has_no_sharpe_ratio_even_after_rounding(growth):
    worth = pd.Series(100.0 * growth ** np.arange(400), index=pd.bdate_range("2020-01-01", periods=400))
    returns = worth.pct_change().iloc[1:]
    assert math.isnan(sharpe_ratio(returns, periods_per_year=252))


def test_without_a_loss_there_is_no_risk_to_divide_by(worth_of):
    rising = worth_of(np.full(400, 0.001))
    assert max_drawdown(rising) == 0.0
    assert math.isnan(calmar_ratio(rising))
    assert math.isnan(martin_ratio(rising))
    assert math.isnan(sortino_ratio(pd.Series([0.01, 0.02]), periods_per_year=252))
    assert math.isnan(omega_ratio(pd.Series([0.01, 0.02])))


@pytest.mark.parametrize(
    "statistic",
    [
        lambda r: annual_volatility(r, periods_per_year=252),
        lambda r: sharpe_ratio(r, periods_per_year=252),
        lambda r: sortino_ratio(r, periods_per_year=252),
        lambda r: downside_deviation(r, periods_per_year=252),
        omega_ratio,
        kappa_ratio,
        tail_ratio,
    ],
)
def test_a_missing_return_is_refused_and_not_skipped(statistic, returns):
    holed = returns.copy()
    holed.iloc[7] = np.nan
    with pytest.raises(DataError, match=f"{holed.index[7]:%Y-%m-%d} is nan"):
        statistic(holed)
    with pytest.raises(DataError, match="at least"):
        statistic(returns[:0])


@pytest.mark.parametrize("statistic", [annual_volatility, sharpe_ratio, sortino_ratio])
def test_two_returns_are_enough_and_one_is_not(statistic):
    assert math.isfinite(statistic(pd.Series([0.02, -0.01]), periods_per_year=1))
    with pytest.raises(DataError, match="at least 2"):
        statistic(pd.Series([0.02]), periods_per_year=1)


def test_an_order_of_zero_is_refused():
    with pytest.raises(DataError, match="order is 0"):
        kappa_ratio(BY_HAND, order=0)
