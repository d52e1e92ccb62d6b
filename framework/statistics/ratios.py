"""Reward over risk: one function a published ratio. Every one refuses NaN and states its unit."""

import math

import numpy as np
import pandas as pd

from framework.errors import DataError
from framework.statistics.drawdown import max_drawdown, pain_index, ulcer_index
from framework.statistics.returns import cagr, checked_returns

NAN = float("nan")


def annual_volatility(returns: pd.Series, *, periods_per_year: float) -> float:
    r"""Annualised standard deviation of returns.

    .. math:: \sigma = s(r)\sqrt{P}

    with :math:`s` the sample standard deviation (``ddof=1``). The square-root rule assumes uncorrelated returns.

    Parameters
    ----------
    returns : Series, shape (periods,)
        Simple returns per period, as fractions. NaN is refused, not skipped.
    periods_per_year : float
        252 for daily sessions, 12 for months.

    Returns
    -------
    float
        Fraction per square root of a year: 0.2 is twenty per cent.

    Raises
    ------
    DataError
        Fewer than two returns, or any NaN.
    """
    values = checked_returns(returns, at_least=2)
    return float(values.std(ddof=1) * math.sqrt(periods_per_year))


def sharpe_ratio(excess: pd.Series, *, periods_per_year: float) -> float:
    r"""Annualised Sharpe ratio of excess returns.

    .. math:: SR = \frac{\bar r}{s(r)}\sqrt{P}

    with :math:`s` the sample standard deviation (``ddof=1``) and :math:`P` the periods per year.
    The square-root rule assumes uncorrelated returns; see Lo (2002), "The Statistics of Sharpe
    Ratios", FAJ 58(4).

    Parameters
    ----------
    excess : Series, shape (periods,)
        Simple returns per period *above the risk-free rate*, as fractions: 0.01 is one per cent.
        Never prices, percentages or log returns. NaN is refused, not skipped.
    periods_per_year : float
        252 for daily sessions, 12 for months. No default: a wrong one is a silent factor of 4.6.
        1 gives the ratio per period, as every formula that takes moments wants it.

    Returns
    -------
    float
        Per-year ratio, unitless. NaN if every return is the same.

    Raises
    ------
    DataError
        Fewer than two returns, or any NaN.
    """
    values = checked_returns(excess, at_least=2)
    if is_flat(values):
        return NAN
    return float(values.mean() / values.std(ddof=1) * math.sqrt(periods_per_year))


def downside_deviation(returns: pd.Series, *, periods_per_year: float, target: float = 0.0) -> float:
    r"""Annualised root mean square of the shortfalls below a target.

    .. math:: \delta = \sqrt{\tfrac1n \sum_t \min(r_t - \tau, 0)^2}\,\sqrt{P}

    The mean is over all `n` periods, not over the losing ones only: Sortino and Price (1994), "Performance
    Measurement in a Downside Risk Framework", Journal of Investing 3(3).

    Parameters
    ----------
    returns : Series, shape (periods,)
        Simple returns per period, as fractions. NaN is refused, not skipped.
    periods_per_year : float
        252 for daily sessions, 12 for months, 1 for the figure per period.
    target : float
        Return *per period* below which a period is a shortfall.

    Returns
    -------
    float
        Fraction per square root of a year; 0 if no return falls short.

    Raises
    ------
    DataError
        No return, or any NaN.
    """
    shortfall = np.minimum(checked_returns(returns) - target, 0.0)
    return float(math.sqrt(np.mean(shortfall**2)) * math.sqrt(periods_per_year))


def sortino_ratio(excess: pd.Series, *, periods_per_year: float, target: float = 0.0) -> float:
    r"""Annualised mean above a target per unit of downside deviation.

    .. math:: S = \frac{\bar r - \tau}{\delta}\sqrt{P}

    with :math:`\delta` the downside deviation per period. Source: Sortino and Price (1994).

    Parameters
    ----------
    excess : Series, shape (periods,)
        Simple returns per period above the risk-free rate, as fractions. NaN is refused, not skipped.
    periods_per_year : float
        252 for daily sessions, 12 for months.
    target : float
        Return *per period* below which a period is a shortfall.

    Returns
    -------
    float
        Per-year ratio, unitless. NaN if no return falls short of the target.

    Raises
    ------
    DataError
        Fewer than two returns, or any NaN.
    """
    values = checked_returns(excess, at_least=2)
    risk = downside_deviation(excess, periods_per_year=1.0, target=target)
    return float((values.mean() - target) / risk * math.sqrt(periods_per_year)) if risk > 0.0 else NAN


def calmar_ratio(worth: pd.Series) -> float:
    r"""Compound annual growth per unit of maximum drawdown, over the whole span.

    .. math:: C = CAGR / |MDD|

    Young (1991), "Calmar Ratio: A Smoother Tool", Futures 20(1), takes the last 36 months; here the span is that
    of the series, and both parts come from it.

    Returns
    -------
    float
        Per year, unitless. NaN if worth never fell below its peak.

    Raises
    ------
    DataError
        As `cagr`: a worth at or below zero, a NaN, a span below one year.
    """
    return _over(cagr(worth), -max_drawdown(worth))


def martin_ratio(worth: pd.Series, *, risk_free_per_year: float = 0.0) -> float:
    r"""Compound annual growth above the risk-free rate per unit of ulcer index.

    .. math:: M = (CAGR - r_f) / UI

    Source: Martin and McCann (1989), "The Investor's Guide to Fidelity Funds" (there the Ulcer Performance Index).

    Returns
    -------
    float
        Per year, unitless. NaN if worth never fell below its peak.

    Raises
    ------
    DataError
        As `cagr`.
    """
    return _over(cagr(worth) - risk_free_per_year, ulcer_index(worth))


def pain_ratio(worth: pd.Series, *, risk_free_per_year: float = 0.0) -> float:
    """Compound annual growth above the risk-free rate per unit of pain index; otherwise as `martin_ratio`.

    Raises
    ------
    DataError
        As `cagr`.
    """
    return _over(cagr(worth) - risk_free_per_year, pain_index(worth))


def omega_ratio(returns: pd.Series, *, threshold: float = 0.0) -> float:
    r"""Sum of the gains over a threshold per unit of the losses under it.

    .. math:: \Omega(\tau) = \frac{\sum_t \max(r_t - \tau, 0)}{\sum_t \max(\tau - r_t, 0)}

    Source: Keating and Shadwick (2002), "A Universal Performance Measure". `threshold` is per period.

    Returns
    -------
    float
        Unitless; 1 where the mean return equals the threshold. NaN if no return lies under it.

    Raises
    ------
    DataError
        No return, or any NaN.
    """
    beyond = checked_returns(returns) - threshold
    return _over(float(np.maximum(beyond, 0.0).sum()), float(np.maximum(-beyond, 0.0).sum()))


def kappa_ratio(returns: pd.Series, *, order: float = 3.0, threshold: float = 0.0) -> float:
    r"""Mean above a threshold per unit of the root of the lower partial moment of an order, per period.

    .. math:: K_n(\tau) = \frac{\bar r - \tau}{\sqrt[n]{\tfrac1T \sum_t \max(\tau - r_t, 0)^n}}

    Source: Kaplan and Knowles (2004), "Kappa: A Generalized Downside Risk-Adjusted Performance Measure". Order 1
    is omega less one, order 2 the Sortino ratio.

    Returns
    -------
    float
        Per period (not annualised), unitless. NaN if no return lies under the threshold.

    Raises
    ------
    DataError
        No return, any NaN, or an order that is not above zero.
    """
    if not order > 0.0:
        raise DataError(f"The order is {order!r}.", "A lower partial moment has an order above 0.", "Use 3.")
    values = checked_returns(returns)
    moment = float(np.mean(np.maximum(threshold - values, 0.0) ** order))
    return _over(float(values.mean()) - threshold, moment ** (1.0 / order))


def tail_ratio(returns: pd.Series) -> float:
    r"""The 95th percentile of returns over the absolute 5th: :math:`|q_{0.95}| / |q_{0.05}|`, unitless.

    Quantiles interpolate linearly (Hyndman and Fan's type 7). NaN if the 5th percentile is zero.

    Raises
    ------
    DataError
        No return, or any NaN.
    """
    low, high = np.quantile(checked_returns(returns), (0.05, 0.95))
    return _over(abs(float(high)), abs(float(low)))


def is_flat(values: np.ndarray) -> bool:
    """Whether all returns are the same up to the rounding of the worths that they come from."""
    rounding = 8.0 * np.finfo("f8").eps
    return bool(np.ptp(values) <= rounding * (1.0 + np.abs(values).max()))


def _over(reward: float, risk: float) -> float:
    return reward / risk if risk > 0.0 else NAN
