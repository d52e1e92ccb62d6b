"""Sums that are rounded once, as ``math.fsum`` rounds them, in machine code.

So worth and cash are the plain engine's to the last bit, on any processor, from any number of threads and in any
order of the symbols; a term of zero changes nothing.
"""

import numpy as np

from framework.simulation.machine import inner

LANES = (
    16  # running sums side by side: the processor adds many at a stroke, and need not wait for the one before
)
SCRATCH = 64  # three of each, and the partials of a sum in full: 2,098 bits of range by 53, and some


@inner
def exact_sum(values: np.ndarray, count: int, scratch: np.ndarray) -> float:
    """Sum of the first `count` values, rounded once: ``math.fsum``.

    Each running sum is two numbers, itself and the sum of its rounding errors (Ogita, Rump and Oishi 2005,
    "Accurate Sum and Dot Product", SIAM J. Sci. Comput. 26(6), algorithm 4.4). Where what is left of the errors could
    still change the rounding, the sum is taken again without any (:func:`every_bit`).

    Parameters
    ----------
    values : array, shape (count or more,)
        The terms.
    count : int
        How many of them.
    scratch : array, shape (SCRATCH,)
        Working memory, overwritten.
    """
    if count == 2:
        return float(0.0 + (values[0] + values[1]))  # one addition rounds once; fsum has no -0.0
    if count < 4 * LANES:
        total = correction = spread = 0.0
        for k in range(count):
            total, error = _added(total, values[k])
            correction += error
            spread += abs(error)
    else:
        totals, errors, sizes = scratch[:LANES], scratch[LANES : 2 * LANES], scratch[2 * LANES : 3 * LANES]
        _add_in_lanes(values, count, totals, errors, sizes)
        total, correction, spread = _joined(0.0, totals, errors, sizes)
    rounded, sure = _rounded_once(total, correction, spread, count)
    return rounded if sure else every_bit(values, count, scratch)


@inner
def exact_worth(
    cash: float, positions: np.ndarray, marks: np.ndarray, values: np.ndarray, scratch: np.ndarray
) -> float:
    """Cash and all positions at their marks, rounded once: most of a long backtest's time goes here.

    It is :func:`exact_sum` over the products, added where they are made. `values` has room for one more than there
    are positions, and is written to only where the sum is taken again.
    """
    totals, errors, sizes = scratch[:LANES], scratch[LANES : 2 * LANES], scratch[2 * LANES : 3 * LANES]
    _add_products_in_lanes(positions, marks, totals, errors, sizes)
    total, correction, spread = _joined(cash, totals, errors, sizes)
    count = len(positions)
    rounded, sure = _rounded_once(total, correction, spread, count + 1)
    if sure:
        return rounded
    values[count] = cash
    for k in range(count):
        values[k] = positions[k] * marks[k] if positions[k] != 0.0 else 0.0
    return every_bit(values, count + 1, scratch)


# The two loops over lanes are written out, and take three arrays, since the compiler makes vectors of no other form.


@inner
def _add_in_lanes(
    values: np.ndarray, count: int, totals: np.ndarray, errors: np.ndarray, sizes: np.ndarray
) -> None:
    """Add each value to a running sum: to its total, to its errors and to their sizes, all from zero."""
    for j in range(LANES):
        totals[j] = errors[j] = sizes[j] = 0.0
    for row in range(count // LANES):
        first = row * LANES
        for j in range(LANES):
            value, total = values[first + j], totals[j]
            grown = total + value
            of_value = grown - total
            error = (total - (grown - of_value)) + (value - of_value)
            totals[j] = grown
            errors[j] += error
            sizes[j] += abs(error)
    first = count - count % LANES
    for j in range(count % LANES):
        totals[j], error = _added(totals[j], values[first + j])
        errors[j] += error
        sizes[j] += abs(error)


@inner
def _add_products_in_lanes(
    positions: np.ndarray, marks: np.ndarray, totals: np.ndarray, errors: np.ndarray, sizes: np.ndarray
) -> None:
    """The same with what each position is worth; what is not held may have no mark."""
    for j in range(LANES):
        totals[j] = errors[j] = sizes[j] = 0.0
    for row in range(len(positions) // LANES):
        first = row * LANES
        for j in range(LANES):
            product, total = positions[first + j] * marks[first + j], totals[j]
            value = product if positions[first + j] != 0.0 else 0.0
            grown = total + value
            of_value = grown - total
            error = (total - (grown - of_value)) + (value - of_value)
            totals[j] = grown
            errors[j] += error
            sizes[j] += abs(error)
    first = len(positions) - len(positions) % LANES
    for j in range(len(positions) % LANES):
        product = positions[first + j] * marks[first + j]
        totals[j], error = _added(totals[j], product if positions[first + j] != 0.0 else 0.0)
        errors[j] += error
        sizes[j] += abs(error)


@inner
def _joined(
    total: float, totals: np.ndarray, errors: np.ndarray, sizes: np.ndarray
) -> tuple[float, float, float]:
    """All running sums and `total`: the sum, its errors and their sizes."""
    correction = spread = 0.0
    for j in range(LANES):
        total, error = _added(total, totals[j])
        correction += error + errors[j]
        spread += abs(error) + sizes[j]
    return total, correction, spread


@inner
def _rounded_once(total: float, correction: float, spread: float, count: int) -> tuple[float, bool]:
    """A total with its errors, rounded; whether what is left of the errors of `count` additions cannot change that."""
    rounded = total + correction
    _, rest = _added(total, correction)
    doubt = abs(rest) + 2.3e-16 * (count + 2 * LANES) * spread
    size = abs(rounded)
    return rounded, spread == 0.0 or doubt < 0.5 * (size - np.nextafter(size, 0.0))


@inner
def _added(total: float, value: float) -> tuple[float, float]:
    """The rounded sum of two numbers, and what rounding took from it, exactly (Knuth)."""
    grown = total + value
    of_value = grown - total
    return grown, (total - (grown - of_value)) + (value - of_value)


@inner
def every_bit(values: np.ndarray, count: int, partials: np.ndarray) -> float:
    """The same by partials that do not overlap (Shewchuk 1997), as CPython's ``math.fsum`` does it."""
    used = 0
    for i in range(count):
        value = values[i]
        kept = 0
        for j in range(used):
            other = partials[j]
            if abs(value) < abs(other):
                value, other = other, value
            high = value + other
            low = other - (high - value)
            if low != 0.0:
                partials[kept] = low
                kept += 1
            value = high
        used = kept
        if value != 0.0:
            partials[used] = value
            used += 1
    return _rounded(partials, used)


@inner
def _rounded(partials: np.ndarray, used: int) -> float:
    """The sum of partials in increasing size, to the nearest double and in a tie to the even one."""
    high = low = 0.0
    while used > 0:
        used -= 1
        value = high
        high = value + partials[used]
        low = partials[used] - (high - value)
        if low != 0.0:
            break
    if used > 0 and ((low < 0.0 and partials[used - 1] < 0.0) or (low > 0.0 and partials[used - 1] > 0.0)):
        doubled = 2.0 * low
        value = high + doubled
        if doubled == value - high:
            high = value
    return high
