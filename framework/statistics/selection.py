"""Whether choosing the best of many trials overfits: combinatorially symmetric cross-validation."""

import numpy as np
import pandas as pd

from framework.errors import DataError
from framework.statistics.trials import checked_trials, refuse_gaps


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
    return float(np.mean(_ranks(returns, blocks) <= (returns.shape[1] + 1) / 2.0))


def overfitting_logits(returns: pd.DataFrame, *, blocks: int = 16) -> np.ndarray:
    r"""Logit of the chosen trial's relative rank out of sample, :math:`\ln \omega / (1 - \omega)`, for each halving.

    `probability_of_backtest_overfitting` is the share of these that are zero or negative; their histogram shows how
    far the choice falls. Parameters and refusals are those of that function.

    Returns
    -------
    array, shape (ways,)
        Unitless, in ascending order of the number whose bits are the blocks in sample.

    Raises
    ------
    DataError
        As `probability_of_backtest_overfitting`.
    """
    relative = _ranks(returns, blocks) / (returns.shape[1] + 1)
    logits: np.ndarray = np.log(relative / (1.0 - relative))
    return logits


def halvings(blocks: int) -> np.ndarray:
    """The ways of taking half of the blocks, each the number whose bits are the blocks taken, ascending."""
    numbers = np.arange(1 << blocks)
    ways: np.ndarray = numbers[np.bitwise_count(numbers) == blocks // 2]
    return ways


def _ranks(returns: pd.DataFrame, blocks: int) -> np.ndarray:
    from framework.statistics.kernels import ranks_of_best, sums_of_blocks

    _check(returns, blocks)
    values = checked_trials(returns)
    edges = np.linspace(0, len(returns), blocks + 1).astype(int)
    # each half's Sharpe ratios follow from sums over its blocks
    first, second = np.empty((2, blocks, len(values)))
    sums_of_blocks(values, edges, first, second)
    if not np.isfinite(second).all():
        refuse_gaps(returns, values)
    ways = halvings(blocks)
    ranks = np.empty(len(ways))
    ranks_of_best(first, second, np.diff(edges).astype("f8"), ways, ranks)
    return ranks


def _check(returns: pd.DataFrame, blocks: int) -> None:
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
