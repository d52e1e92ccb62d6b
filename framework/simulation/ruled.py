"""The compiled replay of accounts with rules: impact, splits, dividends, lots, least orders, bands and stops.

It is :mod:`framework.simulation.kernels` over again for accounts that ask for more, so that those that do not pay for
nothing. Here each loop goes over the symbols one by one, in the words of the plain engine; what the rules make of one
order is in :mod:`framework.simulation.sizes`, of one position in :mod:`framework.simulation.stops`.
"""

import numpy as np

from framework.simulation.machine import compiled, inner
from framework.simulation.sizes import after_split, impact_scale, paid, size_of, traded
from framework.simulation.stops import hold, look
from framework.simulation.sums import exact_sum
from framework.simulation.tables import Diary, Outcome, Ruled, Stances, Terms, Traded

SALES, BOTH, PURCHASES = -1.0, 0.0, 1.0


@compiled
def replay_ruled(account: Ruled, diary: Diary) -> Outcome:  # noqa: C901 - one loop over history
    """Replay all sessions as :func:`framework.simulation.engine.simulate` defines them.

    In session *i*: what was decided or stopped at the close of *i-1* is sized, splits change shares and orders, orders
    fill, interest, borrow fee and dividends are booked, the book is marked at the close, and the stops look at it.
    Ends at a worth of zero or below.
    """
    tables, terms = account.tables, account.terms
    cash, killed, leaving, turn = terms.capital, False, False, 0
    total = Traded(0, 0.0, 0.0, 0.0, 0.0)
    for i in range(len(tables.quotes)):
        row = -1
        if turn < len(tables.decided) and tables.decided[turn] == i - 1:
            row = turn
            turn += 1
        trades = (row >= 0 or leaving) and not killed
        received = lowest = 0.0
        if terms.size_at_fill:
            received = _act(account, i)
        if trades:
            lowest = _order(account, i, row, cash)
        if not terms.size_at_fill:
            received = _act(account, i)
        if trades:
            part = _part(account, i, cash, lowest)
            cash, total = _fill(account, i, part, cash, diary, total)
        cash = _carry(account, i, cash, received, diary)
        worth = _worth(cash, account.book, tables.marks[i])
        _write(diary, i, worth, cash, account.book.positions)
        if not worth > 0.0:
            return _outcome(total, i)
        killed = killed or worth / terms.capital - 1.0 <= terms.kill_limit
        if account.rules.stops:
            leaving = look(tables, account.rules, account.book, i, turn)
    return _outcome(total, -1)


@inner
def _carry(account: Ruled, i: int, cash: float, received: float, diary: Diary) -> float:
    """Book interest, borrow fee and dividends; cash afterwards."""
    terms, book = account.terms, account.book
    interest = borrow = 0.0
    if i > 0:  # the capital arrives at the first close
        interest = cash * terms.cash_rate / terms.sessions_per_year
        if terms.borrow_rate != 0.0:
            borrow = _shorts(book, account.tables.marks[i]) * terms.borrow_rate / terms.sessions_per_year
    diary.interest_usd[i], diary.borrow_usd[i], diary.dividends_usd[i] = interest, borrow, received
    book.values[0], book.values[1], book.values[2], book.values[3] = cash, interest, -borrow, received
    return exact_sum(book.values, 4, book.scratch)


@inner
def _write(diary: Diary, i: int, worth: float, cash: float, positions: np.ndarray) -> None:
    diary.worth[i], diary.cash[i] = worth, cash
    if i < len(diary.positions):
        for k in range(len(positions)):
            diary.positions[i, k] = positions[k]


@inner
def _outcome(total: Traded, ruined: int) -> Outcome:
    return Outcome(
        total.trades, total.traded_usd, total.commission_usd, total.spread_usd, total.impact_usd, ruined
    )


@inner
def _act(account: Ruled, i: int) -> float:
    """Split what is held; what dividends and fractions of shares bring."""
    rules, book = account.rules, account.book
    used = 0
    for k in range(len(book.positions)):
        held = book.positions[k]
        if held == 0.0:
            continue
        ratio = rules.splits[i, k] if len(rules.splits) else 1.0
        kept = after_split(held, ratio, rules, account.terms)
        if len(rules.dividends):
            book.values[used] = kept * rules.dividends[i, k]
            used += 1
        if ratio != 1.0:
            if rules.unit != 0.0:
                book.values[used] = (held * ratio - kept) * account.tables.closes[i, k]
                used += 1
            book.positions[k] = kept
            book.side[k] = book.side[k] if kept != 0.0 else 0.0
            book.entry[k] /= ratio
            book.best[k] /= ratio
    return exact_sum(book.values, used, book.scratch)


@inner
def _order(account: Ruled, i: int, row: int, cash: float) -> float:
    """Write the sizes that can trade in session *i*, in its shares, and return how low purchases may take cash."""
    tables, rules, terms, book = account.tables, account.rules, account.terms, account.book
    quotes, sizes = tables.quotes[i], book.sizes
    basis, marks = tables.closes[i - 1], tables.marks[i - 1]
    if terms.size_at_fill:
        basis, marks = quotes, tables.marks[i]
    equity = _equity(cash, book, basis, marks) if row >= 0 else 0.0
    for k in range(len(sizes)):
        ratio = rules.splits[i, k] if len(rules.splits) and not terms.size_at_fill else 1.0
        size = 0.0
        if row >= 0 or book.out[k] != 0.0:
            weight = 0.0 if book.out[k] != 0.0 else tables.targets[row, k]
            size = size_of(weight, book.positions[k], basis[k], equity, rules, terms)
        sizes[k] = after_split(size, ratio, rules, terms)
        book.references[k] = basis[k] / ratio
    lowest = _cash_floor(cash, book, terms)
    for k in range(len(sizes)):
        if np.isnan(quotes[k]) or np.isnan(impact_scale(rules, i, k)):
            sizes[k] = 0.0
    return lowest


@inner
def _part(account: Ruled, i: int, cash: float, lowest: float) -> float:
    """The part of each purchase that cash pays for."""
    buys = False
    for k in range(len(account.book.sizes)):
        buys = buys or account.book.sizes[k] > 0.0
    if not buys or _cash_after(account, i, cash, BOTH, 1.0) >= lowest:
        return 1.0
    outlay = -_cash_after(account, i, 0.0, PURCHASES, 1.0)
    part = max(0.0, _cash_after(account, i, cash, SALES, 1.0) - lowest) / outlay
    while part > 0.0 and _cash_after(account, i, cash, BOTH, part) < lowest:
        part = np.nextafter(part, -np.inf)
    return part


@inner
def _cash_after(account: Ruled, i: int, cash: float, side: float, part: float) -> float:
    """Cash once the sales, or this part of the purchases, or both are paid."""
    tables, rules, book = account.tables, account.rules, account.book
    book.values[0], used = cash, 1
    for k in range(len(book.sizes)):
        mid = tables.quotes[i, k]
        size = traded(book.sizes[k], side, part, mid, rules)
        if size != 0.0:
            price, commission, _, _ = paid(size, mid, impact_scale(rules, i, k), account.terms)
            book.values[used] = -size * price - commission
            used += 1
    return exact_sum(book.values, used, book.scratch)


@inner
def _fill(
    account: Ruled, i: int, part: float, cash: float, diary: Diary, total: Traded
) -> tuple[float, Traded]:
    """Move the positions by what trades, sales first, and note it; cash and the totals afterwards."""
    tables, rules, book = account.tables, account.rules, account.book
    book.values[0], used, count = cash, 1, total.trades
    moved, commissions = total.traded_usd, total.commission_usd
    spreads, impacts = total.spread_usd, total.impact_usd
    for side in (SALES, PURCHASES):
        for k in range(len(book.sizes)):
            mid = tables.quotes[i, k]
            size = traded(book.sizes[k], side, part, mid, rules)
            if size == 0.0:
                continue
            price, commission, spread, impact = paid(size, mid, impact_scale(rules, i, k), account.terms)
            book.values[used] = -size * price - commission
            used += 1
            hold(book, k, size, price)
            if count < len(diary.trades):
                record = diary.trades[count]
                record.row, record.column, record.quantity, record.price = i, k, size, price
                record.commission_usd, record.spread_usd, record.impact_usd = commission, spread, impact
            count += 1
            moved += abs(size) * price
            commissions += commission
            spreads += spread
            impacts += impact
    return exact_sum(book.values, used, book.scratch), Traded(count, moved, commissions, spreads, impacts)


@inner
def _cash_floor(cash: float, book: Stances, terms: Terms) -> float:
    """How low purchases may take the cash: zero, or as far below as the orders planned to borrow."""
    values, used = book.values, 1
    values[0] = cash
    for k in range(len(book.sizes)):
        if book.sizes[k] != 0.0:
            values[used] = -(book.sizes[k] * book.references[k])
            used += 1
    planned = exact_sum(values, used, book.scratch)
    if planned >= 0.0:
        return 0.0
    for j in range(1, used):
        values[j - 1] = abs(values[j])
    moved = abs(cash) + exact_sum(values, used - 1, book.scratch)
    return planned if planned < -terms.planned * moved else 0.0


@inner
def _equity(cash: float, book: Stances, basis: np.ndarray, marks: np.ndarray) -> float:
    """Cash and what can be traded; a short that cannot still owes its mark."""
    book.values[0], used = cash, 1
    for k in range(len(basis)):
        position, price = book.positions[k], basis[k]
        if position == 0.0 or (np.isnan(price) and position > 0.0):
            continue
        book.values[used] = position * (marks[k] if np.isnan(price) else price)
        used += 1
    return max(0.0, exact_sum(book.values, used, book.scratch))


@inner
def _worth(cash: float, book: Stances, marks: np.ndarray) -> float:
    book.values[0], used = cash, 1
    for k in range(len(marks)):
        if book.positions[k] != 0.0:
            book.values[used] = book.positions[k] * marks[k]
            used += 1
    return exact_sum(book.values, used, book.scratch)


@inner
def _shorts(book: Stances, marks: np.ndarray) -> float:
    used = 0
    for k in range(len(marks)):
        if book.positions[k] < 0.0:
            book.values[used] = -book.positions[k] * marks[k]
            used += 1
    return exact_sum(book.values, used, book.scratch)
