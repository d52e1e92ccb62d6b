import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.data.sources import find
from strategies.short_term_reversal import STRATEGY, ShortTermReversal


def test_last_weeks_losers_are_bought_with_the_winners_money_by_hand():
    mondays = pd.date_range("2024-01-01", periods=2, freq="W-MON")
    close = pd.DataFrame({"A": [10.0, 11.0], "B": [10.0, 9.0], "C": [10.0, 10.6]}, index=mondays)
    wanted = ShortTermReversal(universe=("A", "B", "C"), lookback=1).weights(Bars(close)).frame.iloc[-1]
    # returns 10 %, -10 %, 6 %; less their mean of 2 %: 8, -12, 4; over their gross of 24, turned round
    assert wanted.tolist() == pytest.approx([-8 / 24, 12 / 24, -4 / 24])


def test_gross_is_one_and_net_is_zero_every_week():
    decided = STRATEGY.weights(find("sample").bars(STRATEGY.universe)).frame.dropna().iloc[2:]
    assert len(decided) > 1700
    assert decided.abs().sum(axis=1).to_numpy() == pytest.approx(1.0, abs=1e-12)
    assert decided.sum(axis=1).to_numpy() == pytest.approx(0.0, abs=1e-12)


def test_a_week_in_which_all_moved_alike_asks_for_nothing():
    mondays = pd.date_range("2024-01-01", periods=2, freq="W-MON")
    close = pd.DataFrame({"A": [10.0, 11.0], "B": [20.0, 22.0]}, index=mondays)
    rule = ShortTermReversal(universe=("A", "B"), lookback=1)
    assert rule.weights(Bars(close)).frame.iloc[-1].tolist() == [0.0, 0.0]
