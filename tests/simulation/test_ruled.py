"""The replay of accounts with rules: the quick one over again, where no rule has anything to say."""

from dataclasses import replace

import numpy as np
import pytest

from framework.simulation.compiled import follow, rules_of, run, simulate, tables_of, terms_of
from framework.simulation.scenario import Scenario
from framework.simulation.tables import TRADE, Diary
from framework.trading.costs import CostModel
from framework.trading.guard import Guards, KillSwitch
from framework.trading.venue import Venue

COSTS = CostModel(commission_bps=1, half_spread_bps=2, borrow_rate_per_year=0.01, cash_rate_per_year=0.02)


def room(scenario):
    sessions, symbols = scenario.targets.shape
    money = (np.zeros(sessions) for _ in range(5))
    return Diary(*money, np.empty((sessions, symbols)), np.zeros(sessions * symbols, TRADE))


def a_scenario(make_bars, make_weights, **asked):
    bars = make_bars(5, sessions=200, lives=True)
    rng = np.random.default_rng(0)
    bars = replace(bars, volume=bars.close * 0.0 + rng.uniform(1e4, 1e5, bars.close.shape))
    usual = {
        "capital": 100_000.0,
        "fill_at": None,
        "size_at": "decision",
        "whole_shares": False,
        "kill_switch": None,
    }
    weights = make_weights(5, bars, gross=1.5, short=True)
    return Scenario(**(usual | {"weights": weights, "bars": bars, "costs": COSTS} | asked))


@pytest.mark.parametrize("switch", [None, KillSwitch(-0.05)])
@pytest.mark.parametrize("size_at", ["decision", "fill"])
@pytest.mark.parametrize("whole", [False, True])
def test_under_rules_that_change_nothing_both_replays_are_the_same(
    make_bars, make_weights, whole, size_at, switch
):
    asked = {"size_at": size_at, "whole_shares": whole, "kill_switch": switch}
    plain = a_scenario(make_bars, make_weights, **asked)
    ruled = a_scenario(make_bars, make_weights, **asked, guards=Guards(time_stop=10_000))
    assert rules_of(plain) is None
    assert rules_of(ruled).stops
    one, other = room(plain), room(ruled)
    quick, slow = run(plain, one), run(ruled, other)
    assert quick.trades == slow.trades > (10 if switch else 300)
    assert quick.ruined == slow.ruined == -1
    for name in one._fields:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_the_outcomes_totals_are_those_of_the_trades(make_bars, make_weights):
    scenario = a_scenario(make_bars, make_weights, costs=replace(COSTS, impact=0.5), venue=Venue(band=0.01))
    diary = room(scenario)
    outcome = run(scenario, diary)
    trades = diary.trades[: outcome.trades]
    assert outcome.trades > 300
    for name in ("commission_usd", "spread_usd", "impact_usd"):
        assert trades[name].sum() > 0.0
        assert getattr(outcome, name) == pytest.approx(trades[name].sum(), rel=1e-12)
    assert outcome.traded_usd == pytest.approx(
        (np.abs(trades["quantity"]) * trades["price"]).sum(), rel=1e-12
    )


def test_a_replay_without_room_is_the_same_replay(make_bars, make_weights):
    scenario = a_scenario(make_bars, make_weights, guards=Guards(stop_loss=0.05))
    diary = room(scenario)
    bare = diary._replace(worth=np.zeros(200), positions=np.empty((0, 4)), trades=np.empty(0, TRADE))
    asked = tables_of(scenario), rules_of(scenario), terms_of(scenario)
    assert follow(*asked, diary) == follow(*asked, bare)
    np.testing.assert_array_equal(diary.worth, bare.worth)


def test_whole_shares_alone_take_the_quick_replay_and_any_other_rule_does_not(make_bars, make_weights):
    assert rules_of(a_scenario(make_bars, make_weights, venue=Venue(lot=1.0))) is None
    for asked in (
        {"venue": Venue(lot=2.0)},
        {"venue": Venue(minimum_usd=1.0)},
        {"venue": Venue(band=0.1)},
        {"costs": replace(COSTS, impact=0.1)},
        {"guards": Guards(take_profit=0.1)},
    ):
        assert rules_of(a_scenario(make_bars, make_weights, **asked)) is not None


def test_a_result_under_rules_makes_its_tables_when_they_are_read(make_bars, make_weights):
    scenario = a_scenario(make_bars, make_weights)
    result = simulate(scenario.weights, scenario.bars, COSTS, guards=Guards(trailing_stop=0.04))
    assert result.engine.startswith("compiled")
    held = result.trades.pivot_table(index="session", columns="symbol", values="quantity", aggfunc="sum")
    held = (
        held.reindex(index=scenario.bars.sessions, columns=list(scenario.bars.symbols)).fillna(0.0).cumsum()
    )
    np.testing.assert_allclose(result.positions, held, rtol=0.0, atol=1e-9)
