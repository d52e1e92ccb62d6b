"""Statistics over a window that moves: whether a figure holds over time, or comes from one stretch of it."""

import numpy as np
import pandas as pd

from framework.errors import DataError
from framework.statistics.returns import simple_returns


def rolling_statistics(
    worth: pd.Series, *, window: int = 252, periods_per_year: float = 252.0, risk_free_per_year: float = 0.0
) -> pd.DataFrame:
    """Return, volatility and Sharpe ratio of the last `window` returns, at each session that has so many.

    Parameters
    ----------
    worth : Series, shape (sessions,)
        USD at each close, the capital first. NaN is refused, not skipped.
    window : int
        Returns in a window, at least 20. Neighbouring windows share all but one return: read the level, not the
        wiggles.
    periods_per_year, risk_free_per_year : float
        252 for daily sessions; the cash rate that the Sharpe ratio is above, as a fraction per year.

    Returns
    -------
    DataFrame, shape (sessions - window, 3)
        ``total_return`` (of the window, not annualised) and ``annual_volatility`` as fractions, ``sharpe_ratio``
        annualised, as the functions of these names give them; NaN for the ratio of a window that never moved.

    Raises
    ------
    DataError
        A worth at or below zero, a window below 20, or fewer returns than one window.
    """
    returns = simple_returns(worth)
    if not 20 <= window <= len(returns):
        raise DataError(
            f"A window of {window} was asked for, over {len(returns)} returns.",
            "A window has at least 20 returns, and no more than there are.",
            "Choose a shorter window, or wait for more sessions.",
        )
    windows = np.lib.stride_tricks.sliding_window_view(returns.to_numpy(), window)
    deviation = windows.std(axis=1, ddof=1)
    moved = deviation > 1e-14
    mean = windows.mean(axis=1) - risk_free_per_year / periods_per_year
    values = worth.to_numpy("f8")
    return pd.DataFrame(
        {
            "total_return": values[window:] / values[:-window] - 1.0,
            "annual_volatility": deviation * np.sqrt(periods_per_year),
            "sharpe_ratio": np.where(moved, mean / np.where(moved, deviation, 1.0), np.nan)
            * np.sqrt(periods_per_year),
        },
        index=worth.index[window:],
    )
