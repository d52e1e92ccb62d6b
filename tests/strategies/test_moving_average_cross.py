import numpy as np
import pandas as pd

from framework.data.bars import Bars
from framework.data.sources import find
from strategies.moving_average_cross import STRATEGY, MovingAverageCross


def bars_of(**prices: list[float]) -> Bars:
    length = len(next(iter(prices.values())))
    return Bars(pd.DataFrame(prices, index=pd.bdate_range("2024-01-01", periods=length)))


def test_a_small_case_by_hand():
    wanted = MovingAverageCross(1, 2).weights(bars_of(A=[10.0, 12.0, 13.0, 11.0, 11.0, 12.0])).frame["A"]
    # above its two-day mean: -, yes, yes, no, tie, yes; and a row only where that changes
    np.testing.assert_array_equal(wanted, [0.0, 1.0, np.nan, 0.0, np.nan, 1.0])


def test_each_symbol_gets_its_share_and_every_change_resets_all():
    bars = bars_of(A=[10.0, 11.0, 12.0, 13.0], B=[10.0, 9.0, 8.0, 9.0])
    wanted = MovingAverageCross(1, 2).weights(bars).frame
    np.testing.assert_array_equal(wanted, [[0.0, 0.0], [0.5, 0.0], [np.nan, np.nan], [0.5, 0.5]])


def test_exact_ties_are_flat_whatever_the_rounding():
    """A flat price after a noisy one ties every average; running sums leave dust there, which is not a signal."""
    noise = 100.0 + np.random.default_rng(0).normal(0.0, 7.0, 300).round(3)
    flat = np.full(400, 101.237)
    bars = bars_of(A=[*noise, *flat])
    tied = MovingAverageCross(7, 90).weights(bars).frame["A"].ffill().iloc[300 + 90 :]
    assert (tied == 0.0).all()
    dusty = bars.close["A"].rolling(7).mean() - bars.close["A"].rolling(90).mean()
    assert np.abs(dusty.iloc[300 + 90 :]).max() < 1e-11 * 101.237


def test_the_sides_are_those_of_averages_taken_one_by_one():
    bars = find("sample").bars(["GOOG", "IBM"], start="2006-01-03", end="2008-12-31")
    wanted = STRATEGY.weights(bars).frame.ffill()
    close = bars.close.to_numpy()
    for row in range(199, len(bars), 7):
        above = close[row - 49 : row + 1].mean(axis=0) > close[row - 199 : row + 1].mean(axis=0)
        np.testing.assert_array_equal(wanted.iloc[row], above * 0.5)


def test_it_trades_only_on_a_change():
    wanted = STRATEGY.weights(find("sample").bars(["GOOG", "IBM"])).frame.dropna()
    assert len(wanted) > 20
    assert (wanted != wanted.shift()).any(axis=1).all()
