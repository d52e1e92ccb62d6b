"""What a run of sessions brings to every account of one symbol, worked out once for all of them.

Sessions are taken in tiles, so that what is read stays in the processor's cache and memory does not grow with their
number.
"""

from typing import NamedTuple

import numpy as np

from framework.simulation.machine import compiled

SESSIONS = 1_024  # of a tile: a hundred indicators of so many sessions stay in the cache of one core


class Prices(NamedTuple):
    """Of one symbol, a number a session: closes, and the prices at which orders fill."""

    close: np.ndarray
    quote: np.ndarray


class Rates(NamedTuple):
    """Costs as fractions, of value, of the price, and of cash and of shorts each session; and the settings of trading.

    `dust` and `planned` are the thresholds of :mod:`framework.trading`.
    """

    commission: float
    half_spread: float
    cash: float
    borrow: float
    dust: float
    planned: float
    size_at_fill: bool


class Account(NamedTuple):
    """One account of one symbol: shares, cash and worth in USD, and what its figures are made of.

    `deepest` is the lowest worth over the peak before it; `first` to `fourth` are sums of powers of the returns above
    the cash rate.
    """

    shares: float
    cash: float
    worth: float
    peak: float
    deepest: float
    first: float
    second: float
    third: float
    fourth: float
    trades: float
    traded_usd: float
    costs_usd: float


class Tile(NamedTuple):
    """What a run of sessions brings to every account.

    `growth`, sessions + 1 x 4: running sums of powers of the symbol's returns above the cash rate. `enters` and
    `leaves`: the return above the cash rate in a session in which the account buys, or sells. `extremes`, levels x
    sessions x 2: of 2**level sessions from each on the lowest and the highest close. `falls`, levels x sessions: of the
    same sessions the lowest close over the highest before it. `levels`: the whole part of the binary logarithm of each
    number of sessions.
    """

    growth: np.ndarray
    enters: np.ndarray
    leaves: np.ndarray
    extremes: np.ndarray
    falls: np.ndarray
    levels: np.ndarray


def blank_tile(sessions: int) -> Tile:
    """Room for so many sessions."""
    deep = max(1, int(sessions).bit_length())
    growth, enters, leaves = np.zeros((sessions + 1, 4)), np.empty(sessions), np.empty(sessions)
    levels = np.array([max(0, number.bit_length() - 1) for number in range(sessions + 1)])
    return Tile(growth, enters, leaves, np.empty((deep, sessions, 2)), np.empty((deep, sessions)), levels)


@compiled
def describe(prices: Prices, rates: Rates, first: int, after: int, tile: Tile) -> None:
    """Fill the tile for sessions `first` (1 or later) to `after` - 1."""
    close, quote = prices.close, prices.quote
    bought = (1.0 + rates.half_spread) * (1.0 + rates.commission)
    sold = (1.0 - rates.half_spread) * (1.0 - rates.commission) * (1.0 + rates.cash)
    for i in range(first, after):
        at = i - first
        value = close[i] / close[i - 1] - 1.0 - rates.cash
        square = value * value
        tile.growth[at + 1, 0] = tile.growth[at, 0] + value
        tile.growth[at + 1, 1] = tile.growth[at, 1] + square
        tile.growth[at + 1, 2] = tile.growth[at, 2] + square * value
        tile.growth[at + 1, 3] = tile.growth[at, 3] + square * square
        tile.enters[at] = close[i] / (quote[i] * bought) - 1.0 - rates.cash
        tile.leaves[at] = quote[i] * sold / close[i - 1] - 1.0 - rates.cash
        tile.extremes[0, at, 0] = tile.extremes[0, at, 1] = close[i]
        tile.falls[0, at] = 1.0
    width, level, count = 1, 1, after - first
    while 2 * width <= count:
        for at in range(count - 2 * width + 1):
            before, then = level - 1, at + width
            lowest, highest = tile.extremes[before, then, 0], tile.extremes[before, at, 1]
            tile.extremes[level, at, 0] = min(tile.extremes[before, at, 0], lowest)
            tile.extremes[level, at, 1] = max(highest, tile.extremes[before, then, 1])
            tile.falls[level, at] = min(tile.falls[before, at], tile.falls[before, then], lowest / highest)
        width, level = 2 * width, level + 1
