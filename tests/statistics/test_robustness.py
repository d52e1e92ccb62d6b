"""Each table against accounts that are replayed by hand."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.errors import DataError, SpecError
from framework.simulation.engine import simulate
from framework.statistics import cagr, max_drawdown, sharpe_ratio
from framework.statistics.robustness import (
    capacity,
    capacity_table,
    cost_table,
    lag_table,
    outcome,
    start_table,
    weights_table,
)
from framework.strategy.weights import TargetWeights
from framework.trading.costs import CostModel

COSTS = CostModel(commission_bps=5.0, half_spread_bps=5.0)


def noise(seed: int, *, sessions: int = 900, volume: float | None = None) -> Bars:
    generator = np.random.Generator(np.random.PCG64(seed))
    days = pd.bdate_range("2015-01-01", periods=sessions)
    steps = generator.normal(0.0, 0.01, (sessions, 2))
    close = pd.DataFrame(50.0 * np.exp(steps.cumsum(axis=0)), days, ["A", "B"])
    traded = None if volume is None else close * 0.0 + volume
    return Bars(close, volume=traded)


def yesterdays_winner(bars: Bars) -> TargetWeights:
    """All in what rose most today: worthless tomorrow, and splendid for whoever could buy it this morning."""
    moves = bars.close.pct_change()
    return TargetWeights((moves.rank(axis=1, ascending=False) == 1.0).astype(float))


@pytest.fixture(scope="module")
def result():
    bars = noise(1)
    return simulate(yesterdays_winner(bars), bars, COSTS)


def test_an_outcome_is_that_of_the_statistics(result):
    found = outcome(result)
    assert found["cagr"] == cagr(result.worth)
    assert found["max_drawdown"] == max_drawdown(result.worth)
    assert found["sharpe_ratio"] == sharpe_ratio(result.returns, periods_per_year=252)
    assert all(math.isnan(value) for value in outcome(None).values())


def test_lags_are_weights_a_session_earlier_and_later(result):
    bars, weights = result.bars, result.weights.frame
    table = lag_table(result)
    assert table["tradable"].to_dict() == {0: False, 1: True, 2: True}
    assert table.loc[1, list(outcome(result))].to_dict() == outcome(result)
    late = simulate(TargetWeights(weights.shift(1)), bars, COSTS)
    assert table.loc[2, "sharpe_ratio"] == outcome(late)["sharpe_ratio"]
    # lag 0 by hand: held from the close that decided to the next one, costs at each turn
    moves = bars.close.pct_change()
    earned = (weights.shift(1) * moves).sum(axis=1).iloc[2:]
    traded = weights.diff().abs().sum(axis=1).shift(1).iloc[2:]
    by_hand = (1.0 + earned).prod() * (1.0 - 0.001) ** (traded.sum() / 1.0) - 1.0
    early = table.loc[0, "total_return"]
    assert early == pytest.approx(by_hand, rel=0.05)


def test_a_rule_that_decides_once_is_bought_at_any_lag():
    bars = noise(2)
    frame = pd.DataFrame(np.nan, bars.sessions, ["A", "B"])
    frame.iloc[0] = [0.5, 0.5]
    table = lag_table(simulate(TargetWeights(frame), bars, COSTS))
    assert (table["total_return"] != 0.0).all()


def test_a_symbol_is_not_wanted_outside_its_life():
    bars = noise(3)
    close = bars.close.copy()
    close.loc[close.index[:100], "A"] = np.nan
    close.loc[close.index[500:], "B"] = np.nan
    weights = TargetWeights(close.notna() * 0.5)
    table = lag_table(simulate(weights, Bars(close), COSTS))
    assert table["total_return"].notna().all()


def test_costs_are_multiplied_and_ruin_is_no_number(result):
    table = cost_table(result, multiples=(0.0, 1.0, 3.0))
    dear = simulate(result.weights, result.bars, COSTS.times(3.0))
    assert table.loc[3.0, "cagr"] == outcome(dear)["cagr"]
    assert table["total_return"].is_monotonic_decreasing
    assert table.loc[1.0].to_dict() == outcome(result)


def test_each_start_takes_over_what_the_rule_stands_for():
    bars = noise(4)
    frame = pd.DataFrame(np.nan, bars.sessions, ["A", "B"])
    frame.iloc[10] = [1.0, 0.0]
    result = simulate(TargetWeights(frame), bars, COSTS)
    table = start_table(result, starts=3)
    assert list(table.index) == [bars.sessions[0], bars.sessions[225], bars.sessions[450]]
    later = bars.close["A"].iloc[451:]
    assert table["total_return"].iloc[2] == pytest.approx(later.iloc[-1] / later.iloc[0] - 1.0, abs=0.003)
    with pytest.raises(DataError, match="252 sessions after the last"):
        start_table(simulate(TargetWeights(frame.iloc[:400]), bars.until(bars.sessions[399]), COSTS))


def test_other_weights_have_a_row_each(result):
    calm = TargetWeights(result.weights.frame * 0.1)
    table = weights_table(result, {"calm": calm, "same": result.weights})
    assert table.loc["same"].to_dict() == outcome(result)
    assert table.loc["calm", "cagr"] == outcome(simulate(calm, result.bars, COSTS))["cagr"]


def test_capacity_is_the_engine_with_impact_and_more_capital():
    bars = noise(5, volume=1e6)
    weights = TargetWeights(bars.close * 0.0 + [1.0, 0.0])
    result = simulate(weights, bars, COSTS, capital=1e5)
    table = capacity_table(result, capitals=(1e4, 1e8), impact=0.7)
    by_hand = simulate(weights, bars, replace(COSTS, impact=0.7), capital=1e8)
    assert table.loc[1e8, "cagr"] == outcome(by_hand)["cagr"]
    assert table.loc[1e4, "cagr"] > table.loc[1e8, "cagr"]
    with pytest.raises(SpecError, match="no volume"):
        capacity_table(simulate(weights, Bars(bars.close), COSTS))


def test_capacity_is_read_off_between_two_sizes():
    table = pd.DataFrame({"cagr": [0.10, 0.08, 0.02, np.nan]}, index=[1e4, 1e5, 1e6, 1e7])
    assert capacity(table) == pytest.approx(1e5 * 10**0.5)  # 5 %, half way from 8 % to 2 %
    assert capacity(table.iloc[:2]) == math.inf
    assert math.isnan(capacity(-table))
