"""Bars and weights for the simulation's tests: small, seeded, with late listings and delistings."""

import numpy as np
import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.strategy.weights import TargetWeights


def random_bars(seed, *, sessions=40, symbols=4, opens=True, lives=False):
    rng = np.random.default_rng(seed)
    index = pd.bdate_range("2020-01-01", periods=sessions)
    names = [f"S{i}" for i in range(symbols)]
    closes = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.03, (sessions, symbols)), axis=0))
    gaps = np.exp(rng.normal(0.0, 0.02, (sessions, symbols)))
    if lives:
        closes[: sessions // 4, 0] = np.nan
        closes[sessions // 2 :, 1] = np.nan
    close = pd.DataFrame(closes, index, names)
    return Bars(close, open=close.shift().fillna(close) * gaps * (close / close) if opens else None)


def random_weights(seed, bars, *, gross=1.0, short=False):
    rng = np.random.default_rng(seed + 1)
    raw = rng.normal(size=bars.close.shape) if short else rng.random(bars.close.shape)
    rows = gross * raw / np.abs(raw).sum(axis=1, keepdims=True)
    rows[bars.close.isna().to_numpy()] = 0.0  # what is not listed cannot be wanted
    rows[rng.random(len(rows)) < 0.3] = np.nan
    return TargetWeights(pd.DataFrame(rows, bars.close.index, bars.close.columns), max_gross=max(1.0, gross))


@pytest.fixture
def make_bars():
    return random_bars


@pytest.fixture
def make_weights():
    return random_weights


@pytest.fixture
def three_days():
    """Three sessions of two symbols with round prices, for arithmetic done by hand."""
    index = pd.DatetimeIndex(["2024-01-02", "2024-01-03", "2024-01-04"])
    close = pd.DataFrame({"A": [100.0, 105.0, 90.0], "B": [50.0, 50.0, 60.0]}, index)
    return Bars(close, open=pd.DataFrame({"A": [99.0, 110.0, 100.0], "B": [50.0, 50.0, 55.0]}, index))
