"""Conditions and signals: ties, states, and the weights that follow from what is declared."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.errors import SpecError
from framework.strategy.base import Strategy
from framework.strategy.causality import check_causal
from framework.strategy.indicators import average, highest, lowest, momentum, price, rsi
from framework.strategy.signals import TIE, Declared, Signal, above, below, shares


def bars_of(**prices):
    length = len(next(iter(prices.values())))
    return Bars(pd.DataFrame(prices, index=pd.bdate_range("2024-01-01", periods=length)))


def test_equal_within_a_tie_is_neither_above_nor_below():
    bars = bars_of(
        A=[100.0, 100.0 * (1 + TIE / 2)], B=[100.0, 100.0 * (1 + 2 * TIE)], C=[100.0, 100.0 * (1 - 2 * TIE)]
    )
    up = above(price(0), price(1)).holds(bars).iloc[-1]
    down = below(price(0), price(1)).holds(bars).iloc[-1]
    assert up.tolist() == [False, True, False]
    assert down.tolist() == [False, False, True]


def test_a_number_is_met_only_from_outside_the_tie():
    bars = bars_of(A=[100.0, 110.0], B=[100.0, 110.0 + 1e-8], C=[100.0, 110.0 - 1e-8])
    assert above(momentum(1), 0.1).holds(bars).iloc[-1].tolist() == [False, True, False]
    assert below(momentum(1), 0.1).holds(bars).iloc[-1].tolist() == [False, False, True]
    assert not above(momentum(1), -1e-12).holds(bars_of(A=[5.0, 5.0])).iloc[-1, 0]  # and near zero too


def test_conditions_are_joined_by_and():
    bars = bars_of(A=[10.0, 12.0, 11.0, 13.0])
    both = above(price(), price(1)) & above(price(), 12.5)
    assert both.holds(bars)["A"].tolist() == [False, False, False, True]
    assert both.sessions == 2


def test_a_channel_is_held_from_its_upper_to_its_lower_line():
    closes = [5.0, 6.0, 7.0, 6.5, 7.5, 7.2, 6.0, 6.5, 5.0, 9.0]
    signal = Signal(above(price(), highest(2)), below(price(), lowest(2)))
    held, inside = [], False
    for row, close in enumerate(closes):
        if row >= 2 and close > max(closes[row - 2 : row]):
            inside = True
        if row >= 2 and close < min(closes[row - 2 : row]):
            inside = False
        held.append(float(inside))
    assert signal.on(bars_of(A=closes))["A"].tolist() == held
    assert 0.0 < sum(held) < len(held)
    assert signal.sessions == 3


def test_where_both_hold_at_once_it_is_not_held():
    always = above(price(), 0.0)
    assert not Signal(always, always).on(bars_of(A=[1.0, 2.0])).any(axis=None)


def test_what_is_not_listed_is_not_held():
    close = pd.DataFrame({"A": [1.0, 2.0, 3.0, np.nan, np.nan], "B": [np.nan, np.nan, 1.0, 2.0, 3.0]})
    bars = Bars(close.set_axis(pd.bdate_range("2024-01-01", periods=5)))
    for signal in (Signal(above(price(1), 0.0)), Signal(above(price(1), 0.0), below(price(), 0.0))):
        assert signal.on(bars).to_numpy().T.tolist() == [[0, 1, 1, 0, 0], [0, 0, 0, 1, 1]]


@dataclass(frozen=True)
class Dip(Declared):
    """Buys what fell, until it rose."""

    window: int = 3
    universe: tuple[str, ...] = ("A", "B")

    @property
    def signal(self):
        return Signal(
            below(rsi(self.window), 30.0) & above(price(), average(20)), above(rsi(self.window), 60.0)
        )


def test_weights_and_warmup_follow_from_the_declaration():
    closes = 50.0 + np.random.default_rng(1).normal(0.05, 1.0, (300, 2)).cumsum(axis=0)
    bars = Bars(pd.DataFrame(np.abs(closes) + 5.0, pd.bdate_range("2020-01-01", periods=300), ["A", "B"]))
    rule = Dip()
    assert isinstance(rule, Strategy)
    assert rule.warmup == 20
    wanted = rule.weights(bars).frame
    held = rule.signal.on(bars)
    pd.testing.assert_frame_equal(wanted.ffill(), held / 2.0)
    assert 4 < len(wanted.dropna()) < 200
    check_causal(rule, bars, cuts=20)


def test_shares_decide_only_where_a_part_changes():
    wanted = shares(
        pd.DataFrame({"A": [0.0, 1.0, 1.0, 0.5], "B": [0.0, 0.0, 0.0, 0.0]}, bars_of(A=[1.0] * 4).sessions)
    )
    np.testing.assert_array_equal(wanted.frame, [[0, 0], [0.5, 0], [np.nan, np.nan], [0.25, 0]])


def test_comparing_two_numbers_or_with_none_is_refused():
    for left, right in ((1.0, 2), (average(3), float("nan"))):
        with pytest.raises(SpecError, match="At least one of the two is an indicator"):
            above(left, right)


def test_a_rule_without_a_signal_says_so():
    with pytest.raises(NotImplementedError):
        _ = Declared().warmup
