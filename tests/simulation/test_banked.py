"""Declared rules on banks: every account is the one that the rule's own weights lead to."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from framework.data.bars import Bars
from framework.simulation import banked
from framework.simulation.banked import Market, only, recipes_of, swept
from framework.simulation.summary import figures_of
from framework.simulation.sweep import Replayer
from framework.strategy.indicators import average, highest, lowest, momentum, price, rsi, zscore
from framework.strategy.signals import Signal, above, below, shares
from framework.trading.costs import CostModel
from framework.trading.guard import KillSwitch

COSTS = CostModel(commission_bps=1, half_spread_bps=2)
LENT = CostModel(commission_bps=1, half_spread_bps=2, cash_rate_per_year=0.03, borrow_rate_per_year=0.1)
SIGNALS = [
    *(
        Signal(above(average(fast), average(slow)))
        for fast in (1, 2, 5, 20)
        for slow in (2, 5, 20, 90)
        if fast != slow
    ),
    *(Signal(above(momentum(length), 0.0)) for length in (1, 10, 60)),
    *(Signal(above(price(), highest(length)), below(price(), lowest(length // 2))) for length in (4, 20)),
    *(Signal(below(rsi(length), 35.0), above(rsi(length), 60.0)) for length in (2, 14)),
    Signal(below(zscore(20), -1.5) & above(price(), average(100)), above(zscore(20), 0.0)),
    Signal(above(price(), 0.0)),
    Signal(below(price(), 0.0)),
]


@pytest.mark.parametrize("costs", [COSTS, LENT])
@pytest.mark.parametrize("size_at", ["fill", "decision"])
@pytest.mark.parametrize("opens", [True, False])
def test_each_account_is_the_replay_of_the_signals_weights(costs, size_at, opens, make_bars):
    bars = make_bars(5, sessions=1_200, symbols=3, opens=opens)
    asked = {"capital": 10_000.0, "fill_at": "open" if opens else "close", "size_at": size_at}
    market = Market(bars, costs, asked)
    found = figures_of(swept(market, recipes_of(SIGNALS)), sessions=1_200, capital=10_000.0)
    for column, symbol in enumerate(bars.symbols):
        alone = only(bars, symbol)
        replayer = Replayer(alone, costs, **asked, whole_shares=False, kill_switch=None)
        for signal, figures in zip(SIGNALS, found[:, column], strict=True):
            expected = replayer.figures(shares(signal.on(alone)))
            assert figures[6] == expected.trades
            np.testing.assert_allclose(figures, expected, rtol=1e-9, atol=1e-9)
    assert np.median(found[:, :, 6]) > 20


def test_the_number_of_threads_changes_nothing(make_bars, monkeypatch):
    bars = make_bars(6, sessions=700, symbols=3)
    market = Market(bars, COSTS, {"capital": 1.0, "fill_at": "open", "size_at": "fill"})
    found = []
    for threads in (1, 2, 7):
        monkeypatch.setattr(banked, "cores", lambda threads=threads: threads)
        found.append(swept(market, recipes_of(SIGNALS)).tobytes())
    assert len(set(found)) == 1


def test_an_interruption_stops_the_workers(make_bars, monkeypatch):
    bars = make_bars(6, sessions=700, symbols=3)
    market = Market(bars, COSTS, {"capital": 1.0, "fill_at": "open", "size_at": "fill"})

    class Interrupted(ThreadPoolExecutor):
        def map(self, work, units):
            yield from super().map(work, list(units)[:1])
            raise KeyboardInterrupt

    monkeypatch.setattr(banked, "ThreadPoolExecutor", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        swept(market, recipes_of(SIGNALS))


def test_what_the_compiled_accounts_do_not_know_is_an_obstacle(make_bars):
    bars, plain = make_bars(1), {"capital": 1.0, "fill_at": "open", "size_at": "fill"}
    assert Market(bars, COSTS, plain | {"whole_shares": False, "kill_switch": None}).obstacle == ""
    assert Market(bars, COSTS, plain | {"whole_shares": True}).obstacle == "whole_shares is set"
    assert "kill_switch" in Market(bars, COSTS, plain | {"kill_switch": KillSwitch(-0.2)}).obstacle
    assert "something_new" in Market(bars, COSTS, plain | {"something_new": 3}).obstacle
    assert "not traded" in Market(make_bars(1, lives=True), COSTS, plain).obstacle
    assert isinstance(only(bars, "S1"), Bars)
