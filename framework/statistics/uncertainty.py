"""How far a Sharpe ratio can be trusted: its standard error, and its stationary bootstrap interval."""

import math

import numpy as np
import pandas as pd

from framework.errors import DataError
from framework.statistics.bootstrap import Interval, block_length_for, check_draws, percentile_interval
from framework.statistics.ratios import is_flat
from framework.statistics.returns import checked_returns

GUIDED = 12  # leading bits of a draw that find its block length
STILL = 1e-10  # of the sample's variance: a resample below it repeats one value, and has no Sharpe ratio


def sharpe_interval(
    excess: pd.Series,
    *,
    periods_per_year: float,
    confidence: float = 0.95,
    resamples: int = 10_000,
    block_length: float | None = None,
    seed: int = 0,
) -> Interval:
    """Percentile interval of the annualised Sharpe ratio by the stationary bootstrap, in milliseconds.

    The same law as `bootstrap_interval` of `sharpe_ratio` (blocks of geometric length, which run on from the last row
    to the first), with other draws: a block adds a difference of running sums, so that no resample is ever written out.
    A block's start is uniform to one part in 2**32 of the observations.

    Source: Politis and Romano (1994), "The Stationary Bootstrap", JASA 89(428); Ledoit and Wolf (2008), "Robust
    Performance Hypothesis Testing with the Sharpe Ratio", Journal of Empirical Finance 15(5), on why blocks are needed.

    Parameters
    ----------
    excess : Series, shape (periods,)
        Simple returns per period above the risk-free rate, as fractions. NaN is refused, not skipped.
    periods_per_year : float
        252 for daily sessions, 12 for months; 1 for the interval per period.
    confidence, resamples, block_length, seed
        As `bootstrap_interval`.

    Raises
    ------
    DataError
        As `bootstrap_interval`; returns that are all the same in the sample or in one resample.
    """
    values = checked_returns(excess, at_least=8)
    length = block_length_for(values) if block_length is None else block_length
    draws = _sharpe_draws(values, block_length=length, resamples=resamples, seed=seed)
    interval = percentile_interval(draws * math.sqrt(periods_per_year), confidence=confidence)
    if interval is None:
        raise DataError(
            "A resample has returns that are all the same.",
            "An interval is taken over Sharpe ratios that exist; none is dropped.",
            "Use a longer series, with fewer sessions without a position.",
        )
    return interval


def sharpe_standard_error(excess: pd.Series, *, periods_per_year: float, lags: int | None = None) -> float:
    r"""Standard error of the annualised Sharpe ratio, for returns that may be skewed, fat-tailed and autocorrelated.

    .. math:: se = \sqrt{\frac{P}{T} \sum_{k=-L}^{L} \left(1 - \frac{|k|}{L+1}\right)\hat\gamma_k(\psi)},
              \qquad \psi_t = z_t - \tfrac12 SR\,(z_t^2 - 1)

    with :math:`z` the standardised returns and :math:`\gamma_k` autocovariances: Lo (2002), "The Statistics of Sharpe
    Ratios", FAJ 58(4), by the delta method, with Newey and West's (1987) weights. Without lags it is the error that
    `probabilistic_sharpe_ratio` takes, :math:`\sqrt{(1 - \gamma_3 SR + (\gamma_4 - 1) SR^2 / 4) / T}`, annualised.

    Parameters
    ----------
    excess : Series, shape (periods,)
        Simple returns per period above the risk-free rate, as fractions. NaN is refused, not skipped.
    periods_per_year : float
        252 for daily sessions, 12 for months; 1 for the error per period.
    lags : int, optional
        Autocovariances that count; :math:`4 (T/100)^{2/9}`, cut to a whole number, if it is not given.

    Returns
    -------
    float
        In the unit of `sharpe_ratio`. NaN if every return is the same.

    Raises
    ------
    DataError
        Fewer than eight returns, any NaN, or lags that are negative or not fewer than the returns.
    """
    values = checked_returns(excess, at_least=8)
    n = len(values)
    most = int(4.0 * (n / 100.0) ** (2.0 / 9.0)) if lags is None else lags
    if not 0 <= most < n:
        raise DataError(
            f"{most} lags over {n} returns.", "There are 0 lags or more, and fewer than returns.", "Use 5."
        )
    if is_flat(values):
        return float("nan")
    z = (values - values.mean()) / values.std()
    influence = z - values.mean() / values.std() / 2.0 * (z**2 - 1.0)
    total = influence @ influence
    for lag in range(1, most + 1):
        total += 2.0 * (1.0 - lag / (most + 1.0)) * (influence[lag:] @ influence[:-lag])
    return float(math.sqrt(total * periods_per_year) / n)


def length_thresholds(observations: int, block_length: float) -> np.ndarray:
    """The share of block lengths up to 1, 2, ... observations, times 2**32; a longer one would be cut anyway."""
    shares = (
        -np.expm1(np.arange(1, observations + 1) * np.log1p(-1.0 / block_length))
        if block_length > 1.0
        else 1.0
    )
    thresholds = np.full(observations, 2.0**32) * shares
    thresholds[-1] = 2.0**32
    return thresholds.astype(np.uint64)


def length_guide(thresholds: np.ndarray) -> np.ndarray:
    """The least length that a draw can have, for each value of its leading bits."""
    leading = np.arange(1 << GUIDED, dtype=np.uint64) << np.uint64(32 - GUIDED)
    guide = np.searchsorted(thresholds, leading, side="right") + 1
    return guide.astype(np.uint64)


def _sharpe_draws(values: np.ndarray, *, block_length: float, resamples: int, seed: int) -> np.ndarray:
    """Sharpe ratio per period of each resample; NaN where it has none."""
    from framework.statistics.kernels import block_sums

    check_draws(block_length=block_length, resamples=resamples, seed=seed)
    n, mean = len(values), values.mean()
    if is_flat(values):
        return np.full(resamples, np.nan)
    twice = np.tile(values - mean, 2)
    prefix = np.zeros((2 * n + 1, 2))
    prefix[1:, 0], prefix[1:, 1] = np.cumsum(twice), np.cumsum(twice**2)
    thresholds = length_thresholds(n, block_length)
    sums = np.empty((resamples, 2))
    block_sums(prefix, thresholds, length_guide(thresholds), seed, sums)
    shift = sums[:, 0] / n
    variance = (sums[:, 1] - n * shift**2) / (n - 1)
    variance[variance <= STILL * values.var()] = np.nan
    drawn: np.ndarray = (mean + shift) / np.sqrt(variance)
    return drawn
