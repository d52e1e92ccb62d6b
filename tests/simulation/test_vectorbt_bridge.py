"""Two engines, one answer. vectorbt is imported once for the whole module: it takes seconds."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import strategies
from framework.data.sources.sample import SOURCE
from framework.errors import SimulationError
from framework.simulation import vectorbt_bridge
from framework.simulation.engine import simulate
from framework.strategy.weights import TargetWeights
from framework.trading.costs import CostModel
from framework.trading.guard import Guards, KillSwitch
from framework.trading.venue import Venue
from framework.trading.volatility import VolatilityTarget

NAMES = sorted(path.stem for path in Path(strategies.__path__[0]).glob("[a-z]*.py"))
COSTS = CostModel(commission_bps=1, half_spread_bps=2, borrow_rate_per_year=0.01, cash_rate_per_year=0.02)


def test_there_are_strategies_to_compare():
    assert len(NAMES) >= 8


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_the_engines_agree_on_every_strategy(name, whole):
    rule = import_module(f"strategies.{name}").STRATEGY
    bars = SOURCE.bars(rule.universe)
    bars = bars.since(bars.sessions[-min(len(bars), 5 * 252)])
    result = simulate(rule.weights(bars), bars, COSTS, whole_shares=whole)
    assert not result.trades.empty
    assert vectorbt_bridge.agree(result) < 1e-11


@pytest.mark.parametrize("gross", [1.0, 2.5])
@pytest.mark.parametrize("short", [False, True])
@pytest.mark.parametrize("fill_at", ["open", "close"])
@pytest.mark.parametrize("size_at", ["decision", "fill"])
def test_the_engines_agree_under_every_setting(make_bars, make_weights, gross, short, fill_at, size_at):
    bars = make_bars(7, sessions=120, symbols=6, lives=True)
    weights = make_weights(7, bars, gross=gross, short=short)
    for whole in (False, True):
        asked = {"fill_at": fill_at, "size_at": size_at, "whole_shares": whole}
        plain, rival = (
            engine(weights, bars, COSTS, **asked) for engine in (simulate, vectorbt_bridge.simulate)
        )
        assert len(plain.trades) > 100
        np.testing.assert_allclose(rival.worth, plain.worth, rtol=1e-12)
        np.testing.assert_allclose(rival.cash, plain.cash, rtol=0.0, atol=1e-6)
        np.testing.assert_allclose(rival.positions, plain.positions, rtol=0.0, atol=1e-8)
        np.testing.assert_allclose(rival.borrow_usd, plain.borrow_usd, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(rival.costs_paid, plain.costs_paid, rtol=1e-12)


def test_the_engines_agree_on_halts_dividends_venues_means_and_targets(make_bars, make_weights):
    bars = make_bars(7, sessions=120, symbols=6, lives=True)
    rng = np.random.default_rng(0)
    fields = {
        "high": np.maximum(bars.open, bars.close) * 1.01,
        "low": np.minimum(bars.open, bars.close) * 0.99,
        "volume": (bars.close * 0.0 + 1_000.0) * rng.choice([0.0, 1.0], bars.close.shape, p=[0.1, 0.9]),
        "dividend": bars.close * rng.choice([0.0, 0.02], bars.close.shape, p=[0.9, 0.1]),
    }
    bars = replace(bars, **fields)
    weights = make_weights(7, bars, gross=1.5, short=True)
    guards = Guards(volatility=VolatilityTarget(per_year=0.2, sessions=10, max_gross=1.5))
    for venue in (Venue(lot=10.0), Venue(minimum_usd=2_000.0), Venue(band=0.05), Venue(lot=0.5, band=0.01)):
        for size_at in ("decision", "fill"):
            asked = {"fill_at": "mean", "size_at": size_at, "venue": venue, "guards": guards}
            plain = simulate(weights, bars, COSTS, **asked)
            assert len(plain.trades) > 100
            assert plain.dividends_usd.abs().sum() > 1_000.0
            rival = vectorbt_bridge.simulate(weights, bars, COSTS, **asked)
            np.testing.assert_allclose(rival.dividends_usd, plain.dividends_usd, rtol=0.0, atol=1e-6)
            assert vectorbt_bridge.agree(plain) < 1e-11


def test_what_vectorbt_does_not_know_is_left_to_the_plain_engine(make_bars, make_weights):
    bars = make_bars(2)
    weights, nothing = make_weights(2, bars), bars.close * 0.0
    dear = replace(COSTS, impact=1.0)
    asked = [
        ("stops", bars, COSTS, {"guards": Guards(time_stop=5)}),
        ("market impact", replace(bars, volume=nothing + 1e6), dear, {}),
        ("splits", replace(bars, split=nothing + 1.0), COSTS, {}),
    ]
    for name, given, costs, rules in asked:
        with pytest.raises(
            SimulationError, match=f"asked for {name}. Of these it knows none; the plain engine"
        ):
            vectorbt_bridge.agree(simulate(weights, given, costs, **rules))


def test_trades_are_reported_alike(make_bars, make_weights):
    bars = make_bars(1, lives=True)
    weights = make_weights(1, bars, short=True)
    tables = [
        engine(weights, bars, COSTS).trades.sort_values(["session", "symbol"], ignore_index=True)
        for engine in (simulate, vectorbt_bridge.simulate)
    ]
    pd.testing.assert_frame_equal(*tables, rtol=1e-9)


def test_the_engine_names_its_version(three_days):
    weights = TargetWeights(three_days.close * 0.0)
    assert vectorbt_bridge.simulate(weights, three_days, COSTS).engine.startswith("vectorbt 1.")


def test_a_difference_is_found_and_dated(make_bars, make_weights):
    bars = make_bars(2)
    result = simulate(make_weights(2, bars), bars, COSTS)
    worth = result.worth.copy()
    worth.iloc[30] *= 1.0 + 1e-8
    with pytest.raises(SimulationError, match=f"first at {bars.sessions[30]:%Y-%m-%d}"):
        vectorbt_bridge.agree(replace(result, worth=worth))


def test_a_kill_switch_is_left_to_the_plain_engine(make_bars, make_weights):
    bars = make_bars(2)
    weights = make_weights(2, bars)
    with pytest.raises(SimulationError, match="plain engine"):
        vectorbt_bridge.simulate(weights, bars, COSTS, kill_switch=KillSwitch())
    fired = simulate(weights, bars, COSTS.times(100.0), kill_switch=KillSwitch(limit=-0.01))
    assert fired.killed_at is not None
    with pytest.raises(SimulationError, match="kill switch fired"):
        vectorbt_bridge.agree(fired)
    idle = simulate(weights, bars, COSTS, kill_switch=KillSwitch(limit=-0.99))
    assert vectorbt_bridge.agree(idle) < 1e-11


def test_a_ruined_account_stops_this_engine_too(three_days):
    rows = pd.DataFrame({"A": [0.0] * 3, "B": [-30.0, np.nan, np.nan]}, three_days.sessions)
    rows.iloc[1:] = np.nan
    with pytest.raises(SimulationError, match="2024-01-04"):
        vectorbt_bridge.simulate(TargetWeights(rows, max_gross=30.0), three_days, COSTS)
