import numpy as np
import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.errors import SpecError
from framework.trading.quotes import check_fill_at, quotes, usual

SESSIONS = pd.bdate_range("2024-01-01", periods=3)


def frame(*values):
    return pd.DataFrame({"A": values}, SESSIONS, dtype="f8")


FULL = Bars(
    frame(12.0, 12.0, np.nan),
    open=frame(10.0, 10.0, np.nan),
    high=frame(15.0, 14.0, np.nan),
    low=frame(9.0, 8.0, np.nan),
)


def test_orders_fill_at_the_price_that_was_asked_for_and_nowhere_outside_a_life():
    np.testing.assert_array_equal(quotes(FULL, "open")[:, 0], [10.0, 10.0, np.nan])
    np.testing.assert_array_equal(quotes(FULL, "close")[:, 0], [12.0, 12.0, np.nan])
    np.testing.assert_array_equal(quotes(FULL, "mean")[:, 0], [11.5, 11.0, np.nan])


def test_nothing_fills_in_a_session_without_volume():
    halted = Bars(FULL.close, open=FULL.open, volume=frame(0.0, 5.0, np.nan))
    np.testing.assert_array_equal(quotes(halted, "open")[:, 0], [np.nan, 10.0, np.nan])
    np.testing.assert_array_equal(quotes(halted, "close")[:, 0], [np.nan, 12.0, np.nan])


def test_bars_with_opens_are_filled_there():
    assert (usual(FULL), usual(Bars(FULL.close))) == ("open", "close")


def test_what_the_bars_lack_is_named():
    with pytest.raises(SpecError, match="have open, close, and no high, low"):
        check_fill_at(Bars(FULL.close, open=FULL.open), "mean")
    with pytest.raises(SpecError, match="one of open, close, mean"):
        check_fill_at(FULL, "noon")
