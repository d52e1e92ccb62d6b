import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from framework.errors import DataError
from framework.statistics import (
    deepest_drawdown,
    drawdowns,
    max_drawdown,
    pain_index,
    simple_returns,
    ulcer_index,
)

moves = hnp.arrays("f8", st.integers(1, 80), elements=st.floats(-0.5, 0.6))


def on_days(*values: float) -> pd.Series:
    return pd.Series(values, index=pd.bdate_range("2021-03-01", periods=len(values)), dtype="f8")


def test_the_depths_and_the_deepest_by_hand():
    worth = on_days(100, 120, 90, 108, 60, 120, 130)
    assert drawdowns(worth).tolist() == pytest.approx([0, 0, -0.25, -0.1, -0.5, 0, 0], abs=1e-15)
    assert max_drawdown(worth) == -0.5
    found = deepest_drawdown(worth)
    assert (found.peak, found.trough, found.recovered) == tuple(worth.index[[1, 4, 5]])
    assert (found.depth, found.recovery_sessions) == (-0.5, 1)


def test_a_loss_on_the_first_day_counts_from_the_capital():
    # the "first-day loss" complaint: peers start their peak after the first return
    worth = on_days(100, 70, 84)
    assert max_drawdown(worth) == pytest.approx(-0.3, abs=1e-15)
    assert deepest_drawdown(worth).peak == worth.index[0]


def test_a_drawdown_that_is_still_open_has_no_recovery():
    found = deepest_drawdown(on_days(100, 50, 99))
    assert found.recovered is None
    assert found.recovery_sessions is None


def test_the_peak_is_the_last_session_at_it_and_the_first_of_equal_troughs_wins():
    worth = on_days(100, 100, 50, 100, 50, 100)
    found = deepest_drawdown(worth)
    assert (found.peak, found.trough, found.recovered) == tuple(worth.index[[1, 2, 3]])


def test_rising_worth_has_no_drawdown():
    worth = on_days(1, 2, 3)
    assert max_drawdown(worth) == 0.0
    assert ulcer_index(worth) == pain_index(worth) == 0.0
    assert str(pain_index(worth)) == "0.0"
    assert deepest_drawdown(worth).recovery_sessions == 0


def test_ulcer_and_pain_by_hand():
    worth = on_days(100, 80, 90, 110)
    assert ulcer_index(worth) == pytest.approx(np.sqrt(0.05 / 4), rel=1e-14)
    assert pain_index(worth) == pytest.approx(0.075, rel=1e-14)


def test_the_deepest_agrees_with_empyrical(worth):
    import empyrical

    assert max_drawdown(worth) == pytest.approx(empyrical.max_drawdown(simple_returns(worth)), rel=1e-12)
    assert max_drawdown(worth) < -0.05


@given(moves, st.floats(0.001, 1e5))
def test_the_unit_of_worth_does_not_matter(worth_of, returns, scale):
    worth = worth_of(returns)
    assert max_drawdown(worth * scale) == pytest.approx(max_drawdown(worth), rel=1e-9, abs=1e-12)


@given(moves)
def test_a_drawdown_is_a_fall_that_the_series_really_made(worth_of, returns):
    worth = worth_of(returns)
    found = deepest_drawdown(worth)
    assert -1.0 <= found.depth <= 0.0
    assert found.peak <= found.trough
    assert worth[found.trough] / worth[found.peak] - 1.0 == pytest.approx(found.depth, abs=1e-12)
    assert drawdowns(worth).between(found.depth, 0.0).all()
    if found.recovered is not None:
        between = worth[found.trough : found.recovered]
        assert worth[found.recovered] >= worth[found.peak] > between.iloc[0] or found.depth == 0.0
        assert len(between) - 1 == found.recovery_sessions


@given(moves, st.floats(-0.4, -0.01))
def test_a_further_loss_never_makes_the_deepest_shallower(worth_of, returns, loss):
    longer = worth_of(np.append(returns, loss))
    assert max_drawdown(longer) <= max_drawdown(longer.iloc[:-1])


@pytest.mark.parametrize("statistic", [max_drawdown, deepest_drawdown, ulcer_index, pain_index, drawdowns])
def test_an_account_at_zero_is_refused(statistic):
    with pytest.raises(DataError, match=r"Worth at 2021-03-02 is 0.0"):
        statistic(on_days(100, 0, 100))
