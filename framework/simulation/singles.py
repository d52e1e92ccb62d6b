"""Accounts of one symbol under any weights, by the arithmetic of the replay in plain doubles.

The recurrence is that of :func:`framework.simulation.kernels.replay` for one symbol without guards: what was decided
at the close of *t* is sized, fills in session *t + 1* as far as the cash goes, interest and borrow fee are booked, and
the book is marked. Sums are not rounded exactly, which is worth some 1e-15 of the capital. Sessions in which nothing
trades are taken several at a time.
"""

import numpy as np

from framework.simulation.machine import compiled, inner, reordered
from framework.simulation.sides import Changes
from framework.simulation.tiles import Account, Prices, Rates, Tile

type Powers = tuple[float, float, float, float]


@compiled
def by_bars(  # noqa: PLR0913, PLR0917 - what a run of sessions brings, and to whom
    changes: Changes, prices: Prices, rates: Rates, tile: Tile, first: int, after: int, state: np.ndarray
) -> None:
    """Take accounts that are all in or all out through sessions `first` to `after` - 1.

    `changes` are those of sessions `first` - 1 to `after` - 2, and end on the side that `inside` says.
    """
    count = after - first
    close, quote, extremes, levels = prices.close, prices.quote, tile.extremes, tile.levels
    for one in range(len(state)):
        own, at, end = _read(state, one), 0, changes.starts[one + 1]
        for k in range(changes.starts[one], end + 1):
            fills = int(changes.rows[k]) if k < end else count
            if fills > at and (own.shares != 0.0 or rates.cash != 0.0):
                level = levels[fills - at]
                then = fills - (1 << level)
                lowest = min(extremes[level, at, 0], extremes[level, then, 0])
                highest = max(extremes[level, at, 1], extremes[level, then, 1])
                own = _rested(own, close, rates, first + at, first + fills, lowest, highest)
            if k == end:
                break
            weight = float(changes.inside[one] ^ ((end - 1 - k) & 1))
            i = first + fills
            own = _traded(own, rates, weight, close[i - 1], quote[i], close[i])
            at = fills + 1
        _write(state, one, own)


@compiled
def follow(
    targets: np.ndarray, closes: np.ndarray, quotes: np.ndarray, rates: Rates, state: np.ndarray
) -> None:
    """Take an account for each column of `targets`, sessions x symbols, NaN to hold, through all sessions.

    `closes` and `quotes` are symbols x sessions. An account that is ruined stops there, its worth at or below zero.
    """
    sessions, symbols = targets.shape
    for column in range(symbols):
        own, at, close, quote = _read(state, column), 1, closes[column], quotes[column]
        for i in range(1, sessions + 1):
            if i < sessions and np.isnan(targets[i - 1, column]):
                continue
            if i > at and (own.shares != 0.0 or rates.cash != 0.0):
                lowest, highest = _range(close, at, i)
                own = _rested(own, close, rates, at, i, lowest, highest)
            if i < sessions:
                own = _traded(own, rates, targets[i - 1, column], close[i - 1], quote[i], close[i])
            at = i + 1
        _write(state, column, own)


@inner
def _traded(own: Account, rates: Rates, weight: float, decided: float, quote: float, close: float) -> Account:
    """A session: fill what was decided at the close before, book the carry, mark."""
    if not own.worth > 0.0:
        return own
    cash, basis = own.cash, quote if rates.size_at_fill else decided
    equity = max(0.0, cash + own.shares * basis)
    wanted = weight * equity / basis
    size = wanted - own.shares
    if wanted != 0.0 and abs(size) * basis <= rates.dust * equity:
        size = 0.0
    planned = cash - size * basis
    floor = planned if planned < -rates.planned * (abs(cash) + abs(size * basis)) else 0.0
    price = quote * (1.0 + rates.half_spread if size > 0.0 else 1.0 - rates.half_spread)
    outlay = size * price + abs(size) * price * rates.commission
    if size > 0.0 and cash - outlay < floor:
        spent = max(0.0, cash - floor)
        size, cash = size * (spent / outlay), cash - spent
    else:
        cash -= outlay
    value, cost = abs(size) * price, abs(size) * (price * rates.commission + abs(price - quote))
    trades = own.trades + (1.0 if size != 0.0 else 0.0)
    return _booked(
        own, rates, own.shares + size, cash, close, trades, own.traded_usd + value, own.costs_usd + cost
    )


@inner
def _booked(  # noqa: PLR0913, PLR0917 - of floats, which a call costs nothing
    own: Account,
    rates: Rates,
    shares: float,
    cash: float,
    close: float,
    trades: float,
    traded: float,
    costs: float,
) -> Account:
    """Interest and borrow fee, the mark at `close`, and what its return adds to the sums."""
    fee = max(-shares, 0.0) * close * rates.borrow
    cash += cash * rates.cash - fee
    worth = cash + shares * close
    value = worth / own.worth - 1.0 - rates.cash
    square = value * value
    deepest = own.deepest
    if worth < deepest * own.peak:
        deepest = worth / own.peak
    return Account(
        shares,
        cash,
        worth,
        max(own.peak, worth),
        deepest,
        own.first + value,
        own.second + square,
        own.third + square * value,
        own.fourth + square * square,
        trades,
        traded,
        costs + fee,
    )


@inner
def _rested(  # noqa: PLR0913, PLR0917 - of floats, which a call costs nothing
    own: Account, close: np.ndarray, rates: Rates, start: int, end: int, lowest: float, highest: float
) -> Account:
    """Sessions `start` to `end` - 1, whose lowest and highest close are known."""
    shares, cash, peak, deepest = own.shares, own.cash, own.peak, own.deepest
    least, most = cash + shares * lowest, cash + shares * highest
    if shares < 0.0:
        least, most = most, least
    carried = (rates.cash != 0.0 and cash != 0.0) or (shares < 0.0 and rates.borrow != 0.0)
    if carried or least <= 0.0:
        for i in range(start, end):
            if own.worth > 0.0:
                own = _booked(
                    own, rates, own.shares, own.cash, close[i], own.trades, own.traded_usd, own.costs_usd
                )
        return own
    if least < deepest * peak:
        deepest = least / peak
    if least < deepest * most:
        deepest = _deepest(close, shares, cash, start, end, deepest)
    m1, m2, m3, m4 = _powers(close[start:end], close[start - 1 : end - 1], shares, cash, rates.cash)
    return Account(
        shares,
        cash,
        cash + shares * close[end - 1],
        max(peak, most),
        deepest,
        own.first + m1,
        own.second + m2,
        own.third + m3,
        own.fourth + m4,
        own.trades,
        own.traded_usd,
        own.costs_usd,
    )


@reordered
def _powers(now: np.ndarray, before: np.ndarray, shares: float, cash: float, charge: float) -> Powers:
    """Sums of powers of the returns above `charge`, taken in any order: several sessions at a time."""
    m1 = m2 = m3 = m4 = 0.0
    for i in range(len(now)):
        value = (cash + shares * now[i]) / (cash + shares * before[i]) - 1.0 - charge
        square = value * value
        m1 += value
        m2 += square
        m3 += square * value
        m4 += square * square
    return m1, m2, m3, m4


@inner
def _range(close: np.ndarray, start: int, end: int) -> tuple[float, float]:
    """Lowest and highest close of sessions `start` to `end` - 1."""
    lowest = highest = close[start]
    for i in range(start + 1, end):
        lowest, highest = min(lowest, close[i]), max(highest, close[i])
    return lowest, highest


@inner
def _deepest(close: np.ndarray, shares: float, cash: float, start: int, end: int, deepest: float) -> float:
    """The lowest worth over the highest before it, if that is below `deepest`."""
    peak = cash + shares * close[start]
    for i in range(start + 1, end):
        worth = cash + shares * close[i]
        peak = max(peak, worth)
        if worth < deepest * peak:
            deepest = worth / peak
    return deepest


@inner
def _read(state: np.ndarray, one: int) -> Account:
    return Account(
        state[one, 0],
        state[one, 1],
        state[one, 2],
        state[one, 3],
        state[one, 4],
        state[one, 5],
        state[one, 6],
        state[one, 7],
        state[one, 8],
        state[one, 9],
        state[one, 10],
        state[one, 11],
    )


@inner
def _write(state: np.ndarray, one: int, account: Account) -> None:
    state[one, 0], state[one, 1], state[one, 2] = account.shares, account.cash, account.worth
    state[one, 3], state[one, 4], state[one, 5] = account.peak, account.deepest, account.first
    state[one, 6], state[one, 7], state[one, 8] = account.second, account.third, account.fourth
    state[one, 9], state[one, 10], state[one, 11] = account.trades, account.traded_usd, account.costs_usd
