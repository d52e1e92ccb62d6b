"""Accounts of one symbol that are all in or all out, by what happens at their trades.

With quantities sized at the fill no cash is left over, so that worth multiplies: an account in the symbol from the
fill in session *e* to the fill in session *x* grows by ``quote[x] (1 - s)(1 - c) / (quote[e] (1 + s)(1 + c))``, with
half-spread *s* and commission *c*, and by the cash rate while it is out. In a session in which nothing trades its
return is the symbol's, so that sums of powers of returns are differences of running sums. The deepest drawdown of a
stretch is the lower of (its lowest worth over the peak before it) and (the deepest inside it); the latter is looked
for only where the closes leave room for it.

A session's decision is filled in the next. An account's state passes from one run of sessions to the next.
"""

import numpy as np

from framework.simulation.machine import compiled, inner
from framework.simulation.sides import Changes
from framework.simulation.tiles import Prices, Rates, Tile


@compiled
def by_trades(  # noqa: C901, PLR0913, PLR0915, PLR0917 - one loop over accounts and their trades: a call would count array owners
    changes: Changes, prices: Prices, rates: Rates, tile: Tile, first: int, after: int, state: np.ndarray
) -> None:
    """Take every account (a row of `state`, an :class:`Account`) through sessions `first` to `after` - 1.

    `changes` are those of sessions `first` - 1 to `after` - 2.
    """
    count = after - first
    growth, extremes, close, quote = tile.growth, tile.extremes, prices.close, prices.quote
    levels = tile.levels
    spread, fee, cash_growth = rates.half_spread, rates.commission, 1.0 + rates.cash
    bought, sold = (1.0 + spread) * (1.0 + fee), (1.0 - spread) * (1.0 - fee) * cash_growth
    for one in range(len(state)):
        shares, worth, peak, deepest = state[one, 0], state[one, 2], state[one, 3], state[one, 4]
        m1, m2, m3, m4 = state[one, 5], state[one, 6], state[one, 7], state[one, 8]
        trades, traded, costs = state[one, 9], state[one, 10], state[one, 11]
        at, end = 0, changes.starts[one + 1]
        for k in range(changes.starts[one], end + 1):
            fills = int(changes.rows[k]) if k < end else count
            if fills > at and shares > 0.0:
                m1 += growth[fills, 0] - growth[at, 0]
                m2 += growth[fills, 1] - growth[at, 1]
                m3 += growth[fills, 2] - growth[at, 2]
                m4 += growth[fills, 3] - growth[at, 3]
                level = levels[fills - at]
                then = fills - (1 << level)
                lowest = min(extremes[level, at, 0], extremes[level, then, 0])
                highest = max(extremes[level, at, 1], extremes[level, then, 1])
                if lowest * shares < deepest * peak:
                    deepest = lowest * shares / peak
                if lowest < deepest * highest:
                    across = extremes[level, then, 0] / extremes[level, at, 1]
                    if min(tile.falls[level, at], tile.falls[level, then], across) < deepest:
                        deepest = _deepest(close, first + at, first + fills, deepest)
                peak = max(peak, highest * shares)
                worth = close[first + fills - 1] * shares
            elif fills > at and rates.cash != 0.0:
                worth *= cash_growth ** (fills - at)
                deepest = min(deepest, worth / peak)
                peak = max(peak, worth)
            if k == end:
                break
            price = quote[first + fills]
            if shares > 0.0:
                value, gross = tile.leaves[fills], shares * price
                traded += gross * (1.0 - spread)
                costs += gross * (spread + (1.0 - spread) * fee)
                worth, shares = gross * sold, 0.0
            else:
                value, shares = tile.enters[fills], worth / (price * bought)
                gross = shares * price
                traded += gross * (1.0 + spread)
                costs += gross * (spread + (1.0 + spread) * fee)
                worth = shares * close[first + fills]
            trades += 1.0
            square = value * value
            m1, m2, m3, m4 = m1 + value, m2 + square, m3 + square * value, m4 + square * square
            if worth < deepest * peak:
                deepest = worth / peak
            peak = max(peak, worth)
            at = fills + 1
        state[one, 0], state[one, 1], state[one, 2] = shares, 0.0 if shares > 0.0 else worth, worth
        state[one, 3], state[one, 4], state[one, 5] = peak, deepest, m1
        state[one, 6], state[one, 7], state[one, 8] = m2, m3, m4
        state[one, 9], state[one, 10], state[one, 11] = trades, traded, costs


@inner
def _deepest(close: np.ndarray, first: int, after: int, deepest: float) -> float:
    """The lowest close over the highest before it, if that is below `deepest`."""
    peak = close[first]
    for i in range(first + 1, after):
        peak = max(peak, close[i])
        if close[i] < deepest * peak:
            deepest = close[i] / peak
    return deepest
