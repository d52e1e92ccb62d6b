"""Rows of a bank against the indicators' own answers in pandas, in one run of sessions and in many."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.simulation.banks import fill, is_known, rows_of, series_of
from framework.strategy.indicators import average, highest, lowest, momentum, price, rsi, zscore

SIDES = [
    *(price(0), price(4), average(1), average(7), average(90), momentum(1), momentum(30)),
    *(highest(1), highest(20), lowest(20), zscore(2), zscore(25), rsi(1), rsi(14), 30.0, -2),
]


def bank_of(sides, bars, size):
    rows, given = rows_of(sides)
    series = series_of(bars.close["A"].to_numpy(), [each.on(bars)["A"].to_numpy() for each in given])
    found, smoothed = np.empty((len(sides), len(bars))), np.zeros((len(sides), 2))
    for first in range(0, len(bars), size):
        after = min(first + size, len(bars))
        part = np.empty((len(sides), size))
        fill(rows, series, first, after, smoothed, part)
        found[:, first:after] = part[:, : after - first]
    return found


@pytest.mark.parametrize("size", [1_000, 64, 7, 1])
def test_rows_are_the_indicators_whatever_the_runs(size):
    closes = np.round(40.0 * np.exp(np.random.default_rng(3).normal(0.0, 0.02, 400).cumsum()), 2)
    bars = Bars(pd.DataFrame({"A": closes}, pd.bdate_range("2020-01-01", periods=400)))
    found = bank_of(SIDES, bars, size)
    for row, side in zip(found, SIDES, strict=True):
        expected = (
            np.full(400, float(side)) if isinstance(side, int | float) else side.on(bars)["A"].to_numpy()
        )
        np.testing.assert_allclose(row, expected, rtol=1e-11, atol=1e-12)


def test_a_mean_keeps_its_digits_after_prices_a_million_times_higher():
    closes = np.concatenate([np.full(5_000, 9.7e5), np.random.default_rng(0).uniform(0.1, 0.2, 300)])
    bars = Bars(pd.DataFrame({"A": closes}, pd.bdate_range("2000-01-01", periods=len(closes))))
    (row,) = bank_of([average(50)], bars, 512)
    exact = [closes[at - 49 : at + 1].mean() for at in range(5_100, 5_300)]
    np.testing.assert_allclose(row[5_100:], exact, rtol=1e-14)


@dataclass(frozen=True)
class Squared:
    """An indicator that has no compiled form."""

    sessions: int = 1

    def on(self, bars):
        return bars.close**2


def test_what_has_no_compiled_form_is_given():
    bars = Bars(pd.DataFrame({"A": np.arange(1.0, 31.0)}, pd.bdate_range("2020-01-01", periods=30)))
    found = bank_of([average(2), Squared()], bars, 8)
    np.testing.assert_array_equal(found[1], np.arange(1.0, 31.0) ** 2)
    assert is_known(average(2))
    assert is_known(1.0)
    assert not is_known(Squared())
