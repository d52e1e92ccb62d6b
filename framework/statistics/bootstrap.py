"""Intervals by the stationary bootstrap, seeded, for returns that depend on their past."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from framework.errors import DataError
from framework.statistics.returns import checked_returns

CHUNK_CELLS = 1 << 18  # returns resampled at a time: 2 MB, so that a chunk stays in the cache

BatchStatistic = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Interval:
    """Bounds that a statistic lies between with the confidence asked for."""

    low: float
    high: float


def bootstrap_interval(
    returns: pd.Series,
    statistic: BatchStatistic,
    *,
    confidence: float = 0.95,
    resamples: int = 1_000,
    block_length: float | None = None,
    seed: int = 0,
) -> Interval:
    """Percentile interval of any statistic of returns, by the stationary bootstrap.

    Source: Politis and Romano (1994), "The Stationary Bootstrap", JASA 89(428).

    Parameters
    ----------
    returns : Series, shape (periods,)
        Simple returns per period, as fractions. NaN is refused, not skipped.
    statistic : callable
        From an array of shape (resamples, periods), one resample a row, to an array of shape (resamples,).
    confidence : float
        Between 0 and 1, both excluded.
    resamples : int
        At least 100; the bounds themselves carry a sampling error that falls with its root.
    block_length : float, optional
        Mean block length in periods, 1 or more; `block_length_for` these returns if it is not given.
    seed : int
        The same seed gives the same interval.

    Raises
    ------
    DataError
        Fewer than eight returns, any NaN, a confidence, block length or count out of range, or a statistic that is
        not a finite number on every resample.
    """
    values = checked_returns(returns, at_least=8)
    length = block_length_for(values) if block_length is None else block_length
    draws = [
        statistic(values[rows])
        for rows in resampled_rows(len(values), block_length=length, resamples=resamples, seed=seed)
    ]
    interval = percentile_interval(np.concatenate(draws), confidence=confidence)
    if interval is None:
        raise DataError(
            "The statistic is not finite on every resample.",
            "An interval is taken over finite numbers only; none is dropped.",
            "Use a longer series, or a statistic that is defined on each.",
        )
    return interval


def percentile_interval(draws: np.ndarray, *, confidence: float = 0.95) -> Interval | None:
    """The middle `confidence` of the draws; None if one of them is not finite.

    Raises
    ------
    DataError
        A confidence that is not between 0 and 1.
    """
    if not 0.0 < confidence < 1.0:
        raise DataError(
            f"The confidence is {confidence!r}.", "It lies between 0 and 1, both excluded.", "Use 0.95."
        )
    if not np.isfinite(draws).all():
        return None
    outside = (1.0 - confidence) / 2.0
    low, high = np.quantile(draws, (outside, 1.0 - outside))
    return Interval(float(low), float(high))


def resampled_rows(
    observations: int, *, block_length: float, resamples: int, seed: int
) -> Iterator[np.ndarray]:
    """Row numbers of stationary bootstrap resamples, in chunks of shape (some, observations).

    Blocks begin at rows drawn uniformly, have geometric lengths of mean `block_length`, and run on from the last row
    to the first. The draws are PCG64's raw stream, which numpy keeps the same on every platform and in every version.

    Raises
    ------
    DataError
        As `check_draws`.
    """
    check_draws(block_length=block_length, resamples=resamples, seed=seed)
    source = np.random.PCG64(seed)
    rows_at_once = max(1, CHUNK_CELLS // observations)
    for first in range(0, resamples, rows_at_once):
        count = min(rows_at_once, resamples - first)
        yield _rows(source, observations, count, block_length).reshape(count, observations)


def check_draws(*, block_length: float, resamples: int, seed: int) -> None:
    """Refuse what cannot be drawn.

    Raises
    ------
    DataError
        A block length below 1, fewer than 100 resamples, or a seed that is not from 0 to 2**63 - 1.
    """
    if not (block_length >= 1.0 and math.isfinite(block_length)) or resamples < 100:
        raise DataError(
            f"A mean block length of {block_length!r} and {resamples} resamples were asked for.",
            "A block has a mean length of at least 1, and an interval needs at least 100 resamples.",
            "Leave both out to have them chosen.",
        )
    if not 0 <= seed < 2**63:
        raise DataError(f"The seed is {seed!r}.", "It is a whole number from 0 to 2**63 - 1.", "Use 0.")


def block_length_for(values: np.ndarray) -> float:
    """Mean block length for statistics of both the mean and the variance of these returns.

    The longer of `optimal_block_length` for the returns and for their squared deviations: daily returns hardly
    depend on their past, but their volatility does, and blocks too short for it make intervals too narrow.
    """
    deviations = values - values.mean()
    return max(optimal_block_length(values), optimal_block_length(deviations**2))


def optimal_block_length(values: np.ndarray) -> float:
    r"""Mean block length that minimises the error of the stationary bootstrap's variance of the mean.

    .. math:: b = \left(\frac{2 G^2}{D} n\right)^{1/3}, \quad D = 2 g(0)^2

    with flat-top weighted autocovariances in :math:`G` and :math:`g(0)`, up to twice the first lag that begins a run
    of insignificant autocorrelations. Sources: Politis and White (2004), Econometric Reviews 23(1), corrected by
    Patton, Politis and White (2009), Econometric Reviews 28(4).

    Returns
    -------
    float
        In periods, at least 1. Flat values give 1.

    Raises
    ------
    DataError
        Fewer than eight values.
    """
    n = len(values)
    if n < 8:
        raise DataError(f"There are {n} values.", "A block length is estimated from at least 8.", "Use more.")
    deviations = values - values.mean()
    if not np.any(deviations):
        return 1.0
    lags, covariances = _significant_lags(deviations)
    k = np.arange(1, lags + 1)
    flat_top = np.where(k / lags <= 0.5, 1.0, 2.0 * (1.0 - k / lags))
    weighted = 2.0 * flat_top * covariances[1 : lags + 1]
    spread = covariances[0] + weighted.sum()
    longest = math.ceil(min(3.0 * math.sqrt(n), n / 3.0))
    if spread == 0.0:
        return float(longest)
    length = (((weighted * k).sum() / spread) ** 2 * n) ** (1.0 / 3.0)
    return float(np.clip(length, 1.0, longest))


def _significant_lags(deviations: np.ndarray) -> tuple[int, np.ndarray]:
    """Lags to weigh, and the autocovariances up to the largest that could be."""
    n = len(deviations)
    run = max(5, int(math.log10(n)))
    most = min(math.ceil(math.sqrt(n)) + run, n - 2)
    covariances = np.array([deviations[lag:] @ deviations[: n - lag] for lag in range(most + 1)]) / n
    squares = np.concatenate(([0.0], np.cumsum(deviations**2)))
    lag = np.arange(most + 1)
    norms = np.sqrt((squares[n] - squares[lag + 1]) * squares[n - lag - 1])
    correlations = np.abs(covariances * n) / np.maximum(norms, np.finfo("f8").tiny)
    insignificant = correlations < 2.0 * math.sqrt(math.log10(n) / n)
    for start in range(1, most - run + 1):
        if insignificant[start : start + run].all():
            return min(2 * start, most), covariances
    return most, covariances


def _rows(source: np.random.PCG64, observations: int, count: int, block_length: float) -> np.ndarray:
    cells = observations * count
    begins = _uniform(source, cells) < 1.0 / block_length
    begins[::observations] = True  # a resample starts with a block of its own
    first = np.flatnonzero(begins)
    start = (_uniform(source, len(first)) * observations).astype(np.int64)
    lengths = np.diff(first, append=cells)
    rows: np.ndarray = np.repeat(start - first, lengths)
    rows += np.arange(cells)
    rows %= observations
    return rows


def _uniform(source: np.random.PCG64, count: int) -> np.ndarray:
    raw = np.asarray(source.random_raw(count), dtype=np.uint64)
    drawn: np.ndarray = (raw >> np.uint64(11)) * 2.0**-53
    return drawn
