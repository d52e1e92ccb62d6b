"""The compiled replay's own properties."""

from threading import Thread

import numpy as np
import pytest

from framework.simulation.compiled import run
from framework.simulation.scenario import Scenario
from framework.simulation.tables import TRADE, Diary
from framework.trading.costs import CostModel

COSTS = CostModel(commission_bps=1, half_spread_bps=2, borrow_rate_per_year=0.01, cash_rate_per_year=0.02)


def replayed(scenario, *, rows, room):
    sessions, symbols = scenario.targets.shape
    money = (np.full(sessions, np.nan) for _ in range(5))
    diary = Diary(*money, np.empty((rows, symbols)), np.empty(room, TRADE))
    return diary, run(scenario, diary)


@pytest.fixture
def scenario(make_bars, make_weights):
    bars = make_bars(5, sessions=200, lives=True)
    return Scenario(
        weights=make_weights(5, bars, gross=1.5, short=True),
        bars=bars,
        costs=COSTS,
        capital=100_000.0,
        fill_at=None,
        size_at="decision",
        whole_shares=False,
        kill_switch=None,
    )


def test_a_replay_without_room_for_trades_and_positions_is_the_same_replay(scenario):
    (whole, found), (bare, again) = (
        replayed(scenario, rows=200, room=2_000),
        replayed(scenario, rows=0, room=0),
    )
    assert found == again
    assert found.trades > 100
    np.testing.assert_array_equal(whole.worth, bare.worth)


def test_the_outcomes_totals_are_those_of_the_trades(scenario):
    diary, outcome = replayed(scenario, rows=0, room=2_000)
    trades = diary.trades[: outcome.trades]
    assert outcome.traded_usd == pytest.approx(
        (np.abs(trades["quantity"]) * trades["price"]).sum(), rel=1e-12
    )
    assert outcome.commission_usd == pytest.approx(trades["commission_usd"].sum(), rel=1e-12)
    assert outcome.spread_usd == pytest.approx(trades["spread_usd"].sum(), rel=1e-12)


def test_threads_change_nothing(scenario):
    alone, _ = replayed(scenario, rows=0, room=0)
    together = []
    threads = [
        Thread(target=lambda: together.append(replayed(scenario, rows=0, room=0)[0])) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(together) == 4
    for diary in together:
        np.testing.assert_array_equal(diary.worth, alone.worth)
