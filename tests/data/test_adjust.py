import numpy as np
import pandas as pd

from framework.data.adjust import shares_per_share, total_returns
from framework.data.bars import Bars

SESSIONS = pd.bdate_range("2024-01-01", periods=4)


def frame(**columns):
    return pd.DataFrame(columns, SESSIONS, dtype="f8")


CLOSE = frame(A=[100.0, 110.0, 55.0, 54.0], B=[np.nan, 10.0, 11.0, np.nan])
DIVIDEND = frame(A=[0.0, 0.0, 0.0, 1.0], B=[np.nan, 0.0, 0.5, np.nan])
SPLIT = frame(A=[1.0, 1.0, 2.0, 1.0], B=[np.nan, 1.0, 1.0, np.nan])


def test_returns_are_those_of_a_holder():
    """A splits two for one at 55 and then pays 1 of 55; B gains 1 of 10 and pays 0.5."""
    found = total_returns(Bars(CLOSE, dividend=DIVIDEND, split=SPLIT))
    np.testing.assert_allclose(found[:, 0], [np.nan, 0.1, 0.0, 0.0], rtol=0.0, atol=1e-15)
    np.testing.assert_allclose(found[:, 1], [np.nan, np.nan, 0.15, np.nan], rtol=1e-14)


def test_without_splits_and_dividends_they_are_changes_of_the_close():
    found = total_returns(Bars(CLOSE))
    np.testing.assert_allclose(found, CLOSE.pct_change(fill_method=None), rtol=1e-15)


def test_a_dividend_in_the_session_of_a_split_is_paid_on_each_new_share():
    both = Bars(CLOSE[["A"]], dividend=frame(A=[0.0, 0.0, 1.0, 0.0]), split=SPLIT[["A"]])
    assert total_returns(both)[2, 0] == (55.0 + 1.0) * 2.0 / 110.0 - 1.0


def test_splits_multiply_up():
    halves = Bars(CLOSE, split=frame(A=[1.0, 3.0, 2.0, 1.0], B=[np.nan, 1.0, 0.5, np.nan]))
    np.testing.assert_array_equal(shares_per_share(halves), [[1, 1], [3, 1], [6, 0.5], [6, 0.5]])
    np.testing.assert_array_equal(shares_per_share(Bars(CLOSE)), np.ones((4, 2)))
