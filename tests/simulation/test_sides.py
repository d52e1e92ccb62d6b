"""Changes of sides against the signals' own answers in pandas, run by run."""

import numpy as np
import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.simulation.banked import recipes_of
from framework.simulation.banks import fill, series_of
from framework.simulation.sides import decide, no_changes
from framework.strategy.indicators import average, highest, lowest, momentum, price, rsi, zscore
from framework.strategy.signals import Signal, above, below

SIGNALS = [
    Signal(above(average(3), average(9))),
    Signal(above(average(9), average(3))),
    Signal(above(average(3), average(9)) & above(momentum(12), 0.01)),
    Signal(above(price(), highest(10)), below(price(), lowest(5))),
    Signal(below(zscore(15), -1.0) & above(price(), average(40)), above(zscore(15), 0.0)),
    Signal(below(rsi(5), 30.0), above(rsi(5), 70.0) & above(price(), price(2))),
    Signal(above(price(), 0.0)),
    Signal(below(price(), 0.0)),
]


@pytest.mark.parametrize("size", [8_192, 64, 61, 1])
def test_sides_are_those_of_the_signals(size):
    closes = np.round(30.0 * np.exp(np.random.default_rng(8).normal(0.0, 0.03, 500).cumsum()), 1)
    bars = Bars(pd.DataFrame({"A": closes}, pd.bdate_range("2020-01-01", periods=500)))
    recipes = recipes_of(SIGNALS)
    bank, smoothed = np.empty((len(recipes.rows.kinds), size)), np.zeros((len(recipes.rows.kinds), 2))
    changes, series = no_changes(len(SIGNALS), size), series_of(closes)
    found = [[] for _ in SIGNALS]
    for first in range(0, 500, size):
        after = min(first + size, 500)
        fill(recipes.rows, series, first, after, smoothed, bank)
        decide(recipes.signals, bank, after - first, changes)
        for account, rows in enumerate(found):
            rows.extend(
                (first + changes.rows[changes.starts[account] : changes.starts[account + 1]]).tolist()
            )
    for signal, rows, inside in zip(SIGNALS, found, changes.inside, strict=True):
        side = signal.on(bars)["A"].to_numpy()
        assert rows == np.flatnonzero(np.diff(side, prepend=0.0)).tolist()
        assert inside == side[-1]
    assert [len(rows) > 5 for rows in found] == [True] * 6 + [False] * 2


def test_indicators_and_comparisons_are_shared():
    recipes = recipes_of(
        [Signal(above(average(fast), average(slow))) for fast in (2, 3, 4) for slow in (5, 6, 7)]
    )
    assert len(recipes.rows.kinds) == 6
    assert len(recipes.signals.places) == 9
