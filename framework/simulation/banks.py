"""Indicators shared by all combinations of a sweep: each of them once, a run of sessions at a time.

A bank has a row for each distinct indicator that the combinations name, so that 4,851 pairs of averages cost 99
averages. Rows are those of :mod:`framework.strategy.indicators`, to some units in the last place: a mean is a
difference of running sums that are kept in two numbers each, so that no early price leaves rounding behind.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from framework.simulation.machine import compiled, inner
from framework.strategy.indicators import (
    FLAT,
    Average,
    Highest,
    Indicator,
    Lowest,
    Momentum,
    Price,
    RelativeStrength,
    ZScore,
)

PRICE, AVERAGE, MOMENTUM, HIGHEST, LOWEST, ZSCORE, RSI, NUMBER, GIVEN = range(9)
KINDS: dict[type, tuple[int, str]] = {
    Price: (PRICE, "lag"),
    Average: (AVERAGE, "window"),
    Momentum: (MOMENTUM, "lookback"),
    Highest: (HIGHEST, "window"),
    Lowest: (LOWEST, "window"),
    ZScore: (ZSCORE, "window"),
    RelativeStrength: (RSI, "window"),
}


class Rows(NamedTuple):
    """What the rows of a bank are: kind and length of an indicator, or a number.

    The length of an indicator without a compiled form is its place among those that are given.
    """

    kinds: np.ndarray
    lengths: np.ndarray
    numbers: np.ndarray


class Series(NamedTuple):
    """The closes of one symbol, their running sums in two numbers (one element more, 0.0 first), and given rows."""

    close: np.ndarray
    high: np.ndarray
    low: np.ndarray
    given: np.ndarray


def rows_of(sides: Sequence[Indicator | float]) -> tuple[Rows, tuple[Indicator, ...]]:
    """The bank that holds these, and those among them that have no compiled form and are to be given."""
    kinds, lengths, numbers = (np.zeros(len(sides), kind) for kind in ("i8", "i8", "f8"))
    given: list[Indicator] = []
    for row, side in enumerate(sides):
        if isinstance(side, int | float):
            kinds[row], numbers[row] = NUMBER, side
        elif type(side) in KINDS:
            kinds[row], field = KINDS[type(side)]
            lengths[row] = getattr(side, field)
        else:
            kinds[row], lengths[row] = GIVEN, len(given)
            given.append(side)
    return Rows(kinds, lengths, numbers), tuple(given)


def is_known(side: Indicator | float) -> bool:
    """Whether it is a number or an indicator of ours, which sees no later close than its own."""
    return isinstance(side, int | float) or type(side) in KINDS


def series_of(close: np.ndarray, given: Sequence[np.ndarray] = ()) -> Series:
    """The closes of one symbol with what averages are taken from, and indicators that are given."""
    high, low = np.zeros(len(close) + 1), np.zeros(len(close) + 1)
    run_sums(close, high, low)
    return Series(close, high, low, np.array([*given, close]))  # the last row gives the array its type


@compiled
def run_sums(close: np.ndarray, high: np.ndarray, low: np.ndarray) -> None:
    """high[t] + low[t] = close[0] + ... + close[t-1], each addition with its rounding error (Knuth's TwoSum)."""
    for t in range(len(close)):
        value = close[t]
        grown = high[t] + value
        of_value = grown - high[t]
        rest = low[t] + ((high[t] - (grown - of_value)) + (value - of_value))
        high[t + 1] = grown + rest
        low[t + 1] = rest - (high[t + 1] - grown)


@compiled
def fill(  # noqa: C901 - one loop over kinds of rows
    rows: Rows, series: Series, first: int, after: int, smoothed: np.ndarray, bank: np.ndarray
) -> None:
    """Write sessions `first` to `after` - 1 of every row into `bank`, rows x (`after` - `first`) or wider.

    `smoothed`, rows x 2, carries gains and losses of relative strengths from one run of sessions to the next: runs
    follow one another from session 0.
    """
    count = after - first
    for row in range(len(rows.kinds)):
        kind, length, out = rows.kinds[row], rows.lengths[row], bank[row]
        if kind == NUMBER:
            for at in range(count):
                out[at] = rows.numbers[row]
            continue
        if kind == GIVEN:
            for at in range(count):
                out[at] = series.given[length, first + at]
            continue
        needed = length - 1 if kind in (AVERAGE, ZSCORE) else length
        blank = min(max(needed - first, 0), count)
        for at in range(blank):
            out[at] = np.nan
        if kind == RSI:
            _relative_strength(series.close, length, first, after, smoothed[row], out)
        elif kind == AVERAGE:
            _averages(series, length, first, first + blank, after, out)
        else:
            _others(series.close, kind, length, first, first + blank, after, out)


@inner
def _averages(series: Series, length: int, first: int, start: int, after: int, out: np.ndarray) -> None:
    high, low = series.high, series.low
    for t in range(start, after):
        before = t + 1 - length
        out[t - first] = ((high[t + 1] - high[before]) + (low[t + 1] - low[before])) / length


@inner
def _others(  # noqa: PLR0913, PLR0917
    close: np.ndarray, kind: int, length: int, first: int, start: int, after: int, out: np.ndarray
) -> None:
    for t in range(start, after):
        if kind == PRICE:
            out[t - first] = close[t - length]
        elif kind == MOMENTUM:
            out[t - first] = close[t] / close[t - length] - 1.0
        elif kind == HIGHEST:
            out[t - first] = _extreme(close, t - length, t, 1.0)
        elif kind == LOWEST:
            out[t - first] = _extreme(close, t - length, t, -1.0)
        else:
            out[t - first] = _score(close, t + 1 - length, t + 1)


@inner
def _extreme(close: np.ndarray, start: int, end: int, sign: float) -> float:
    """The highest of the closes, or with a negative sign the lowest."""
    found: float = sign * close[start]
    for t in range(start + 1, end):
        found = max(found, sign * close[t])
    return sign * found


@inner
def _score(close: np.ndarray, start: int, end: int) -> float:
    """The last close's distance from the mean in standard deviations, in two passes."""
    total = squares = 0.0
    for t in range(start, end):
        total += close[t]
    mean = total / (end - start)
    for t in range(start, end):
        squares += (close[t] - mean) ** 2
    spread = np.sqrt(squares / (end - start - 1))
    score: float = np.nan
    if spread > FLAT * close[end - 1]:
        score = (close[end - 1] - mean) / spread
    return score


@inner
def _relative_strength(
    close: np.ndarray, length: int, first: int, after: int, smoothed: np.ndarray, out: np.ndarray
) -> None:
    """gains[t] = (1 - 1/n) gains[t-1] + 1/n max(change, 0), from gains[1] = max(change, 0); losses alike."""
    share = 1.0 / length
    gains, losses = smoothed[0], smoothed[1]
    for t in range(max(first, 1), after):
        change = close[t] - close[t - 1]
        gain, loss = max(change, 0.0), max(-change, 0.0)
        if t == 1:
            gains, losses = gain, loss
        else:
            gains, losses = (1.0 - share) * gains + share * gain, (1.0 - share) * losses + share * loss
        moved = gains + losses
        if t >= length:
            out[t - first] = 100.0 * gains / moved if moved > 0.0 else np.nan
    smoothed[0], smoothed[1] = gains, losses
