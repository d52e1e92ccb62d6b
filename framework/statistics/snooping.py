"""Whether the best of many trials beats a benchmark once the search is paid for.

The tests share one stationary bootstrap of the trials' means, in one multiplication of matrices. `arch` has them too,
but its ``studentize`` changes nothing (8.0 compares plain means whatever it is set to), and it takes minutes for what
are seconds here; its unstudentised p-values are these.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from framework.errors import DataError
from framework.statistics.bootstrap import optimal_block_length, resampled_rows
from framework.statistics.ratios import is_flat
from framework.statistics.trials import checked_trials, refuse_gaps


@dataclass(frozen=True, kw_only=True)
class Resampling:
    """How the bootstrap of these tests draws.

    Parameters
    ----------
    resamples : int
        At least 100; a p-value is a share of them.
    block_length : float, optional
        Mean block length in periods; the median of what `optimal_block_length` finds for the trials' differences to
        the benchmark (101 trials, evenly spaced, where there are more), if it is not given.
    seed : int
        The same seed gives the same p-value.
    """

    resamples: int = 1_000
    block_length: float | None = None
    seed: int = 0


DEFAULT = Resampling()
SOME = 101  # trials whose block lengths are estimated


def reality_check(returns: pd.DataFrame, *, benchmark: pd.Series, resampling: Resampling = DEFAULT) -> float:
    """White's reality check: p-value of the best trial's mean return above the benchmark's.

    The null hypothesis is that no trial has a higher expected return than the benchmark, however many were tried.
    Differences are not studentised and none is recentred, so that many poor trials cost power.

    Source: White (2000), "A Reality Check for Data Snooping", Econometrica 68(5).

    Parameters
    ----------
    returns : DataFrame, shape (periods, trials)
        Simple returns net of costs, as fractions, a column a trial, *all* trials made. NaN is refused.
    benchmark : Series, shape (periods,)
        Its returns over the same periods; zeros to test against cash where returns are above the cash rate.
    resampling : Resampling
        Size, blocks and seed of the bootstrap.

    Returns
    -------
    float
        p-value, 0 to 1: 0.03 means that luck finds as much in 3 of 100 such searches.

    Raises
    ------
    DataError
        Fewer than eight periods, columns that are dates, other periods than the benchmark's, any NaN, or no trial
        that differs from it. A trial whose difference is the same in every period is left out: it tests nothing.
    """
    found = _compared(returns, benchmark, resampling)
    return float(np.mean((found.draws - found.means).max(axis=1) > found.means.max()))


def superior_predictive_ability(
    returns: pd.DataFrame, *, benchmark: pd.Series, resampling: Resampling = DEFAULT
) -> float:
    r"""Hansen's test of superior predictive ability: `reality_check`, studentised, and not diluted by poor trials.

    .. math:: T = \max\left(0, \max_k \bar d_k / s_k\right), \qquad
              T^* = \max\left(0, \max_k (\bar d_k^* - g_k) / s_k\right)

    with :math:`\bar d_k` a trial's mean above the benchmark, :math:`s_k` its standard error by the same bootstrap, and
    :math:`g_k = \bar d_k` unless that is below :math:`-s_k \sqrt{2 \ln \ln n}`: so poor a trial is not recentred. This
    is the consistent p-value. Parameters, unit and refusals are those of `reality_check`.

    Source: Hansen (2005), "A Test for Superior Predictive Ability", Journal of Business and Economic Statistics 23(4).

    Raises
    ------
    DataError
        As `reality_check`.
    """
    found = _compared(returns, benchmark, resampling)
    scores = found.means / found.errors
    poor = scores < -np.sqrt(2.0 * np.log(np.log(len(returns))))
    draws = (found.draws - np.where(poor, 0.0, found.means)) / found.errors
    return float(np.mean(np.maximum(draws.max(axis=1), 0.0) > max(scores.max(), 0.0)))


def stepwise_superior(
    returns: pd.DataFrame, *, benchmark: pd.Series, size: float = 0.05, resampling: Resampling = DEFAULT
) -> tuple[Any, ...]:
    """The trials that beat the benchmark, with at most `size` probability that any one of them does not.

    Source: Romano and Wolf (2005), "Stepwise Multiple Testing as Formalized Data Snooping", Econometrica 73(4);
    studentised.

    Returns
    -------
    tuple
        Names of trials in the order of the columns; empty if the search found nothing.

    Raises
    ------
    DataError
        As `reality_check`, or a size that is not between 0 and 0.5.
    """
    if not 0.0 < size < 0.5:
        raise DataError(f"The size is {size!r}.", "It lies between 0 and 0.5, both excluded.", "Use 0.05.")
    found = _compared(returns, benchmark, resampling)
    scores = found.means / found.errors
    draws = (found.draws - found.means) / found.errors
    superior = np.zeros(len(scores), dtype=bool)
    while not superior.all():
        limit = np.quantile(draws[:, ~superior].max(axis=1), 1.0 - size)
        better = ~superior & (scores > limit)
        if not better.any():
            break
        superior |= better
    return tuple(returns.columns[found.kept[place]] for place in np.flatnonzero(superior))


class _Compared(NamedTuple):
    """Means above the benchmark, their bootstrap (resamples x trials), its standard errors, and whose they are."""

    means: np.ndarray
    draws: np.ndarray
    errors: np.ndarray
    kept: list[int]


def _compared(returns: pd.DataFrame, benchmark: pd.Series, resampling: Resampling) -> _Compared:
    values, theirs = _checked(returns, benchmark)
    above = values - theirs
    kept = [trial for trial, series in enumerate(above) if not is_flat(series)]
    if not kept:
        raise DataError(
            f"None of the {len(values)} trials differs from the benchmark by more than a constant.",
            "The tests compare series that differ.",
            "Check that the trials traded, and that the benchmark is another series.",
        )
    draws = _bootstrapped_means(above[kept], resampling)
    return _Compared(above[kept].mean(axis=1), draws, draws.std(axis=0), kept)


def _bootstrapped_means(above: np.ndarray, resampling: Resampling) -> np.ndarray:
    """Mean of each trial in each resample: how often a resample has each period, times the differences."""
    periods, length = above.shape[1], resampling.block_length
    if length is None:
        some = np.unique(np.linspace(0, len(above) - 1, SOME).astype(int))
        length = float(np.median([optimal_block_length(above[trial]) for trial in some]))
    chunks = resampled_rows(
        periods, block_length=length, resamples=resampling.resamples, seed=resampling.seed
    )
    return np.concatenate([_times_drawn(rows) @ above.T / periods for rows in chunks])


def _times_drawn(rows: np.ndarray) -> np.ndarray:
    count, periods = rows.shape
    cells = (rows + periods * np.arange(count)[:, None]).ravel()
    return np.bincount(cells, minlength=count * periods).reshape(count, periods).astype("f8")


def _checked(returns: pd.DataFrame, benchmark: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    values = checked_trials(returns, at_least=8)
    if not np.isfinite(values).all():
        refuse_gaps(returns, values)
    if not returns.index.equals(benchmark.index):
        raise DataError(
            f"The trials have {len(returns)} returns and the benchmark {len(benchmark)}, on other sessions.",
            "The tests pair returns of the same sessions.",
            "Reindex the benchmark's worth to the trials' sessions before taking returns.",
        )
    theirs = benchmark.to_numpy("f8")
    if not np.isfinite(theirs).all():
        refuse_gaps(benchmark.to_frame("benchmark"), theirs[None, :])
    return values, theirs
