"""The sizes that vectorbt is told to trade, worked out from weights and prices a second time, apart from our engines.

Compiled into :mod:`framework.simulation.vectorbt_bridge`, and nothing here imports vectorbt.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

inner = njit(cache=False)  # compiled within its callers, which keep it on disk


class Terms(NamedTuple):
    """What the compiled code knows of costs, settings and the thresholds of trading."""

    capital: float
    half_spread: float
    commission: float
    cash_rate: float
    borrow_rate: float
    sessions_per_year: float
    lot: float
    minimum_usd: float
    band: float
    dust: float
    whole: float
    planned: float


@inner
def sizes_of(
    target: np.ndarray, prices: np.ndarray, positions: np.ndarray, cash: float, terms: Terms
) -> tuple[np.ndarray, float]:
    """Signed shares to trade now, and a sum of cash that is certain to be enough on the way."""
    basis, quotes = prices[0], prices[2]
    equity = _equity(cash, positions, basis, prices[1])
    sizes = np.zeros(len(target))
    for k in range(len(target)):
        if not np.isnan(basis[k]):
            wanted = _lots(target[k] * equity / basis[k], terms)
            sizes[k] = wanted - positions[k]
            if not _is_sent(wanted, abs(sizes[k]) * basis[k], equity, terms):
                sizes[k] = 0.0
    sold, bought = value_of(sizes, basis, -1.0), value_of(sizes, basis, 1.0)
    drift, moved = cash + sold - bought, abs(cash) + sold + bought
    floor = drift if drift < -terms.planned * moved else 0.0
    _scale(sizes, quotes, 1.0, terms)
    income = value_of(sizes, quotes, -1.0) * (1.0 - terms.half_spread) * (1.0 - terms.commission)
    outlay = value_of(sizes, quotes, 1.0) * (1.0 + terms.half_spread) * (1.0 + terms.commission)
    if outlay > 0.0 and cash + income - outlay < floor:
        _scale(sizes, quotes, max(0.0, cash + income - floor) / outlay, terms)
    return sizes, 2.0 * (moved + outlay)


@inner
def value_of(shares: np.ndarray, prices: np.ndarray, side: float) -> float:
    """Value, as a positive sum, of the shares on one side: 1.0 above zero, -1.0 below."""
    total = 0.0
    for k in range(len(shares)):
        if shares[k] * side > 0.0:
            total += shares[k] * side * prices[k]
    return total


@inner
def sales_first(sizes: np.ndarray) -> list[int]:
    """The columns that trade, sales before purchases."""
    sales = [k for k in range(len(sizes)) if sizes[k] < 0.0]
    return sales + [k for k in range(len(sizes)) if sizes[k] > 0.0]


@inner
def _is_sent(wanted: float, value: float, equity: float, terms: Terms) -> bool:
    if wanted != 0.0 and (value <= terms.dust * equity or value < terms.band * equity):
        return False
    return value >= terms.minimum_usd


@inner
def _scale(sizes: np.ndarray, quotes: np.ndarray, part: float, terms: Terms) -> None:
    """Leave of each purchase its part, and of what does not trade nothing."""
    for k in range(len(sizes)):
        if np.isnan(quotes[k]):
            sizes[k] = 0.0
        elif sizes[k] > 0.0 and part < 1.0:
            bought = sizes[k] * part
            if terms.lot > 0.0:
                bought = np.floor(bought / terms.lot) * terms.lot
            sizes[k] = bought if bought * quotes[k] >= terms.minimum_usd else 0.0


@inner
def _equity(cash: float, positions: np.ndarray, basis: np.ndarray, marks: np.ndarray) -> float:
    """Cash and what can be traded; a short that cannot still owes its mark."""
    total = cash
    for k in range(len(positions)):
        if not np.isnan(basis[k]):
            total += positions[k] * basis[k]
        elif positions[k] < 0.0:
            total += positions[k] * marks[k]
    return max(0.0, total)


@inner
def _lots(wanted: float, terms: Terms) -> float:
    if terms.lot == 0.0:
        return wanted
    count = wanted / terms.lot
    nearest = float(np.rint(count))
    if abs(count - nearest) > terms.whole * max(1.0, abs(count)):
        nearest = float(np.trunc(count))
    return nearest * terms.lot
