"""result.robustness(): each table against backtests by hand, nothing counted, and the reasons for what is not there."""

from dataclasses import replace

import pytest

from framework import TargetWeights, backtest, load_bars, walk_forward
from framework.desk import robust_views
from framework.desk.display import robustness_bundles
from framework.simulation.compiled import simulate
from framework.statistics import sharpe_ratio
from strategies.dual_momentum import DualMomentum
from strategies.moving_average_cross import MovingAverageCross


def sharpe(result):
    return sharpe_ratio(result.returns, periods_per_year=252)


def test_each_table_is_of_backtests_and_none_is_counted(queued, funds, rule, costs):
    result = backtest(rule, funds, costs)
    before = queued()
    found = result.robustness(draws=3, seed=1)
    assert queued() == before
    assert found.own["sharpe_ratio"] == sharpe(result)
    assert (
        found.lags.loc[1, "sharpe_ratio"] == found.costs.loc[1.0, "sharpe_ratio"] == found.own["sharpe_ratio"]
    )
    for symbol in ("MTUM", "USMV"):
        others = tuple(each for each in rule.universe if each != symbol)
        without = backtest(replace(rule, universe=others), funds, costs)
        assert found.symbols.loc[symbol, "sharpe_ratio"] == pytest.approx(sharpe(without), rel=1e-12)
    for row in found.noise.itertuples():
        assert 0.8 <= row.lookback <= 1.2
        weights = DualMomentum(lookback=round(252 * row.lookback)).weights(funds)
        assert row.sharpe_ratio == pytest.approx(sharpe(simulate(weights, funds, costs)), rel=1e-9)
    assert len(found.starts) == 12
    assert found.capacity is None
    assert "no volume" in found.why_not["capacity"]
    assert repr(found).startswith(f"Robustness(Sharpe ratio per year {sharpe(result):.2f}; a session late ")


def test_bars_with_volume_have_a_capacity(home, costs):
    bars = load_bars("SPX", start="2010-01-04")
    result = backtest(MovingAverageCross(20, 100, bars.symbols), bars, costs)
    found = result.robustness(draws=2)
    assert found.capacity["cagr"].is_monotonic_decreasing
    assert found.why_not["symbols"] == "There is one symbol only."


def test_a_function_decides_anew_and_given_weights_leave_cash(home, funds, costs):
    equal = backtest(lambda bars: bars.close * 0.0 + 1.0 / len(bars.symbols), funds, costs)
    given = backtest(TargetWeights(funds.close * 0.0 + 0.2), funds, costs)
    assert sharpe(equal) == pytest.approx(sharpe(given), rel=1e-12)
    with_four, in_cash = equal.robustness(draws=1).symbols, given.robustness(draws=1).symbols
    assert with_four.loc["MTUM", "max_drawdown"] < in_cash.loc["MTUM", "max_drawdown"]
    assert "no number" in given.robustness(draws=1).why_not["noise"]


def test_a_walk_forward_keeps_its_choices(home, funds, costs):
    walked = walk_forward(
        MovingAverageCross, {"fast": [10, 20], "slow": [100]}, funds, costs=costs, train=504, test=900
    )
    found = walked.robustness(draws=2)
    assert list(found.noise.columns) == ["fast", "slow", "sharpe_ratio"]
    assert found.symbols["sharpe_ratio"].nunique() == 5


def test_all_of_it_is_shown_with_the_reason_for_what_is_missing(home, funds, rule, costs):
    found = backtest(rule, funds, costs).robustness(draws=3)
    shown = list(robustness_bundles(found))
    words = " ".join(bundle["text/html"] for bundle in shown if "text/html" in bundle)
    assert all(title in words for title, _ in robust_views.PARTS.values())
    assert "these bars have no volume" in words
    assert "cannot be traded" in str(shown)
    assert sum("application/vnd.plotly.v1+json" in bundle for bundle in shown) == 5
