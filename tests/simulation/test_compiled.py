"""The compiled engine against the plain one: worth, cash, positions and trades to the last bit."""

import pickle
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import strategies
from framework.data.bars import Bars
from framework.data.sources.sample import SOURCE
from framework.errors import BadWeights, SimulationError
from framework.simulation import compiled, engine
from framework.simulation.kernels import replay
from framework.strategy.weights import TargetWeights
from framework.trading.costs import CostModel
from framework.trading.guard import KillSwitch

NAMES = sorted(path.stem for path in Path(strategies.__path__[0]).glob("[a-z]*.py"))
COSTS = CostModel(commission_bps=1, half_spread_bps=2, borrow_rate_per_year=0.01, cash_rate_per_year=0.02)
BPS = st.sampled_from([0.0, 1.0, 7.3, 250.0])
RATES = st.sampled_from([0.0, 0.01, 0.3])


def assert_same(found, expected):
    for name in ("worth", "cash", "borrow_usd", "interest_usd"):
        pd.testing.assert_series_equal(getattr(found, name), getattr(expected, name), check_exact=True)
    pd.testing.assert_frame_equal(found.positions, expected.positions, check_exact=True)
    pd.testing.assert_frame_equal(found.trades, expected.trades, check_exact=True)
    assert found.killed_at == expected.killed_at
    assert found.content_hash == expected.content_hash


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_every_strategy_comes_to_the_plain_engines_account(name, whole):
    rule = import_module(f"strategies.{name}").STRATEGY
    bars = SOURCE.bars(rule.universe)
    bars = bars.since(bars.sessions[-min(len(bars), 4 * 252)])
    weights = rule.weights(bars)
    expected = engine.simulate(weights, bars, COSTS, whole_shares=whole)
    assert not expected.trades.empty
    assert_same(compiled.simulate(weights, bars, COSTS, whole_shares=whole), expected)


@st.composite
def markets(draw):
    """Bars with late listings, delistings, single-session lives, halts of the open's price and jumps."""
    sessions, symbols = draw(st.integers(1, 24)), draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    jumps = rng.normal(0.0, draw(st.sampled_from([0.0, 0.01, 0.2])), (sessions, symbols))
    closes = np.round(draw(st.sampled_from([0.07, 20.0, 4_000.0])) * np.exp(jumps.cumsum(axis=0)) + 0.01, 2)
    opens = np.round(closes * np.exp(rng.normal(0.0, 0.03, closes.shape)) + 0.01, 2)
    for column in range(symbols):
        first = draw(st.integers(0, sessions - 1))
        last = draw(st.integers(first, sessions - 1))
        for table in (closes, opens):
            table[:first, column] = table[last + 1 :, column] = np.nan
    index = pd.bdate_range("2020-01-01", periods=sessions)
    names = [f"S{column}" for column in range(symbols)]
    open_ = pd.DataFrame(opens, index, names) if draw(st.booleans()) else None
    return Bars(pd.DataFrame(closes, index, names), open=open_)


@st.composite
def wishes(draw, bars):
    """Weights that hold, rebalance, reverse, close, borrow or want almost nothing."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    gross = draw(st.sampled_from([1e-10, 0.5, 1.0, 2.5]))
    shape = bars.close.shape
    raw = rng.random(shape) * rng.choice([0.0, 1.0], shape, p=[0.3, 0.7])
    if draw(st.booleans()):
        raw *= rng.choice([-1.0, 1.0], shape)
    rows = gross * raw / np.maximum(np.abs(raw).sum(axis=1, keepdims=True), 1e-300)
    rows[bars.close.isna().to_numpy()] = 0.0
    rows[rng.random(shape[0]) < draw(st.sampled_from([0.0, 0.4, 0.9]))] = np.nan
    return TargetWeights(pd.DataFrame(rows, bars.sessions, list(bars.symbols)), max_gross=max(1.0, gross))


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_whatever_is_asked_both_engines_do_the_same(data):
    bars = data.draw(markets())
    weights = data.draw(wishes(bars))
    costs = CostModel(
        commission_bps=data.draw(BPS),
        half_spread_bps=data.draw(BPS),
        borrow_rate_per_year=data.draw(RATES),
        cash_rate_per_year=data.draw(RATES),
    )
    asked = {
        "capital": data.draw(st.sampled_from([5.0, 1_000.0, 123_456.78])),
        "fill_at": data.draw(st.sampled_from(["close", None])),
        "size_at": data.draw(st.sampled_from(["decision", "fill"])),
        "whole_shares": data.draw(st.booleans()),
        "kill_switch": data.draw(st.sampled_from([None, KillSwitch(-0.02), KillSwitch(-0.5)])),
    }
    expected, found = (
        outcome(engine, weights, bars, costs, asked),
        outcome(compiled, weights, bars, costs, asked),
    )
    if isinstance(expected, str):
        assert found == expected
    else:
        assert_same(found, expected)


def outcome(which, weights, bars, costs, asked):
    """The result, or what was said of the account's ruin."""
    try:
        return which.simulate(weights, bars, costs, **asked)
    except SimulationError as ruined:
        return str(ruined)


def test_what_does_not_fit_is_refused_alike(three_days):
    with pytest.raises(BadWeights, match="'C'"):
        compiled.simulate(
            TargetWeights(pd.DataFrame({"C": [1.0]}, three_days.sessions[:1])), three_days, COSTS
        )


def test_a_result_names_the_engine_and_its_compiler(three_days):
    found = compiled.simulate(TargetWeights(three_days.close * 0.0), three_days, COSTS)
    assert found.engine.startswith("compiled, numba 0.")


def test_warming_compiles_exactly_what_a_backtest_uses(three_days):
    compiled.warm()
    warmed = list(replay.signatures)
    assert warmed
    compiled.simulate(TargetWeights(three_days.close * 0.0), three_days, COSTS)
    assert replay.signatures == warmed


def test_a_result_travels_between_processes_with_what_it_has_not_made_yet(make_bars, make_weights):
    bars = make_bars(4)
    result = compiled.simulate(make_weights(4, bars), bars, COSTS)
    travelled = pickle.loads(pickle.dumps(result))  # noqa: S301 - our own bytes
    assert_same(travelled, result)
    assert_same(replace(travelled, capital=2.0 * result.capital), result)


def test_a_result_that_was_not_looked_at_cannot_be_written_to_either(make_bars, make_weights):
    bars = make_bars(4)
    result = compiled.simulate(make_weights(4, bars), bars, COSTS)
    for name in ("worth", "cash", "positions"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(result, name).to_numpy()[0] = 0.0
    with pytest.raises(AttributeError, match="no attribute 'wealth'"):
        _ = result.wealth
