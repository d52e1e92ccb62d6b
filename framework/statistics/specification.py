"""What `kernels` computes, written plainly: the tests hold each compiled loop to its namesake here."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

MASK = 2**64 - 1
STILL, TINY = (
    1e-14,
    1e-300,
)  # a variance below this share of the squared mean is rounding: the trial did not move


def splitmix64(seed: int) -> Iterator[int]:
    """The stream of SplitMix64, begun at its own mix of the seed.

    Source: Steele, Lea and Flood (2014), "Fast Splittable Pseudorandom Number Generators", OOPSLA.
    """
    state = _mixed(seed)
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        yield _mixed(state)


def resample(values: np.ndarray, thresholds: np.ndarray, draws: Iterator[int]) -> np.ndarray:
    """One stationary bootstrap resample: blocks from uniform starts, of geometric lengths, the last one cut."""
    n, rows = len(values), list[int]()
    while len(rows) < n:
        high, low = divmod(next(draws), 2**32)
        start = low * n >> 32
        length = int(np.searchsorted(thresholds, high, side="right")) + 1
        rows += [(start + step) % n for step in range(min(length, n - len(rows)))]
    return np.asarray(values[rows])


def ranks_of_best(
    first: np.ndarray, second: np.ndarray, lengths: np.ndarray, halves: np.ndarray
) -> np.ndarray:
    """Rank out of sample, ties sharing their mean, of the trial with the best Sharpe ratio in sample, a half each."""
    ranks = []
    for half in halves:
        inside = (half >> np.arange(len(lengths))) % 2 == 1
        chosen = int(_sharpe(first[inside], second[inside], lengths[inside]).argmax())
        ranked = pd.Series(_sharpe(first[~inside], second[~inside], lengths[~inside])).rank()
        ranks.append(ranked.iloc[chosen])
    return np.array(ranks)


def _sharpe(first: np.ndarray, second: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Mean over deviation of each trial; 0 where it did not move, as one that never traded earns nothing."""
    mean = first.sum(axis=0) / lengths.sum()
    variance = second.sum(axis=0) / lengths.sum() - mean**2
    still = variance <= STILL * (mean**2 + TINY)
    ratio: np.ndarray = np.where(still, 0.0, mean / np.sqrt(np.where(still, 1.0, variance)))
    return ratio


def _mixed(state: int) -> int:
    state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    state = (state ^ (state >> 27)) * 0x94D049BB133111EB & MASK
    return state ^ (state >> 31)
