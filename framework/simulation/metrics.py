"""What a worth path comes to, in one compiled call without a temporary: the figures that every trial keeps.

Held to :mod:`framework.statistics` by tests; nothing here imports it.
"""

from typing import NamedTuple

import numpy as np

from framework.simulation.machine import compiled

ROUNDING = 8.0 * 2.0**-52  # of a return: a path whose returns spread less is flat


class Metrics(NamedTuple):
    """Figures of one worth path; Sharpe ratio, skewness and kurtosis are NaN where it is flat.

    `sharpe` is per session and not annualised, `kurtosis` raw (3 for the normal), `max_drawdown` a fraction of zero
    or below.
    """

    total_return: float
    mean: float
    volatility: float
    sharpe: float
    skewness: float
    kurtosis: float
    max_drawdown: float


@compiled
def measure(worth: np.ndarray, cash_return: float) -> Metrics:
    """Measure a path of two worths or more, its returns in excess of `cash_return` a session.

    The mean is a compensated sum (Neumaier 1974); central moments are about it.
    """
    count = len(worth) - 1
    total = lost = deepest = 0.0
    low, high, peak = np.inf, -np.inf, worth[0]
    for i in range(count):
        value = worth[i + 1] / worth[i] - 1.0 - cash_return
        grown = total + value
        lost += (total - grown) + value if abs(total) >= abs(value) else (value - grown) + total
        total = grown
        low, high = min(low, value), max(high, value)
        peak = max(peak, worth[i + 1])
        deepest = min(deepest, worth[i + 1] / peak - 1.0)
    mean = (total + lost) / count
    second = third = fourth = 0.0
    for i in range(count):
        apart = worth[i + 1] / worth[i] - 1.0 - cash_return - mean
        square = apart * apart
        second += square
        third += square * apart
        fourth += square * square
    gain = worth[count] / worth[0] - 1.0
    volatility = np.sqrt(second / (count - 1)) if count > 1 else np.nan
    if count < 2 or high - low <= ROUNDING * (1.0 + max(abs(low), abs(high))):
        return Metrics(gain, mean, volatility, np.nan, np.nan, np.nan, deepest)
    variance = second / count
    return Metrics(
        gain,
        mean,
        volatility,
        mean / volatility,
        third / count / variance**1.5,
        fourth / count / variance**2,
        deepest,
    )
