import numpy as np
import pandas as pd

from framework.data.bars import Bars
from framework.data.sources import find
from strategies.ten_month_timing import STRATEGY, TenMonthTiming


def test_on_monthly_bars_it_is_fabers_rule_by_hand():
    months = pd.date_range("2020-01-31", periods=6, freq="ME")
    close = pd.DataFrame({"A": [10.0, 11.0, 12.0, 11.0, 10.0, 13.0]}, index=months)
    wanted = TenMonthTiming(universe=("A",), months=3).weights(Bars(close)).frame["A"]
    # means of three: -, -, 11, 11.33, 11, 11.33; the price is above in the third and the sixth month
    assert wanted.tolist() == [0.0, 0.0, 1.0, 0.0, 0.0, 1.0]


def test_a_price_equal_to_its_average_is_not_held():
    months = pd.date_range("2020-01-31", periods=3, freq="ME")
    close = pd.DataFrame({"A": [11.0, 11.0, 11.0]}, index=months)
    assert TenMonthTiming(universe=("A",), months=3).weights(Bars(close)).frame["A"].sum() == 0.0


def test_on_daily_bars_it_decides_once_a_month_against_ten_first_closes():
    bars = find("sample").bars(["SPX"])
    wanted = STRATEGY.weights(bars).frame["SPX"]
    decided = wanted.dropna()
    firsts = [group.index[0] for _, group in bars.close["SPX"].groupby(bars.sessions.strftime("%Y-%m"))]
    assert list(decided.index) == firsts
    closes = bars.close["SPX"].loc[firsts].to_numpy()
    by_hand = [float(i >= 9 and closes[i] > np.mean(closes[i - 9 : i + 1])) for i in range(len(firsts))]
    assert decided.tolist() == by_hand


def test_it_was_out_of_the_market_at_the_end_of_2008_and_in_at_the_end_of_2013():
    wanted = STRATEGY.weights(find("sample").bars(["SPX"])).frame["SPX"].ffill()
    assert wanted.loc["2008-10-31"] == 0.0
    assert wanted.loc["2013-12-31"] == 1.0
