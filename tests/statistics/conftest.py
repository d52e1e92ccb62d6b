"""Returns with fat tails and volatility that clusters, seeded, and worth series made by hand."""

import numpy as np
import pandas as pd
import pytest

SESSIONS = 1_500


def fat_tailed(seed: int, *, mean: float = 0.0004, spread: float = 0.008) -> np.ndarray:
    generator = np.random.Generator(np.random.PCG64(seed))
    volatility = spread * np.exp(0.4 * np.sin(np.arange(SESSIONS) / 60.0))
    return mean + volatility * generator.standard_t(5, SESSIONS)


def _worth_of(returns, *, start="2015-01-02", capital=100_000.0) -> pd.Series:
    sessions = pd.bdate_range(start, periods=len(returns) + 1)
    path = np.concatenate(([1.0], np.cumprod(1.0 + np.asarray(returns))))
    return pd.Series(capital * path, index=sessions, name="worth")


@pytest.fixture(scope="session")
def worth_of():
    """Worth from returns, the capital first, on weekdays."""
    return _worth_of


@pytest.fixture(scope="session")
def returns() -> pd.Series:
    return pd.Series(fat_tailed(1), index=pd.bdate_range("2015-01-05", periods=SESSIONS))


@pytest.fixture(scope="session")
def benchmark_returns(returns) -> pd.Series:
    return pd.Series(0.6 * returns.to_numpy() + fat_tailed(2, spread=0.005), index=returns.index)


@pytest.fixture(scope="session")
def worth(returns) -> pd.Series:
    return _worth_of(returns)


@pytest.fixture(scope="session")
def benchmark(benchmark_returns) -> pd.Series:
    return _worth_of(benchmark_returns, capital=2_000.0)
