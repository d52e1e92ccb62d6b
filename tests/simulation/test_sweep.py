"""Figures without a result: the same account as the engine's, in memory that does not grow."""

import gc
import tracemalloc
from dataclasses import replace

import pytest

from framework.errors import SimulationError, SpecError
from framework.simulation.engine import simulate
from framework.simulation.sweep import Replayer, check_memory, room_for, size_in_bytes
from framework.statistics.drawdown import max_drawdown
from framework.statistics.returns import total_return
from framework.strategy.weights import TargetWeights
from framework.trading.costs import CostModel
from framework.trading.guard import Guards
from framework.trading.venue import Venue
from framework.trading.volatility import VolatilityTarget

COSTS = CostModel(commission_bps=1, half_spread_bps=2, borrow_rate_per_year=0.01, cash_rate_per_year=0.02)
ASKED = {
    "capital": 50_000.0,
    "fill_at": None,
    "size_at": "decision",
    "whole_shares": True,
    "kill_switch": None,
}


def test_figures_are_those_of_the_plain_engines_result(make_bars, make_weights):
    bars = make_bars(3, sessions=150, lives=True)
    replayer = Replayer(bars, COSTS, **ASKED)
    for seed in range(5):
        weights = make_weights(seed, bars, short=True)
        figures, result = replayer.figures(weights), simulate(weights, bars, COSTS, **ASKED)
        assert figures.trades == len(result.trades) > 100
        assert figures.total_return == total_return(result.worth)
        assert figures.max_drawdown == max_drawdown(result.worth)
        assert figures.traded_usd == pytest.approx(result.traded_usd.sum(), rel=1e-12)
        assert figures.costs_usd == pytest.approx(result.costs_paid.sum(), rel=1e-12)


def test_figures_under_rules_are_those_of_the_plain_engines_result(make_bars, make_weights):
    bars = make_bars(3, sessions=150, lives=True)
    nothing = bars.close * 0.0
    bars = replace(bars, volume=nothing + 1e4, dividend=nothing + 0.1, split=nothing + 1.0)
    guards = Guards(trailing_stop=0.05, volatility=VolatilityTarget(per_year=0.3, sessions=20))
    asked = {**ASKED, "venue": Venue(lot=2.0, band=0.01), "guards": guards}
    replayer = Replayer(bars, replace(COSTS, impact=0.5), **asked)
    for seed in range(3):
        weights = make_weights(seed, bars, short=True)
        figures, result = (
            replayer.figures(weights),
            simulate(weights, bars, replace(COSTS, impact=0.5), **asked),
        )
        assert figures.trades == len(result.trades) > 100
        assert figures.total_return == total_return(result.worth)
        assert result.costs_paid["impact"] > 0.0
        assert figures.costs_usd == pytest.approx(result.costs_paid.sum(), rel=1e-12)


def test_a_ruined_account_does_not_spoil_the_next(three_days):
    replayer = Replayer(three_days, COSTS, **ASKED)
    sound = TargetWeights(three_days.close * 0.0)
    before = replayer.figures(sound)
    ruinous = (three_days.close * 0.0).assign(B=[-30.0, float("nan"), float("nan")])
    ruinous.iloc[1:] = float("nan")
    with pytest.raises(SimulationError, match="2024-01-04"):
        replayer.figures(TargetWeights(ruinous, max_gross=30.0))
    assert repr(replayer.figures(sound)) == repr(before)


def test_memory_does_not_grow_with_the_accounts(make_bars, make_weights):
    bars = make_bars(3, sessions=500)
    replayer, weights = Replayer(bars, COSTS, **ASKED), make_weights(1, bars)
    replayer.figures(weights)
    tracemalloc.start()
    try:
        for _ in range(500):
            replayer.figures(weights)
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 500_000  # the worths and positions of 500 accounts would be 10 MB


@pytest.mark.parametrize(
    ("size", "expected"), [("1GiB", 2**30), ("500 MB", 500_000_000), (1_000, 1_000), ("1.5KiB", 1_536)]
)
def test_sizes_are_read_in_the_units_they_name(size, expected):
    assert size_in_bytes(size) == expected


@pytest.mark.parametrize("size", ["", "GiB", "1 GiBB", "-1GiB", "much"])
def test_what_is_no_size_is_refused(size):
    with pytest.raises(SpecError, match="memory limit is"):
        size_in_bytes(size)


def test_a_limit_too_small_for_one_combination_is_refused_with_both_figures(make_bars):
    bars = make_bars(0, sessions=1_000)
    check_memory("1MiB", bars, 10)
    with pytest.raises(SpecError, match=r"take 0\.4 MiB\. The limit given is 0\.2 MiB"):
        check_memory("200KiB", bars, 10)


def test_a_limit_too_small_is_refused_with_both_figures_and_what_is_left_is_told(make_bars):
    bars = make_bars(0, sessions=1_000)
    assert room_for("1MiB", 2**19, bars=bars, combinations=1) == 2**19
    with pytest.raises(SpecError, match=r"takes 0\.4 MiB\. The limit given is 0\.2 MiB"):
        room_for("200KiB", 400_000, bars=bars, combinations=1)
