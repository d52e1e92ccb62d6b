"""What compiled accounts of one symbol came to, as the figures of a sweep."""

from typing import Any

import numpy as np

from framework.simulation.metrics import ROUNDING
from framework.simulation.sweep import Figures
from framework.simulation.tiles import Account


def figures_of(states: np.ndarray, *, sessions: int, capital: float) -> np.ndarray:
    """Figures of accounts, shape (..., 9) in the order of :class:`Figures`, from their states, shape (..., 12).

    Moments come from sums of powers. Where an account stood still its Sharpe ratio, skewness and kurtosis are NaN;
    all figures of one that was ruined are.
    """
    own: Any = Account(*np.moveaxis(states, -1, 0))
    count = sessions - 1
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = own.first / count
        second = np.maximum(own.second - mean * own.first, 0.0)
        third = own.third - 3.0 * mean * own.second + 2.0 * count * mean**3
        fourth = own.fourth - 4.0 * mean * own.third + 6.0 * mean**2 * own.second - 3.0 * count * mean**4
        volatility = np.sqrt(second / (count - 1))
        variance = np.where(volatility > ROUNDING, second / count, np.nan)
        figures = {
            "total_return": own.worth / capital - 1.0,
            "sharpe": np.where(np.isnan(variance), np.nan, mean / volatility),
            "volatility": volatility,
            "skewness": third / count / variance**1.5,
            "kurtosis": fourth / count / variance**2,
            "max_drawdown": own.deepest - 1.0,
            "trades": own.trades,
            "traded_usd": own.traded_usd,
            "costs_usd": own.costs_usd,
        }
    table = np.stack([figures[name] for name in Figures._fields], axis=-1)
    table[~(own.worth > 0.0)] = np.nan
    return table
