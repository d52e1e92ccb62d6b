"""Invented prices, the same for every contender."""

import numpy as np
import pandas as pd


def prices(*, sessions: int, symbols: int, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Closes and opens of random walks, rounded to cents."""
    rng = np.random.default_rng(seed)
    index = pd.bdate_range("1990-01-01", periods=sessions)
    names = [f"S{column:03d}" for column in range(symbols)]
    steps = rng.normal(3e-4, 0.015, (sessions, symbols))
    close = pd.DataFrame(np.round(100.0 * np.exp(steps.cumsum(axis=0)), 2), index, names)
    gaps = np.exp(rng.normal(0.0, 0.005, (sessions, symbols)))
    return close, (close.shift().fillna(close) * gaps).round(2)


def crosses(close: pd.DataFrame, fast: int, slow: int) -> pd.DataFrame:
    """All of the account in what stands above its slow average; a row where a side changes, else NaN."""
    above = close.rolling(fast).mean() > close.rolling(slow).mean() * (1.0 + 1e-11)
    changed = (above != above.shift()).any(axis=1)
    return (above / close.shape[1]).where(changed)
