"""A strategy against its benchmark: beta, alpha and correlation, with t-statistics."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from framework.errors import DataError
from framework.statistics.ratios import is_flat
from framework.statistics.returns import checked_returns, checked_worth

NAN = float("nan")


@dataclass(frozen=True)
class Regression:
    r"""Excess returns regressed on the benchmark's: a line, its t-statistics and the correlation.

    Parameters
    ----------
    alpha : float
        Intercept *per period*, as a fraction.
    beta : float
        Slope, unitless.
    correlation : float
        Pearson's, -1 to 1.
    alpha_t, beta_t : float
        Heteroskedasticity and autocorrelation consistent (HAC) t-statistics of zero: Newey and West (1987),
        Econometrica 55(3), with Bartlett weights over `lags` lags. NaN where the fit is exact.
    correlation_t : float
        :math:`r\sqrt{(n-2)/(1-r^2)}`, which assumes independent observations.
    observations, lags : int
        Pairs of returns; lags of the HAC estimate.
    """

    alpha: float
    beta: float
    correlation: float
    alpha_t: float
    beta_t: float
    correlation_t: float
    observations: int
    lags: int


def regress(excess: pd.Series, benchmark: pd.Series) -> Regression:
    r"""Ordinary least squares of :math:`r_t = \alpha + \beta b_t + u_t`, both above the risk-free rate.

    Source of the model: Jensen (1968), "The Performance of Mutual Funds in the Period 1945-1964", Journal of
    Finance 23(2). The lags of the HAC estimate are :math:`\lfloor 4 (n/100)^{2/9} \rfloor`.

    Parameters
    ----------
    excess, benchmark : Series, shape (periods,)
        Simple returns per period above the risk-free rate, on the very same sessions. NaN is refused.

    Returns
    -------
    Regression
        All NaN if either series is flat.

    Raises
    ------
    DataError
        Fewer than three returns, any NaN, or sessions that differ.
    """
    y, x = checked_returns(excess, at_least=3), checked_returns(benchmark, at_least=3)
    if not excess.index.equals(benchmark.index):
        raise DataError(
            f"The strategy has {len(y)} returns and the benchmark {len(x)}, on other sessions.",
            "A regression pairs returns of the same sessions.",
            "Align the worths with aligned_benchmark first.",
        )
    lags = int(4.0 * (len(y) / 100.0) ** (2.0 / 9.0))
    if is_flat(x) or is_flat(y):
        return Regression(NAN, NAN, NAN, NAN, NAN, NAN, len(y), lags)
    dx, dy = x - x.mean(), y - y.mean()
    beta = float(dx @ dy / (dx @ dx))
    alpha = float(y.mean() - beta * x.mean())
    r = float(np.clip(dx @ dy / math.sqrt((dx @ dx) * (dy @ dy)), -1.0, 1.0))
    unexplained = 1.0 - r**2
    if unexplained < 1e-12:
        return Regression(alpha, beta, r, NAN, NAN, NAN, len(y), lags)
    alpha_se, beta_se = _newey_west(x, y - alpha - beta * x, lags)
    correlation_t = r * math.sqrt((len(y) - 2) / unexplained)
    return Regression(alpha, beta, r, alpha / alpha_se, beta / beta_se, correlation_t, len(y), lags)


def beta(excess: pd.Series, benchmark: pd.Series) -> float:
    """Slope of the regression on the benchmark, unitless; see `regress`.

    Raises
    ------
    DataError
        As `regress`.
    """
    return regress(excess, benchmark).beta


def alpha(excess: pd.Series, benchmark: pd.Series, *, periods_per_year: float) -> float:
    r"""Intercept of the regression on the benchmark, :math:`\alpha P` per year without compounding, a fraction.

    Raises
    ------
    DataError
        As `regress`.
    """
    return regress(excess, benchmark).alpha * periods_per_year


def correlation(returns: pd.Series, benchmark: pd.Series) -> float:
    """Pearson's correlation of returns with the benchmark's, -1 to 1; see `regress`.

    Raises
    ------
    DataError
        As `regress`.
    """
    return regress(returns, benchmark).correlation


def aligned_benchmark(benchmark: pd.Series, sessions: pd.DatetimeIndex) -> pd.Series:
    """The benchmark's worth or price at exactly these sessions; none is filled in.

    Raises
    ------
    DataError
        A session without a benchmark price, named, or prices that are not above zero.
    """
    checked_worth(benchmark, at_least=1)
    missing = sessions[~sessions.isin(benchmark.index)]
    if len(missing):
        raise DataError(
            f"The benchmark has no price at {missing[0]:%Y-%m-%d} ({len(missing)} of {len(sessions)} sessions).",
            f"It runs from {benchmark.index[0]:%Y-%m-%d} to {benchmark.index[-1]:%Y-%m-%d}, and a gap is not filled.",
            "Choose a benchmark of the same calendar, or cut the backtest to their common sessions.",
        )
    return benchmark.loc[sessions]


def _newey_west(x: np.ndarray, residuals: np.ndarray, lags: int) -> tuple[float, float]:
    design = np.column_stack([np.ones_like(x), x])
    scores = design * residuals[:, None]
    middle = scores.T @ scores
    for lag in range(1, min(lags, len(x) - 1) + 1):
        cross = scores[lag:].T @ scores[:-lag]
        middle += (1.0 - lag / (lags + 1.0)) * (cross + cross.T)
    bread = np.linalg.inv(design.T @ design)
    variance = np.diag(bread @ middle @ bread)
    return math.sqrt(variance[0]), math.sqrt(variance[1])
