"""The compiled replay: the plain engine's recurrence, addition by addition, in machine code.

Every total is the exactly rounded sum that ``math.fsum`` gives, so that worth, cash and trades are the plain
engine's to the last bit, on any processor and from any number of threads. Nothing here knows pandas.

Compiled code is kept on disk beside this file, or under NUMBA_CACHE_DIR. Where neither can be written it is
compiled anew in each process, which takes seconds. numba notices an edit of this file only: what comes from other
modules, types apart, is passed in and never read from here.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

from framework.simulation.tables import Book, Diary, Outcome, Tables, Terms

SALES, BOTH, PURCHASES = -1.0, 0.0, 1.0

PARTIALS = 64  # non-overlapping doubles that a sum can need: 2,098 bits of range by 53, and some


def compiled(function: Callable[..., Any]) -> Any:
    """`function` as machine code that holds no lock, kept on disk where there is a folder for it."""
    try:
        return njit(function, nogil=True, error_model="numpy", cache=True)
    except RuntimeError:  # numba: no folder can be written to
        return inner(function)


inner = njit(nogil=True, error_model="numpy")  # on disk within its callers


@inner
def exact_sum(values: np.ndarray, count: int) -> float:
    """Sum of the first `count` values, rounded once: ``math.fsum``.

    Two numbers each hold the running sum and the sum of its rounding errors (Ogita, Rump and Oishi 2005,
    "Accurate Sum and Dot Product", SIAM J. Sci. Comput. 26(6), algorithm 4.4). Where what is left of the errors could
    still change the rounding, the sum is taken again without any (:func:`every_bit`).
    """
    if count == 2:
        return float(0.0 + (values[0] + values[1]))  # one addition rounds once; fsum has no -0.0
    total = correction = spread = 0.0
    for i in range(count):
        value = values[i]
        grown = total + value
        of_value = grown - total
        error = (total - (grown - of_value)) + (value - of_value)
        total = grown
        correction += error
        spread += abs(error)
    rounded = total + correction
    if spread == 0.0:
        return rounded
    of_correction = rounded - total
    rest = (total - (rounded - of_correction)) + (correction - of_correction)
    doubt = abs(rest) + 2.3e-16 * count * spread
    size = abs(rounded)
    if doubt < 0.5 * (size - np.nextafter(size, 0.0)):
        return rounded
    return every_bit(values, count)


@inner
def every_bit(values: np.ndarray, count: int) -> float:
    """The same by partials that do not overlap (Shewchuk 1997), as CPython's ``math.fsum`` does it."""
    partials = np.empty(PARTIALS)
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


@compiled
def replay(tables: Tables, terms: Terms, diary: Diary) -> Outcome:  # noqa: C901, PLR0915 - one loop over history
    """Replay all sessions as :func:`framework.simulation.engine.simulate` defines them.

    In session *i*: what was decided at the close of *i-1* is sized and filled, interest and borrow fee are booked,
    the book is marked at the close. Stops at a worth of zero or below.
    """
    sessions, symbols = tables.targets.shape
    book = Book(np.zeros(symbols), np.zeros(symbols), np.empty(2 * symbols + 3))
    positions, sizes, values = book.positions, book.sizes, book.values
    cash, killed, count = terms.capital, False, 0
    traded, commissions, spreads = 0.0, 0.0, 0.0
    for i in range(sessions):
        if i > 0 and not killed and not np.isnan(tables.targets[i - 1, 0]):
            part = _plan(tables, terms, book, i, cash)
            values[0], used = cash, 1
            for side in (SALES, PURCHASES):
                for k in range(symbols):
                    size = _traded(sizes[k], side, part, terms)
                    if size == 0.0:
                        continue
                    price, commission, spread = _paid(size, tables.quotes[i, k], terms)
                    values[used] = -size * price - commission
                    used += 1
                    positions[k] += size
                    if count < len(diary.trades):
                        record = diary.trades[count]
                        record.row, record.column, record.quantity = i, k, size
                        record.price, record.commission_usd, record.spread_usd = price, commission, spread
                    count += 1
                    traded += abs(size) * price
                    commissions += commission
                    spreads += spread
            cash = exact_sum(values, used)
        interest, borrow = 0.0, 0.0
        if i > 0:
            interest = cash * terms.cash_rate / terms.sessions_per_year
            if terms.borrow_rate != 0.0:
                borrow = _shorts(book, tables.marks[i]) * terms.borrow_rate / terms.sessions_per_year
            if interest != 0.0 or borrow != 0.0:
                values[0], values[1], values[2] = cash, interest, -borrow
                cash = exact_sum(values, 3)
        worth = _worth(cash, positions, tables.marks, i, values)
        diary.worth[i], diary.cash[i] = worth, cash
        diary.interest_usd[i], diary.borrow_usd[i] = interest, borrow
        if i < len(diary.positions):
            diary.positions[i] = positions
        if not worth > 0.0:
            return Outcome(count, traded, commissions, spreads, i)
        killed = killed or worth / terms.capital - 1.0 <= terms.kill_limit
    return Outcome(count, traded, commissions, spreads, -1)


@inner
def _plan(tables: Tables, terms: Terms, book: Book, i: int, cash: float) -> float:
    """Write the sizes that can trade in session *i*, and return the part of each purchase that cash pays for."""
    quotes, target, sizes = tables.quotes[i], tables.targets[i - 1], book.sizes
    basis, marks = tables.closes[i - 1], tables.marks[i - 1]
    if terms.size_at_fill:
        basis, marks = quotes, tables.marks[i]
    equity = _equity(cash, book, basis, marks)
    for k in range(len(sizes)):
        sizes[k] = _size(target[k], book.positions[k], basis[k], equity, terms)
    lowest = _cash_floor(cash, book, basis, terms)
    buys = False
    for k in range(len(sizes)):
        if np.isnan(quotes[k]):
            sizes[k] = 0.0
        buys = buys or sizes[k] > 0.0
    if not buys or _cash_after(cash, BOTH, 1.0, quotes, terms, book) >= lowest:
        return 1.0
    outlay = -_cash_after(0.0, PURCHASES, 1.0, quotes, terms, book)
    part = max(0.0, _cash_after(cash, SALES, 1.0, quotes, terms, book) - lowest) / outlay
    while part > 0.0 and _cash_after(cash, BOTH, part, quotes, terms, book) < lowest:
        part = np.nextafter(part, -np.inf)
    return part


@inner
def _size(weight: float, held: float, price: float, equity: float, terms: Terms) -> float:
    """Signed shares that move what is held to its weight; 0.0 for dust, and for what has no price."""
    if np.isnan(price):
        return 0.0
    wanted = weight * equity / price
    if terms.whole_shares:
        wanted = _toward_zero(wanted, terms.whole)
    quantity = wanted - held
    if wanted != 0.0 and abs(quantity) * price <= terms.dust * equity:
        return 0.0
    return quantity


@inner
def _toward_zero(quantity: float, whole: float) -> float:
    size = abs(quantity)
    nearest = np.rint(size)
    if abs(size - nearest) > whole * max(1.0, size):
        nearest = np.trunc(size)
    return float(np.copysign(nearest, quantity))


@inner
def _traded(size: float, side: float, part: float, terms: Terms) -> float:
    """What of an order trades on this side: a sale in full, of a purchase its part."""
    if size == 0.0 or size * side < 0.0:
        return 0.0
    if size < 0.0 or part == 1.0:
        return size
    return float(np.floor(size * part)) if terms.whole_shares else size * part


@inner
def _paid(size: float, mid: float, terms: Terms) -> tuple[float, float, float]:
    """Price with the half-spread, commission and what the spread took."""
    price = mid * (1.0 + terms.half_spread if size > 0.0 else 1.0 - terms.half_spread)
    return price, abs(size) * price * terms.commission, abs(size) * abs(price - mid)


@inner
def _cash_after(cash: float, side: float, part: float, quotes: np.ndarray, terms: Terms, book: Book) -> float:
    """Cash once the sales, or this part of the purchases, or both are paid."""
    book.values[0], used = cash, 1
    for k in range(len(quotes)):
        size = _traded(book.sizes[k], side, part, terms)
        if size != 0.0:
            price, commission, _ = _paid(size, quotes[k], terms)
            book.values[used] = -size * price - commission
            used += 1
    return exact_sum(book.values, used)


@inner
def _cash_floor(cash: float, book: Book, basis: np.ndarray, terms: Terms) -> float:
    """How low purchases may take the cash: zero, or as far below as the orders planned to borrow."""
    values, used = book.values, 1
    values[0] = cash
    for k in range(len(basis)):
        if book.sizes[k] != 0.0:
            values[used] = -(book.sizes[k] * basis[k])
            used += 1
    planned = exact_sum(values, used)
    if planned >= 0.0:
        return 0.0
    for j in range(1, used):
        values[j - 1] = abs(values[j])
    moved = abs(cash) + exact_sum(values, used - 1)
    return planned if planned < -terms.planned * moved else 0.0


@inner
def _equity(cash: float, book: Book, basis: np.ndarray, marks: np.ndarray) -> float:
    """Cash and what can be traded; a short that cannot still owes its mark."""
    positions, values, used = book.positions, book.values, 1
    values[0] = cash
    for k in range(len(positions)):
        if positions[k] == 0.0 or (np.isnan(basis[k]) and positions[k] > 0.0):
            continue
        values[used] = positions[k] * (marks[k] if np.isnan(basis[k]) else basis[k])
        used += 1
    return max(0.0, exact_sum(values, used))


@inner
def _worth(cash: float, positions: np.ndarray, marks: np.ndarray, i: int, values: np.ndarray) -> float:
    values[0], used = cash, 1
    for k in range(len(positions)):
        if positions[k] != 0.0:
            values[used] = positions[k] * marks[i, k]
            used += 1
    return cash if used == 1 else exact_sum(values, used)


@inner
def _shorts(book: Book, marks: np.ndarray) -> float:
    used = 0
    for k in range(len(marks)):
        if book.positions[k] < 0.0:
            book.values[used] = -book.positions[k] * marks[k]
            used += 1
    return exact_sum(book.values, used)
