"""Bars for the strategy room: random walks, and the same with lives that begin late and end early."""

import numpy as np
import pandas as pd
import pytest

from framework.data.bars import Bars

SESSIONS = pd.bdate_range("2019-01-01", periods=500)
SYMBOLS = ["A", "B", "C", "D", "E", "F"]


def walk(seed: int) -> pd.DataFrame:
    moves = np.random.default_rng(seed).normal(0.0004, 0.015, (len(SESSIONS), len(SYMBOLS)))
    return pd.DataFrame(50.0 * np.exp(moves.cumsum(axis=0)), index=SESSIONS, columns=SYMBOLS)


@pytest.fixture
def plain_bars() -> Bars:
    close = walk(1)
    return Bars(close, features={"mood": np.log(close).diff()})


@pytest.fixture
def late_bars() -> Bars:
    """E lists at row 150 and F at row 320; A is delisted after row 430."""
    close = walk(2)
    close.iloc[:150, 4] = np.nan
    close.iloc[:320, 5] = np.nan
    close.iloc[431:, 0] = np.nan
    return Bars(close, features={"mood": np.log(close).diff()})
