import numpy as np
import pandas as pd

from framework.data.bars import Bars
from framework.data.sources import find
from strategies.buy_and_hold import STRATEGY


def test_it_buys_equal_shares_once_and_holds():
    wanted = STRATEGY.weights(find("sample").bars(STRATEGY.universe)).frame
    assert (wanted.iloc[0] == 0.05).all()
    assert wanted.iloc[1:].isna().all(axis=None)


def test_it_shares_again_when_a_symbol_lists_or_leaves():
    sessions = pd.bdate_range("2024-01-01", periods=5)
    close = pd.DataFrame(
        {"A": [10.0, 11.0, 12.0, 13.0, 14.0], "B": [np.nan, np.nan, 5.0, 6.0, np.nan]}, index=sessions
    )
    wanted = STRATEGY.weights(Bars(close)).frame
    hold = [np.nan, np.nan]
    np.testing.assert_array_equal(wanted, [[1.0, 0.0], hold, [0.5, 0.5], hold, [1.0, 0.0]])
