"""Indicators against arithmetic done by hand, window by window."""

import numpy as np
import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.errors import SpecError
from framework.strategy.indicators import average, highest, lowest, momentum, price, rsi, zscore


@pytest.fixture
def bars():
    closes = np.round(50.0 + np.random.default_rng(4).normal(0.0, 3.0, (60, 2)).cumsum(axis=0), 2)
    return Bars(pd.DataFrame(np.abs(closes) + 1.0, pd.bdate_range("2024-01-01", periods=60), ["A", "B"]))


BY_HAND = {
    "price": (price(3), lambda past: past[-4]),
    "average": (average(7), lambda past: past[-7:].mean()),
    "momentum": (momentum(5), lambda past: past[-1] / past[-6] - 1.0),
    "highest": (highest(6), lambda past: past[-7:-1].max()),
    "lowest": (lowest(6), lambda past: past[-7:-1].min()),
    "zscore": (zscore(9), lambda past: (past[-1] - past[-9:].mean()) / past[-9:].std(ddof=1)),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_each_number_is_what_the_past_comes_to_by_hand(name, bars):
    indicator, by_hand = BY_HAND[name]
    found, closes = indicator.on(bars).to_numpy(), bars.close.to_numpy()
    assert np.isnan(found[: indicator.sessions - 1]).all()
    for row in range(indicator.sessions - 1, len(closes)):
        for column in range(2):
            assert found[row, column] == pytest.approx(by_hand(closes[: row + 1, column]), rel=1e-12)


def test_relative_strength_is_wilders_recurrence(bars):
    found, closes = rsi(4).on(bars)["A"].to_numpy(), bars.close["A"].to_numpy()
    gain, loss = max(closes[1] - closes[0], 0.0), max(closes[0] - closes[1], 0.0)
    for row in range(2, len(closes)):
        change = closes[row] - closes[row - 1]
        gain, loss = (3.0 * gain + max(change, 0.0)) / 4.0, (3.0 * loss + max(-change, 0.0)) / 4.0
        if row >= 4:
            assert found[row] == pytest.approx(100.0 - 100.0 / (1.0 + gain / loss), rel=1e-12)
    assert np.isnan(found[:4]).all()
    assert rsi(4).sessions == 5


def test_prices_that_do_not_move_have_neither_score_nor_strength():
    still = Bars(pd.DataFrame({"A": [10.0] * 12}, pd.bdate_range("2024-01-01", periods=12)))
    assert zscore(5).on(still).isna().all(axis=None)
    assert rsi(5).on(still).isna().all(axis=None)


@pytest.mark.parametrize(
    "indicator", [price(3), average(7), momentum(5), highest(6), lowest(6), zscore(9), rsi(4)]
)
def test_no_number_changes_once_later_bars_exist(indicator, bars):
    for row in (12, 30, 58):
        cut = bars.until(bars.sessions[row])
        pd.testing.assert_frame_equal(indicator.on(cut), indicator.on(bars).iloc[: row + 1], rtol=1e-13)


def test_the_same_indicator_is_the_same_object_and_an_equal_value():
    assert average(20) is average(20)
    assert average(20) != average(21) != momentum(21)


@pytest.mark.parametrize(
    "make", [lambda: average(0), lambda: momentum(2.5), lambda: zscore(1), lambda: price(-1)]
)
def test_a_length_that_is_none_is_refused(make):
    with pytest.raises(SpecError, match="whole number of sessions"):
        make()
