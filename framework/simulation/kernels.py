"""The compiled replay: the plain engine's recurrence, addition by addition, in machine code.

Every total is the exactly rounded sum that ``math.fsum`` gives (:mod:`framework.simulation.sums`), so that worth, cash
and trades are the plain engine's to the last bit. Nothing here knows pandas. The loops over symbols have no branch
that a processor could not take for many symbols at once.
"""

import numpy as np

from framework.simulation.machine import compiled, inner
from framework.simulation.sums import exact_sum, exact_worth
from framework.simulation.tables import Book, Diary, Outcome, Tables, Terms, Traded

SALES, BOTH, PURCHASES = -1.0, 0.0, 1.0
FEW = 4  # where less than one symbol in so many is held, only those are looked at


@compiled
def replay(  # noqa: C901, PLR0912, PLR0915 - one loop over history
    tables: Tables, terms: Terms, book: Book, diary: Diary
) -> Outcome:
    """Replay all sessions as :func:`framework.simulation.engine.simulate` defines them.

    In session *i*: what was decided at the close of *i-1* is sized and filled, interest and borrow fee are booked,
    the book is marked at the close. Stops at a worth of zero or below.
    """
    marks = tables.marks
    sessions, symbols = marks.shape
    positions, columns, values, scratch = book.positions, book.columns, book.values, book.scratch
    decided, worths, cashes = tables.decided, diary.worth, diary.cash
    interests, borrows, shares = diary.interest_usd, diary.borrow_usd, diary.positions
    cash, killed, held, turn = terms.capital, False, 0, 0
    total = Traded(0, 0.0, 0.0, 0.0, 0.0)
    for i in range(sessions):
        if turn < len(decided) and decided[turn] == i - 1:
            if not killed:
                part, cash = _plan(tables, terms, book, i, tables.targets[turn], cash)
                total = _fill(tables.quotes[i], terms, book, i, part, diary, total)
                held = _columns_held(book)
            turn += 1
        interest = borrow = 0.0
        if i > 0:
            interest = cash * terms.cash_rate / terms.sessions_per_year
            if terms.borrow_rate != 0.0:
                borrow = _shorts(book, held, tables.marks[i]) * terms.borrow_rate / terms.sessions_per_year
            if interest != 0.0 or borrow != 0.0:
                values[0], values[1], values[2] = cash, interest, -borrow
                cash = exact_sum(values, 3, scratch)
        if held == 0:
            worth = cash
        elif held == 1:  # one addition rounds once
            worth = cash + positions[columns[0]] * marks[i, columns[0]]
        elif held * FEW < symbols:
            worth = _worth_of_few(cash, book, held, marks[i])
        else:
            worth = exact_worth(cash, positions, marks[i], values, scratch)
        worths[i], cashes[i], interests[i], borrows[i] = worth, cash, interest, borrow
        if i < len(shares):
            for k in range(symbols):
                shares[i, k] = positions[k]
        if not worth > 0.0:
            return Outcome(total.trades, total.traded_usd, total.commission_usd, total.spread_usd, 0.0, i)
        killed = killed or worth / terms.capital - 1.0 <= terms.kill_limit
    return Outcome(total.trades, total.traded_usd, total.commission_usd, total.spread_usd, 0.0, -1)


@inner
def _columns_held(book: Book) -> int:
    """Note the columns that are held, and return how many there are."""
    held = 0
    for k in range(len(book.positions)):
        book.columns[held] = k
        held += 1 if book.positions[k] != 0.0 else 0
    return held


@inner
def _plan(
    tables: Tables, terms: Terms, book: Book, i: int, target: np.ndarray, cash: float
) -> tuple[float, float]:
    """Write the sizes that can trade in session *i*; the part of each purchase that cash pays for, and cash then."""
    quotes, sizes = tables.quotes[i], book.sizes
    basis, marks = tables.closes[i - 1], tables.marks[i - 1]
    if terms.size_at_fill:
        basis, marks = quotes, tables.marks[i]
    equity = _equity(cash, book, basis, marks)
    for k in range(len(sizes)):
        sizes[k] = _size(target[k], book.positions[k], basis[k], equity, terms)
    lowest = _cash_floor(cash, book, basis, terms)
    buys = False
    for k in range(len(sizes)):
        size = 0.0 if np.isnan(quotes[k]) else sizes[k]
        sizes[k] = size
        buys = buys | (size > 0.0)
    after = _cash_after(cash, BOTH, 1.0, quotes, terms, book)
    if not buys or after >= lowest:
        return 1.0, after
    outlay = -_cash_after(0.0, PURCHASES, 1.0, quotes, terms, book)
    part = max(0.0, _cash_after(cash, SALES, 1.0, quotes, terms, book) - lowest) / outlay
    after = _cash_after(cash, BOTH, part, quotes, terms, book)
    while part > 0.0 and after < lowest:
        part = np.nextafter(part, -np.inf)
        after = _cash_after(cash, BOTH, part, quotes, terms, book)
    return part, after


@inner
def _size(weight: float, held: float, price: float, equity: float, terms: Terms) -> float:
    """Signed shares that move what is held to its weight; 0.0 for dust, and for what has no price."""
    wanted = weight * equity / price
    if terms.whole_shares:
        wanted = _toward_zero(wanted, terms.whole)
    quantity = wanted - held
    dust = (wanted != 0.0) & (abs(quantity) * price <= terms.dust * equity)
    return 0.0 if dust | np.isnan(price) else quantity


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
    bought = size
    if part != 1.0:
        bought = np.floor(size * part) if terms.whole_shares else size * part
    traded = bought if size > 0.0 else size
    return 0.0 if size * side < 0.0 else traded


@inner
def _paid(size: float, mid: float, terms: Terms) -> tuple[float, float, float]:
    """Price with the half-spread, commission and what the spread took."""
    price = mid * (1.0 + terms.half_spread if size > 0.0 else 1.0 - terms.half_spread)
    return price, abs(size) * price * terms.commission, abs(size) * abs(price - mid)


@inner
def _cash_after(cash: float, side: float, part: float, quotes: np.ndarray, terms: Terms, book: Book) -> float:
    """Cash once the sales, or this part of the purchases, or both are paid."""
    values, sizes = book.values, book.sizes
    values[0] = cash
    for k in range(len(quotes)):
        size = _traded(sizes[k], side, part, terms)
        price, commission, _ = _paid(size, quotes[k], terms)
        flow = -size * price - commission
        values[k + 1] = flow if size != 0.0 else 0.0
    return exact_sum(values, len(quotes) + 1, book.scratch)


@inner
def _cash_floor(cash: float, book: Book, basis: np.ndarray, terms: Terms) -> float:
    """How low purchases may take the cash: zero, or as far below as the orders planned to borrow."""
    values, sizes = book.values, book.sizes
    values[0] = cash
    for k in range(len(basis)):
        flow = -(sizes[k] * basis[k])
        values[k + 1] = flow if sizes[k] != 0.0 else 0.0
    planned = exact_sum(values, len(basis) + 1, book.scratch)
    if planned >= 0.0:
        return 0.0
    values[0] = 0.0
    for k in range(len(basis)):
        values[k + 1] = abs(values[k + 1])
    moved = abs(cash) + exact_sum(values, len(basis) + 1, book.scratch)
    return planned if planned < -terms.planned * moved else 0.0


@inner
def _fill(  # noqa: PLR0913, PLR0917 - one place where all of them meet
    quotes: np.ndarray, terms: Terms, book: Book, i: int, part: float, diary: Diary, total: Traded
) -> Traded:
    """Move the positions by what trades, and note it; the totals so far with this session's."""
    sizes, count = book.sizes, total.trades
    traded, commissions, spreads = total.traded_usd, total.commission_usd, total.spread_usd
    for k in range(len(sizes)):
        size = _traded(sizes[k], BOTH, part, terms)
        sizes[k] = size
        if size != 0.0:
            price, commission, spread = _paid(size, quotes[k], terms)
            book.positions[k] += size
            count += 1
            traded += abs(size) * price
            commissions += commission
            spreads += spread
    if len(diary.trades):
        _note(quotes, terms, sizes, i, diary.trades[total.trades :])
    return Traded(count, traded, commissions, spreads, 0.0)


@inner
def _note(quotes: np.ndarray, terms: Terms, sizes: np.ndarray, i: int, room: np.ndarray) -> None:
    """Write a session's trades down, sales first, as far as there is room."""
    count = 0
    for side in (SALES, PURCHASES):
        for k in range(len(sizes)):
            size = sizes[k]
            if size * side > 0.0 and count < len(room):
                record = room[count]
                record.row, record.column, record.quantity = i, k, size
                record.price, record.commission_usd, record.spread_usd = _paid(size, quotes[k], terms)
                record.impact_usd = 0.0  # accounts with impact have a replay of their own
                count += 1


@inner
def _equity(cash: float, book: Book, basis: np.ndarray, marks: np.ndarray) -> float:
    """Cash and what can be traded; a short that cannot still owes its mark."""
    positions, values = book.positions, book.values
    values[0] = cash
    for k in range(len(positions)):
        owed = marks[k] if positions[k] < 0.0 else 0.0
        price = owed if np.isnan(basis[k]) else basis[k]
        values[k + 1] = positions[k] * price if positions[k] != 0.0 else 0.0
    return max(0.0, exact_sum(values, len(positions) + 1, book.scratch))


@inner
def _worth_of_few(cash: float, book: Book, held: int, marks: np.ndarray) -> float:
    """Cash and positions at their marks, where only a few symbols are held."""
    positions, columns, values = book.positions, book.columns, book.values
    values[0] = cash
    for j in range(held):
        values[j + 1] = positions[columns[j]] * marks[columns[j]]
    return exact_sum(values, held + 1, book.scratch)


@inner
def _shorts(book: Book, held: int, marks: np.ndarray) -> float:
    """What the shorts are worth at their marks, as a number above zero."""
    used = 0
    for j in range(held):
        k = book.columns[j]
        if book.positions[k] < 0.0:
            book.values[used] = -book.positions[k] * marks[k]
            used += 1
    return exact_sum(book.values, used, book.scratch)
