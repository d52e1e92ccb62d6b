"""Many trials at once: the moments and the deflated Sharpe ratio of every column of a matrix of returns."""

import numpy as np
import pandas as pd

from framework.errors import DataError
from framework.statistics.ratios import is_flat
from framework.statistics.significance import expected_maximum_sharpe

NOT_FLAT = 1e-12  # deviations above this are surely more than rounding


def trial_moments(returns: pd.DataFrame) -> pd.DataFrame:
    """`moments` of each trial, in one read of the matrix.

    Parameters
    ----------
    returns : DataFrame, shape (periods, trials)
        Simple returns above the risk-free rate, as fractions, a column a trial. NaN is refused, not skipped.

    Returns
    -------
    DataFrame, shape (trials, 4)
        ``sharpe`` (per period), ``observations``, ``skewness`` and ``kurtosis`` (raw, 3 for the normal); NaN in a row
        whose returns are all the same.

    Raises
    ------
    DataError
        Fewer than two periods, no trial, columns that are dates (a transposed matrix), or any NaN.
    """
    from framework.statistics.kernels import central_sums

    values = checked_trials(returns)
    n, sums = values.shape[1], np.empty((len(values), 4))
    central_sums(values, sums)
    if not np.isfinite(sums).all():
        refuse_gaps(returns, values)
    mean, (second, third, fourth) = sums[:, 0], sums[:, 1:].T / n
    deviation = np.sqrt(second)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = {
            "sharpe": mean / (deviation * np.sqrt(n / (n - 1))),
            "observations": np.full(len(mean), n),
            "skewness": third / deviation**3,
            "kurtosis": fourth / second**2,
        }
    for trial in np.flatnonzero(deviation <= NOT_FLAT * (1.0 + np.abs(mean))):
        if is_flat(values[trial]):
            found["sharpe"][trial] = found["skewness"][trial] = found["kurtosis"][trial] = np.nan
    return pd.DataFrame(found, index=returns.columns)


def deflated_sharpe_ratios(returns: pd.DataFrame, *, trials: int | None = None) -> pd.Series:
    """`deflated_sharpe_ratio` of each trial, as if it were the one chosen, in one read of the matrix.

    The variance of the trials' Sharpe ratios is that of the columns (``ddof=1``), those left out that never moved.

    Parameters
    ----------
    returns : DataFrame, shape (periods, trials)
        As `trial_moments`.
    trials : int, optional
        How many trials there were; the columns, if it is not given. More than these if some were not kept, fewer if
        many are near copies: see `effective_trials`.

    Returns
    -------
    Series, shape (trials,)
        Probabilities, 0 to 1; NaN where every return is the same.

    Raises
    ------
    DataError
        As `trial_moments` and `expected_maximum_sharpe`.
    """
    from framework.statistics.kernels import normal_below

    table = trial_moments(returns)
    sharpe, skewness, kurtosis = (table[name].to_numpy("f8") for name in ("sharpe", "skewness", "kurtosis"))
    known = sharpe[np.isfinite(sharpe)]
    luck = expected_maximum_sharpe(
        len(sharpe) if trials is None else trials,
        trials_variance=float(known.var(ddof=1)) if len(known) > 1 else 0.0,
    )
    spread = np.sqrt(1.0 - skewness * sharpe + (kurtosis - 1.0) / 4.0 * sharpe**2)
    z = (sharpe - luck) * np.sqrt(len(returns) - 1) / spread
    return pd.Series(normal_below(z), index=table.index, name="deflated_sharpe_ratio")


def checked_trials(returns: pd.DataFrame, *, at_least: int = 2) -> np.ndarray:
    """The trials as float64, shape (trials, periods), each in one piece as pandas keeps them.

    Its numbers are yet to be checked: a sum of them is finite only if all are.

    Raises
    ------
    DataError
        Fewer than `at_least` periods, no trial, or columns that are dates: rows are periods and columns trials.
    """
    names: object = returns.columns
    dated = isinstance(names, pd.DatetimeIndex | pd.PeriodIndex)
    if dated or len(returns) < at_least or returns.shape[1] < 1:
        raise DataError(
            f"The matrix has {returns.shape[0]} rows and {returns.shape[1]} columns ({type(names).__name__}).",
            f"Rows are periods, at least {at_least}, and columns trials, at least 1.",
            "Transpose it if it lies the other way round.",
        )
    return np.ascontiguousarray(returns.to_numpy("f8").T)


def refuse_gaps(returns: pd.DataFrame, values: np.ndarray) -> None:
    """Name the first return that is not finite, or whose powers are not.

    Raises
    ------
    DataError
        Always.
    """
    bad = ~np.isfinite(values) if not np.isfinite(values).all() else np.abs(values) == np.abs(values).max()
    period, trial = (int(axis[0]) for axis in np.nonzero(bad.T))
    raise DataError(
        f"The return of trial {returns.columns[trial]} at {returns.index[period]} is {values[trial, period]}.",
        "Returns are finite fractions; a gap is neither skipped nor filled with zero.",
        "Compare trials over the sessions that all of them have.",
    )
