"""How many different things were tried: near copies of one trial count once."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from framework.errors import DataError
from framework.statistics.ratios import is_flat
from framework.statistics.trials import checked_trials, refuse_gaps, trial_moments

MOST = 4_000  # trials: their correlations take 128 MB


@dataclass(frozen=True, eq=False)
class EffectiveTrials:
    """What a search amounts to once near copies are counted once.

    Parameters
    ----------
    count : int
        Clusters: the N that `deflated_sharpe_ratio` wants.
    variance : float
        Variance (``ddof=1``) of the clusters' Sharpe ratios per period, each that of its trials' mean return; 0 if
        fewer than two clusters ever moved.
    clusters : Series, shape (trials,)
        Number of each trial's cluster, from 1.
    """

    count: int
    variance: float
    clusters: pd.Series


def effective_trials(returns: pd.DataFrame, *, correlation: float = 0.5) -> EffectiveTrials:
    r"""Clusters of trials whose returns go together, by average linkage on the distance :math:`1 - \rho`.

    Clusters are joined as long as the mean correlation between their members is at least `correlation`. Independent
    trials all count, copies count once, and a trial and its mirror image count twice: both tails were tried. Trials
    that never moved are one cluster. Lopez de Prado and Lewis (2019), "Detection of False Investment Strategies Using
    Unsupervised Learning Methods", Quantitative Finance 19(9), cluster for the same purpose, with k-means; a fixed
    correlation needs no seed, and does not find fewer clusters than there are in trials that have none.

    Parameters
    ----------
    returns : DataFrame, shape (periods, trials)
        Simple returns above the risk-free rate, as fractions, a column a trial. NaN is refused, not skipped.
    correlation : float
        Between 0 and 1, both excluded. Higher counts more trials, and so is the stricter choice.

    Raises
    ------
    DataError
        Fewer than three periods, columns that are dates, more than 4,000 trials, any NaN, or a correlation out of
        range.
    """
    _check(returns, correlation)
    values = checked_trials(returns, at_least=3)
    if not np.isfinite(values).all():
        refuse_gaps(returns, values)
    moving = np.array([not is_flat(trial) for trial in values])
    labels = np.zeros(len(values), dtype=np.int64)
    labels[moving] = _linked(values[moving], correlation)
    labels[~moving] = labels.max() + 1
    means = pd.DataFrame(values).groupby(labels).mean().T
    sharpes = trial_moments(means)["sharpe"].dropna()
    return EffectiveTrials(
        count=len(np.unique(labels)),
        variance=float(sharpes.var(ddof=1)) if len(sharpes) > 1 else 0.0,
        clusters=pd.Series(labels, index=returns.columns, name="cluster"),
    )


def _linked(values: np.ndarray, correlation: float) -> np.ndarray:
    from scipy.cluster.hierarchy import fcluster, linkage

    if len(values) < 2:
        return np.ones(len(values), dtype=np.int64)
    apart = 1.0 - np.corrcoef(values)[np.triu_indices(len(values), 1)]
    tree = linkage(np.maximum(apart, 0.0), method="average")
    labels: np.ndarray = fcluster(tree, 1.0 - correlation, criterion="distance")
    return labels


def _check(returns: pd.DataFrame, correlation: float) -> None:
    if not 0.0 < correlation < 1.0:
        raise DataError(
            f"The correlation is {correlation!r}.", "It lies between 0 and 1, both excluded.", "Use 0.5."
        )
    if returns.shape[1] > MOST:
        raise DataError(
            f"There are {returns.shape[1]:,} trials.",
            f"Correlations are taken between {MOST:,} at most.",
            "Cluster a random sample of them, and scale the count up.",
        )
