import numpy as np
import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.errors import BadWeights, SimulationError, SpecError
from framework.simulation.scenario import Scenario, check_solvent
from framework.strategy.weights import TargetWeights
from framework.trading.costs import CostModel


def a_scenario(bars, weights=None, **changes):
    asked = {
        "weights": weights or TargetWeights((bars.close * 0.0).fillna(0.0)),
        "bars": bars,
        "costs": CostModel(commission_bps=0, half_spread_bps=0),
        "capital": 1_000.0,
        "fill_at": None,
        "size_at": "decision",
        "whole_shares": False,
        "kill_switch": None,
    }
    return Scenario(**(asked | changes))


def test_orders_fill_at_the_open_where_there_is_one(three_days):
    assert a_scenario(three_days).fill_at == "open"
    assert a_scenario(Bars(three_days.close)).fill_at == "close"


def test_fills_at_an_open_that_the_bars_lack_are_refused(three_days):
    with pytest.raises(SpecError, match="and no open"):
        a_scenario(Bars(three_days.close), fill_at="open")


@pytest.mark.parametrize("capital", [0.0, -1.0, float("nan"), float("inf")])
def test_an_account_without_capital_is_refused(three_days, capital):
    with pytest.raises(SpecError, match="Capital"):
        a_scenario(three_days, capital=capital)


@pytest.mark.parametrize("change", [{"fill_at": "noon"}, {"size_at": "never"}])
def test_an_unknown_choice_is_refused_with_those_that_exist(three_days, change):
    with pytest.raises(SpecError, match="It is one of"):
        a_scenario(three_days, **change)


def test_weights_for_a_symbol_without_bars_are_refused(three_days):
    weights = TargetWeights(pd.DataFrame({"KO": [0.5, 0.5, 0.5]}, three_days.sessions))
    with pytest.raises(BadWeights, match="column 'KO'"):
        a_scenario(three_days, weights)


def test_weights_for_a_session_without_bars_are_refused(three_days):
    weights = TargetWeights(pd.DataFrame({"A": [0.5]}, pd.DatetimeIndex(["2024-01-05"])))
    with pytest.raises(BadWeights, match="weights for 2024-01-05"):
        a_scenario(three_days, weights)


def test_sessions_without_a_row_hold_and_symbols_without_a_column_are_not_wanted(three_days):
    weights = TargetWeights(pd.DataFrame({"B": [0.5]}, three_days.sessions[1:2]))
    np.testing.assert_array_equal(
        a_scenario(three_days, weights).targets, [[np.nan] * 2, [0.0, 0.5], [np.nan] * 2]
    )


def test_a_delisted_symbol_keeps_its_last_mark_and_has_no_quote(make_bars):
    bars = make_bars(0, sessions=8, lives=True)
    scenario = a_scenario(bars)
    assert np.isnan(scenario.quotes[4:, 1]).all()
    assert (scenario.marks[4:, 1] == bars.close["S1"].iloc[3]).all()


@pytest.mark.parametrize("worth", [0.0, -1.0, float("nan")])
def test_a_ruined_account_is_named_with_its_session(worth):
    with pytest.raises(SimulationError, match="2024-01-02"):
        check_solvent(worth, pd.Timestamp("2024-01-02"))
