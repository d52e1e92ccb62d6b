"""Whether choosing the best of many trials overfits: combinatorially symmetric cross-validation."""

from itertools import combinations

import numpy as np
import pandas as pd

from framework.errors import DataError

CHUNK_CELLS = 1 << 20  # Sharpe ratios held at a time


def probability_of_backtest_overfitting(returns: pd.DataFrame, *, blocks: int = 16) -> float:
    r"""Probability that the trial chosen in one half of the sample is below the median in the other.

    The periods are cut into `blocks` consecutive blocks. For each way of taking half of them, the trial with the best
    Sharpe ratio in that half is ranked among all trials in the other half; the answer is the share of the ways whose
    logit of the relative rank :math:`\omega = rank / (N + 1)` is zero or negative. Trials that tie share their mean
    rank.

    Source: Bailey, Borwein, Lopez de Prado and Zhu (2017), "The Probability of Backtest Overfitting", Journal of
    Computational Finance 20(4).

    Parameters
    ----------
    returns : DataFrame, shape (periods, trials)
        Simple returns above the risk-free rate, a column a trial, all trials made. NaN is refused.
    blocks : int
        Even, from 4 to 20; 16 gives 12,870 ways.

    Returns
    -------
    float
        0 to 1. About 0.5 where all trials are equally skilled (or luck alone), 0 where the best is always the best.

    Raises
    ------
    DataError
        Fewer periods than trials or columns that are dates (a transposed matrix), fewer than two trials, any NaN, or a
        number of blocks that is odd, out of range or above half the periods.
    """
    values = _checked(returns, blocks)
    edges = np.linspace(0, len(values), blocks + 1).astype(int)
    # each half's Sharpe ratios follow from sums over its blocks
    first = np.add.reduceat(values, edges[:-1], axis=0)
    second = np.add.reduceat(values**2, edges[:-1], axis=0)
    lengths = np.diff(edges).astype("f8")
    chosen = np.array(list(combinations(range(blocks), blocks // 2)))
    at_once = max(1, CHUNK_CELLS // values.shape[1])
    below = 0
    for begin in range(0, len(chosen), at_once):
        rows = chosen[begin : begin + at_once]
        halves = np.zeros((len(rows), blocks))
        np.put_along_axis(halves, rows, 1.0, axis=1)
        inside = _sharpe(halves @ lengths, halves @ first, halves @ second)
        outside = _sharpe((1 - halves) @ lengths, (1 - halves) @ first, (1 - halves) @ second)
        below += int((_rank_of_best(inside, outside) <= (values.shape[1] + 1) / 2.0).sum())
    return below / len(chosen)


def _sharpe(count: np.ndarray, total: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """Mean over deviation a row and trial; 0 where a trial did not move, as one that never traded earns nothing."""
    mean = total / count[:, None]
    variance = np.maximum(squares / count[:, None] - mean**2, 0.0)
    still = variance <= 1e-14 * (mean**2 + 1e-300)
    ratio: np.ndarray = np.where(still, 0.0, mean / np.sqrt(np.where(still, 1.0, variance)))
    return ratio


def _rank_of_best(inside: np.ndarray, outside: np.ndarray) -> np.ndarray:
    best = outside[np.arange(len(inside)), inside.argmax(axis=1)][:, None]
    ranks: np.ndarray = (outside < best).sum(axis=1) + ((outside == best).sum(axis=1) + 1) / 2.0
    return ranks


def _checked(returns: pd.DataFrame, blocks: int) -> np.ndarray:
    periods, trials = returns.shape
    names: object = returns.columns
    if isinstance(names, pd.DatetimeIndex | pd.PeriodIndex) or periods < trials:
        raise DataError(
            f"The matrix has {periods} rows and {trials} columns ({type(names).__name__}).",
            "Rows are periods and columns trials, with at least as many periods as trials.",
            "Transpose it if it lies the other way round.",
        )
    if trials < 2 or blocks % 2 or not 4 <= blocks <= min(20, periods // 2):
        raise DataError(
            f"{trials} trials over {periods} periods in {blocks} blocks were asked for.",
            "There are two trials or more, and an even number of blocks from 4 to 20 of two periods at least.",
            "Use 16 blocks, or 8 for a short sample.",
        )
    values = returns.to_numpy("f8")
    if not np.isfinite(values).all():
        row, column = (int(axis[0]) for axis in np.nonzero(~np.isfinite(values)))
        raise DataError(
            f"The return of trial {returns.columns[column]} at {returns.index[row]} is {values[row, column]}.",
            "Returns are finite; a gap is neither skipped nor filled with zero.",
            "Compare trials over the sessions that all of them have.",
        )
    return values
