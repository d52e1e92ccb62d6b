"""Whether a Sharpe ratio is more than luck, given its moments and the number of trials.

Every Sharpe ratio here is per period (not annualised) and every kurtosis raw (3 for the normal): fed with excess
kurtosis these formulas answer wrongly in silence, so moments that no distribution can have are refused.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from framework.errors import DataError
from framework.statistics.ratios import is_flat
from framework.statistics.returns import checked_returns

EULER_GAMMA = float(np.euler_gamma)
NORMAL = NormalDist()


@dataclass(frozen=True)
class Moments:
    """What the formulas of this module need to know of a series of excess returns.

    Parameters
    ----------
    sharpe : float
        Mean over sample standard deviation (``ddof=1``), per period, not annualised. NaN if all are the same.
    observations : int
        How many returns there are.
    skewness, kurtosis : float
        Sample moments about the mean, not corrected for bias; kurtosis is raw, 3 for the normal.
    """

    sharpe: float
    observations: int
    skewness: float
    kurtosis: float


def moments(excess: pd.Series) -> Moments:
    """Sharpe ratio per period, count, skewness and raw kurtosis of excess returns.

    Raises
    ------
    DataError
        Fewer than two returns, or any NaN.
    """
    values = checked_returns(excess, at_least=2)
    if is_flat(values):
        return Moments(float("nan"), len(values), float("nan"), float("nan"))
    centred = values - values.mean()
    variance = float(np.mean(centred**2))
    return Moments(
        sharpe=float(values.mean() / values.std(ddof=1)),
        observations=len(values),
        skewness=float(np.mean(centred**3)) / variance**1.5,
        kurtosis=float(np.mean(centred**4)) / variance**2,
    )


def probabilistic_sharpe_ratio(
    sharpe: float, *, benchmark: float, observations: int, skewness: float, kurtosis: float
) -> float:
    r"""Probability that the true Sharpe ratio exceeds a benchmark, given the sample's length and shape.

    .. math:: PSR(SR^*) = \Phi\left(\frac{(\widehat{SR} - SR^*)\sqrt{T-1}}
              {\sqrt{1 - \gamma_3 \widehat{SR} + \frac{\gamma_4 - 1}{4}\widehat{SR}^2}}\right)

    Source: Bailey and Lopez de Prado (2012), "The Sharpe Ratio Efficient Frontier", Journal of Risk 15(2).

    Parameters
    ----------
    sharpe, benchmark : float
        Sharpe ratios *per period*, not annualised.
    observations : int
        Returns that `sharpe` was estimated from, T.
    skewness, kurtosis : float
        Of those returns; kurtosis is *raw*, 3 for the normal.

    Returns
    -------
    float
        Probability, 0 to 1.

    Raises
    ------
    DataError
        Fewer than two observations, a figure that is not finite, or a kurtosis below 1 + skewness squared.
    """
    if observations < 2:
        raise DataError(
            f"There are {observations} observations.", "At least 2 are needed.", "Use a longer sample."
        )
    spread = math.sqrt(_sharpe_variance(sharpe, skewness, kurtosis))
    if not math.isfinite(benchmark):
        raise DataError(f"The benchmark is {benchmark!r}.", "It is a finite Sharpe ratio.", "Use 0.0.")
    return NORMAL.cdf((sharpe - benchmark) * math.sqrt(observations - 1) / spread)


def expected_maximum_sharpe(trials: int, *, trials_variance: float) -> float:
    r"""Sharpe ratio per period that the best of N skill-less trials is expected to show.

    .. math:: SR_0 = \sqrt{V}\left((1-\gamma)\,\Phi^{-1}\!\left[1 - \tfrac1N\right]
              + \gamma\,\Phi^{-1}\!\left[1 - \tfrac1{Ne}\right]\right)

    with :math:`\gamma` the Euler-Mascheroni constant. Source: Bailey and Lopez de Prado (2014), "The Deflated
    Sharpe Ratio", Journal of Portfolio Management 40(5). The best of one trial is that trial: 0 for N = 1.

    Parameters
    ----------
    trials : int
        Distinct trials made, the discarded and crashed ones too.
    trials_variance : float
        Variance of the trials' Sharpe ratios *per period*. Not used when N = 1.

    Raises
    ------
    DataError
        No trial, or a variance that is negative or not finite.
    """
    if trials < 1:
        raise DataError(f"{trials} trials are counted.", "There is at least one.", "Count this one too.")
    if trials == 1:
        return 0.0
    if not (math.isfinite(trials_variance) and trials_variance >= 0.0):
        raise DataError(
            f"The variance of the trials' Sharpe ratios is {trials_variance!r}.",
            "It is finite and not negative.",
            "Compute it over the trials that finished.",
        )
    return math.sqrt(trials_variance) * _expected_maximum_normal(trials)


def deflated_sharpe_ratio(
    sharpe: float,
    *,
    trials: int,
    trials_variance: float,
    observations: int,
    skewness: float,
    kurtosis: float,
) -> float:
    r"""Probability that the true Sharpe ratio is above zero, after choosing the best of N trials.

    .. math:: DSR = PSR(SR_0)

    with :math:`SR_0` of `expected_maximum_sharpe`. Source: Bailey and Lopez de Prado (2014).

    Parameters
    ----------
    sharpe : float
        Sharpe ratio of the chosen trial *per period*, not annualised.
    trials, trials_variance
        As `expected_maximum_sharpe`.
    observations, skewness, kurtosis
        As `probabilistic_sharpe_ratio`; kurtosis is *raw*, 3 for the normal.

    Returns
    -------
    float
        Probability, 0 to 1.

    Raises
    ------
    DataError
        As the two functions that it joins.
    """
    return probabilistic_sharpe_ratio(
        sharpe,
        benchmark=expected_maximum_sharpe(trials, trials_variance=trials_variance),
        observations=observations,
        skewness=skewness,
        kurtosis=kurtosis,
    )


def minimum_track_record_length(
    sharpe: float, *, benchmark: float, skewness: float, kurtosis: float, confidence: float = 0.95
) -> float:
    r"""Observations after which `probabilistic_sharpe_ratio` reaches `confidence`.

    .. math:: MinTRL = 1 + \left(1 - \gamma_3 \widehat{SR} + \tfrac{\gamma_4-1}{4}\widehat{SR}^2\right)
              \left(\frac{z_\alpha}{\widehat{SR} - SR^*}\right)^2

    Source: Bailey and Lopez de Prado (2012).

    Returns
    -------
    float
        In observations, not years, and not rounded. Infinite if `sharpe` is not above `benchmark`.

    Raises
    ------
    DataError
        As `probabilistic_sharpe_ratio`, or a confidence outside 0.5 to 1.
    """
    if not 0.5 < confidence < 1.0:
        raise DataError(
            f"The confidence is {confidence!r}.", "It lies between 0.5 and 1, both excluded.", "Use 0.95."
        )
    variance = _sharpe_variance(sharpe, skewness, kurtosis)
    if sharpe <= benchmark:
        return math.inf
    return 1.0 + variance * (NORMAL.inv_cdf(confidence) / (sharpe - benchmark)) ** 2


def minimum_backtest_length(trials: int, *, target_sharpe: float) -> float:
    r"""Years of backtest below which the best of N skill-less trials is expected to reach a Sharpe ratio.

    .. math:: MinBTL = \left(\frac{(1-\gamma)\,\Phi^{-1}[1 - 1/N] + \gamma\,\Phi^{-1}[1 - 1/(Ne)]}{SR}\right)^2

    Source: Bailey, Borwein, Lopez de Prado and Zhu (2014), "Pseudo-Mathematics and Financial Charlatanism",
    Notices of the AMS 61(5).

    Parameters
    ----------
    trials : int
        Independent trials, at least 2.
    target_sharpe : float
        *Annualised* Sharpe ratio, above zero: the one figure here that is per year, since the answer is in years.

    Returns
    -------
    float
        Years.

    Raises
    ------
    DataError
        Fewer than two trials, or a target that is not above zero.
    """
    if trials < 2 or not target_sharpe > 0.0:
        raise DataError(
            f"{trials} trials and a target of {target_sharpe!r} were given.",
            "The formula is for two trials or more, and a target above zero.",
            "With one trial there is no selection, and no minimum.",
        )
    return (_expected_maximum_normal(trials) / target_sharpe) ** 2


def adjusted_sharpe_ratio(sharpe: float, *, skewness: float, kurtosis: float) -> float:
    r"""Sharpe ratio per period, penalised for negative skewness and fat tails.

    .. math:: ASR = SR\left(1 + \tfrac{\gamma_3}{6} SR - \tfrac{\gamma_4 - 3}{24} SR^2\right)

    Source: Pezier and White (2006), "The Relative Merits of Investable Hedge Fund Indices and of Funds of Hedge
    Funds in Optimal Passive Portfolios". `sharpe` is *per period*, kurtosis *raw*.

    Raises
    ------
    DataError
        A figure that is not finite, or a kurtosis below 1 + skewness squared.
    """
    _check_moments(sharpe, skewness, kurtosis)
    return sharpe * (1.0 + skewness / 6.0 * sharpe - (kurtosis - 3.0) / 24.0 * sharpe**2)


def _expected_maximum_normal(trials: int) -> float:
    first = NORMAL.inv_cdf(1.0 - 1.0 / trials)
    second = NORMAL.inv_cdf(1.0 - 1.0 / (trials * math.e))
    return (1.0 - EULER_GAMMA) * first + EULER_GAMMA * second


def _sharpe_variance(sharpe: float, skewness: float, kurtosis: float) -> float:
    _check_moments(sharpe, skewness, kurtosis)
    return 1.0 - skewness * sharpe + (kurtosis - 1.0) / 4.0 * sharpe**2


def _check_moments(sharpe: float, skewness: float, kurtosis: float) -> None:
    if not all(math.isfinite(figure) for figure in (sharpe, skewness, kurtosis)):
        raise DataError(
            f"Sharpe {sharpe!r}, skewness {skewness!r}, kurtosis {kurtosis!r}.",
            "All three are finite.",
            "Returns that are all the same have no Sharpe ratio to test.",
        )
    if kurtosis < 1.0 + skewness**2 - 1e-9:
        raise DataError(
            f"Kurtosis is {kurtosis:.6g} at a skewness of {skewness:.6g}.",
            f"No distribution has less than 1 + skewness squared, {1.0 + skewness**2:.6g}.",
            "Pass the raw kurtosis (3 for the normal), not the excess.",
        )
