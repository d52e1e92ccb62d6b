import numpy as np
import pandas as pd

from framework.data.bars import Bars
from strategies.dual_momentum import DualMomentum


def weights_of(**prices: list[float]) -> pd.DataFrame:
    months = pd.date_range("2020-01-31", periods=len(next(iter(prices.values()))), freq="ME")
    return (
        DualMomentum(universe=tuple(prices), lookback=2)
        .weights(Bars(pd.DataFrame(prices, index=months)))
        .frame
    )


def test_the_strongest_is_held_and_nothing_if_none_rose():
    wanted = weights_of(A=[10.0, 10.0, 12.0, 9.0, 11.0], B=[10.0, 10.0, 11.0, 11.0, 10.0])
    # returns over two rows: A +20 %, -10 %, -8 %; B +10 %, +10 %, -9 %
    assert wanted.to_numpy().tolist() == [[0.0, 0.0], [0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]


def test_of_equal_returns_the_first_wins_and_no_return_is_not_enough():
    assert weights_of(A=[10.0, 10.0, 11.0], B=[20.0, 20.0, 22.0]).iloc[-1].tolist() == [1.0, 0.0]
    assert weights_of(A=[10.0, 10.0, 10.0], B=[20.0, 20.0, 20.0]).iloc[-1].tolist() == [0.0, 0.0]


def test_a_symbol_without_a_year_of_prices_is_not_ranked():
    assert weights_of(A=[10.0, 10.0, 10.5], B=[np.nan, 1.0, 9.0]).iloc[-1].tolist() == [1.0, 0.0]
