"""Compiled loops over many resamples, trials and splits. Each is held by tests to the plain code that it repeats.

Imported where one is called, since importing numba takes longer than most statistics do. All are deterministic and
single-threaded, release the interpreter's lock, and keep the order of every sum that a result depends on: only the
maxima and counts, which have no rounding, may be vectorised out of order.
"""

import math

import numpy as np
from numba import njit

EXACT_COUNTS = {"nnan", "nsz"}  # lets a maximum be vectorised; no sum is reordered
LANES = 32
STILL = 1e-14  # a variance below this share of the squared mean is rounding: the trial did not move
TINY = 1e-300


@njit(cache=True, nogil=True)
def mixed(state: np.uint64) -> np.uint64:
    """Steele, Lea and Flood's SplitMix64 finaliser: 64 well-mixed bits of a counter."""
    bits = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


@njit(cache=True, nogil=True)
def block_sums(
    prefix: np.ndarray, thresholds: np.ndarray, guide: np.ndarray, seed: int, sums: np.ndarray
) -> None:
    """Sum and sum of squares of each stationary bootstrap resample, a block at a time.

    A resample is blocks until it is full, the last one cut; a block from row s of length L adds
    ``prefix[s + L] - prefix[s]``. Its start and length are the two halves of one draw of SplitMix64:
    ``start = low * n / 2**32``, and the length is the first l with ``high < thresholds[l - 1]``, which `guide` finds.

    Parameters
    ----------
    prefix : array, shape (2 n + 1, 2)
        Running sums of the values and their squares, over the values twice, so that a block may wrap.
    thresholds : array of uint64, shape (n,)
        The share of lengths up to l, times 2**32; the last is 2**32.
    guide : array of uint64, shape (4096,)
        For each leading twelve bits the least length that a draw with them can have.
    sums : array, shape (resamples, 2)
        Written to.
    """
    n = np.uint64((len(prefix) - 1) // 2)  # all unsigned: no index is looked at for being negative
    state = mixed(np.uint64(seed))
    for path in range(len(sums)):
        first, second, left = 0.0, 0.0, n
        while left > np.uint64(0):
            state += np.uint64(0x9E3779B97F4A7C15)
            bits = mixed(state)
            high = bits >> np.uint64(32)
            start = ((bits & np.uint64(0xFFFFFFFF)) * n) >> np.uint64(32)
            length = guide[high >> np.uint64(20)]
            while high >= thresholds[length - np.uint64(1)]:
                length += np.uint64(1)
            length = min(length, left)
            first += prefix[start + length, 0] - prefix[start, 0]
            second += prefix[start + length, 1] - prefix[start, 1]
            left -= length
        sums[path, 0], sums[path, 1] = first, second


@njit(cache=True, nogil=True)
def central_sums(values: np.ndarray, found: np.ndarray) -> None:
    """Mean, and sums of the second, third and fourth powers about it, of each series.

    A series is added up in LANES interleaved parts, four rows of them at a time, and what is left over at the end: an
    order that a processor of any width can follow, so that every machine finds the same sums.

    Parameters
    ----------
    values : array, shape (series, periods)
        Each series in one piece.
    found : array, shape (series, 4)
        Written to.
    """
    periods = values.shape[1]
    whole = periods - periods % (4 * LANES)
    running = np.empty(3 * LANES)
    for series in range(len(values)):
        line = values[series]
        running[:] = 0.0
        for begin in range(0, whole, 4 * LANES):
            for lane in range(LANES):
                first = 0.0
                for part in range(4):
                    first += line[begin + part * LANES + lane]
                running[lane] += first
        mean = (running[:LANES].sum() + line[whole:].sum()) / periods
        running[:] = 0.0
        for begin in range(0, whole, 4 * LANES):
            for lane in range(LANES):
                second, third, fourth = 0.0, 0.0, 0.0
                for part in range(4):
                    x = line[begin + part * LANES + lane] - mean
                    square = x * x
                    second += square
                    third += square * x
                    fourth += square * square
                running[lane] += second
                running[LANES + lane] += third
                running[2 * LANES + lane] += fourth
        rest = line[whole:] - mean
        found[series, 0] = mean
        found[series, 1] = running[:LANES].sum() + (rest**2).sum()
        found[series, 2] = running[LANES : 2 * LANES].sum() + (rest**3).sum()
        found[series, 3] = running[2 * LANES :].sum() + (rest**4).sum()


@njit(cache=True, nogil=True)
def sums_of_blocks(values: np.ndarray, edges: np.ndarray, first: np.ndarray, second: np.ndarray) -> None:
    """Sum and sum of squares of each series between neighbouring edges, written a row a block and a column a series."""
    for series in range(len(values)):
        line = values[series]
        for block in range(len(first)):
            total, squares = 0.0, 0.0
            for period in range(edges[block], edges[block + 1]):
                total += line[period]
                squares += line[period] * line[period]
            first[block, series], second[block, series] = total, squares


@njit(cache=True, nogil=True)
def normal_below(z: np.ndarray) -> np.ndarray:
    """The standard normal distribution function of each figure."""
    below = np.empty_like(z)
    for i in range(len(z)):
        below[i] = 0.5 * math.erfc(-z[i] * math.sqrt(0.5))
    return below


@njit(cache=True, nogil=True, error_model="numpy", fastmath=EXACT_COUNTS)
def ranks_of_best(
    first: np.ndarray, second: np.ndarray, lengths: np.ndarray, halves: np.ndarray, ranks: np.ndarray
) -> None:
    """Rank, out of sample, of the trial that is best in sample, for each way of halving the blocks.

    A way and its complement are done together: the Sharpe ratios of one are those that the other is ranked by. They
    are compared by ``m |m| / v`` of mean m and variance v, which orders trials as ``m / sqrt(v)`` does.

    Parameters
    ----------
    first, second : array, shape (blocks, trials)
        Sums and sums of squares of each block's returns.
    lengths : array, shape (blocks,)
        Returns in each block.
    halves : array of int64
        Numbers whose bits are the blocks in sample, ascending: the complement of the i-th is the i-th from the end.
    ranks : array, same shape
        Written to: 1 is the worst, and trials that tie share their mean rank.
    """
    blocks, trials = first.shape
    low = min(blocks // 2, 8)
    sums, squares = _subset_sums(first[:low]), _subset_sums(second[:low])
    high = np.zeros(
        (4, trials)
    )  # of the blocks past the first `low`: sums and squares in sample, then out of it
    all_low = (1 << low) - 1
    inside, outside = np.empty(trials), np.empty(trials)
    above = np.int64(-1)
    total = lengths.sum()
    for way in range(len(halves) // 2):
        half = halves[way]
        if half >> low != above:
            above = half >> low
            _split_sums(first, second, above, low, high)
        count = 0.0
        for block in range(blocks):
            if (half >> block) & 1:
                count += lengths[block]
        part = half & all_low
        _signed_squares(high[0], sums[part], high[1], squares[part], count, inside)
        part = all_low - part
        _signed_squares(high[2], sums[part], high[3], squares[part], total - count, outside)
        ranks[way] = _rank(inside, outside)
        ranks[len(halves) - 1 - way] = _rank(outside, inside)


@njit(cache=True, nogil=True)
def _split_sums(first: np.ndarray, second: np.ndarray, above: int, low: int, high: np.ndarray) -> None:
    high[:] = 0.0
    for block in range(low, len(first)):
        side = 0 if (above >> (block - low)) & 1 else 2
        high[side] += first[block]
        high[side + 1] += second[block]


@njit(cache=True, nogil=True)
def _subset_sums(rows: np.ndarray) -> np.ndarray:
    """The sum of each subset of some rows, a row a subset, the subset in the bits of its number."""
    sums = np.zeros((1 << len(rows), rows.shape[1]))
    for subset in range(1, len(sums)):
        top = 0
        while subset >> (top + 1):
            top += 1
        sums[subset] = sums[subset - (1 << top)] + rows[top]
    return sums


@njit(cache=True, nogil=True, error_model="numpy")
def _signed_squares(
    sums: np.ndarray,
    more: np.ndarray,
    squares: np.ndarray,
    more_squares: np.ndarray,
    count: float,
    out: np.ndarray,
) -> None:
    """The squared Sharpe ratio with its sign; 0 where the trial did not move."""
    share = 1.0 / count
    for trial in range(len(out)):
        mean = (sums[trial] + more[trial]) * share
        square = mean * mean
        variance = (squares[trial] + more_squares[trial]) * share - square
        moved = variance > STILL * (square + TINY)
        out[trial] = mean * abs(mean) / variance if moved else 0.0


@njit(cache=True, nogil=True, fastmath=EXACT_COUNTS)
def _rank(chosen_by: np.ndarray, ranked_by: np.ndarray) -> float:
    most = chosen_by[0]
    for trial in range(len(chosen_by)):
        if chosen_by[trial] > most:  # noqa: PLR1730 - max() is not vectorised
            most = chosen_by[trial]
    best = 0
    while chosen_by[best] != most:
        best += 1
    score = ranked_by[best]
    below, ties = 0, 0
    for trial in range(len(ranked_by)):
        below += ranked_by[trial] < score
        ties += ranked_by[trial] == score
    return below + (ties + 1) / 2.0
