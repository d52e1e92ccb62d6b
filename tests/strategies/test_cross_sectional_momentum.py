import numpy as np
import pandas as pd

from framework.data.bars import Bars
from framework.data.sources import find
from strategies.cross_sectional_momentum import STRATEGY, CrossSectionalMomentum


def test_the_last_month_is_left_out():
    months = pd.date_range("2020-01-31", periods=4, freq="ME")
    close = pd.DataFrame({"A": [10.0, 10.0, 15.0, 5.0], "B": [10.0, 10.0, 12.0, 90.0]}, index=months)
    rule = CrossSectionalMomentum(universe=("A", "B"), winners=1, lookback=3, skip=1)
    # from row 0 to row 2 A gained 50 % and B 20 %; what they did in row 3 does not count
    assert rule.weights(Bars(close)).frame.iloc[-1].tolist() == [1.0, 0.0]


def test_it_holds_five_at_a_fifth_each():
    decided = STRATEGY.weights(find("sample").bars(STRATEGY.universe)).frame.dropna().iloc[13:]
    assert ((decided == 0.2).sum(axis=1) == 5).all()
    assert ((decided == 0.0).sum(axis=1) == 15).all()


def test_one_decision_against_plain_arithmetic():
    bars = find("sample").bars(STRATEGY.universe)
    row = bars.sessions.get_loc(pd.Timestamp("2009-03-02"))
    close = bars.close.to_numpy()
    best = np.argsort(close[row - 21] / close[row - 252])[-5:]
    held = STRATEGY.weights(bars).at("2009-03-02")
    assert set(held.index[held > 0.0]) == {bars.symbols[i] for i in best}


def test_while_few_have_a_return_the_rest_is_cash():
    months = pd.date_range("2020-01-31", periods=4, freq="ME")
    close = pd.DataFrame({"A": [10.0, 10.0, 15.0, 5.0], "B": [np.nan, 10.0, 12.0, 90.0]}, index=months)
    rule = CrossSectionalMomentum(universe=("A", "B"), winners=2, lookback=3, skip=1)
    assert rule.weights(Bars(close)).frame.iloc[-1].tolist() == [0.5, 0.0]
