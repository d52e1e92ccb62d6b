"""Whether the best of many trials beats a benchmark once the search is paid for. The tests are those of `arch`."""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd

from framework.errors import DataError
from framework.statistics.bootstrap import check_draws, optimal_block_length
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
        Mean block length in periods, rounded to a whole one; the median over the trials of what
        `optimal_block_length` finds for their differences to the benchmark, if it is not given.
    seed : int
        The same seed gives the same p-value.
    """

    resamples: int = 1_000
    block_length: float | None = None
    seed: int = 0


DEFAULT = Resampling()


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
    from arch.bootstrap import SPA

    settings, _ = _compared(returns, benchmark, resampling)
    test = SPA(**settings, studentize=False)
    test.compute()
    return float(test.pvalues["upper"])


def superior_predictive_ability(
    returns: pd.DataFrame, *, benchmark: pd.Series, resampling: Resampling = DEFAULT
) -> float:
    """Hansen's test of superior predictive ability: `reality_check`, studentised, and not diluted by poor trials.

    The consistent p-value. Parameters, unit and refusals are those of `reality_check`.

    Source: Hansen (2005), "A Test for Superior Predictive Ability", Journal of Business and Economic Statistics 23(4).

    Raises
    ------
    DataError
        As `reality_check`.
    """
    from arch.bootstrap import SPA

    settings, _ = _compared(returns, benchmark, resampling)
    test = SPA(**settings, studentize=True)
    test.compute()
    return float(test.pvalues["consistent"])


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
    from arch.bootstrap import StepM

    settings, kept = _compared(returns, benchmark, resampling)
    test = StepM(**settings, size=size, studentize=True)
    test.compute()
    found = cast("list[int]", test.superior_models)  # positions, since arch was given no names
    return tuple(returns.columns[kept[position]] for position in sorted(found))


def _compared(
    returns: pd.DataFrame, benchmark: pd.Series, resampling: Resampling
) -> tuple[dict[str, Any], list[int]]:
    """What arch's tests are made with, and the columns that take part."""
    values, theirs = _checked(returns, benchmark)
    above = values - theirs
    kept = [trial for trial, series in enumerate(above) if not is_flat(series)]
    if not kept:
        raise DataError(
            f"None of the {len(values)} trials differs from the benchmark by more than a constant.",
            "The tests compare series that differ.",
            "Check that the trials traded, and that the benchmark is another series.",
        )
    length = resampling.block_length
    if length is None:
        length = float(np.median([optimal_block_length(above[trial]) for trial in kept]))
    check_draws(block_length=length, resamples=resampling.resamples, seed=resampling.seed)
    settings = {
        "benchmark": -theirs,  # arch compares losses
        "models": -values[kept].T,
        "block_size": round(length),
        "reps": resampling.resamples,
        "seed": resampling.seed,
    }
    return settings, kept


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
