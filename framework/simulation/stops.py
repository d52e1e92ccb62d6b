"""What stops know of the positions, and when they close them: :mod:`framework.trading.watch` in machine code."""

import numpy as np

from framework.simulation.machine import inner
from framework.simulation.tables import Rules, Stances, Tables


@inner
def hold(book: Stances, k: int, size: float, price: float) -> None:
    """Add to a position, and to what the stops know of it (:func:`framework.trading.guard.filled`)."""
    held = book.positions[k]
    now = held + size
    book.positions[k] = now
    if now == 0.0:
        book.side[k] = 0.0
    elif book.side[k] == 0.0 or held * now <= 0.0:
        book.side[k] = 1.0 if now > 0.0 else -1.0
        book.entry[k] = book.best[k] = price
        book.sessions[k] = 0.0
    elif held * size > 0.0:
        book.entry[k] = (book.entry[k] * abs(held) + price * abs(size)) / abs(now)


@inner
def look(tables: Tables, rules: Rules, book: Stances, i: int, turn: int) -> bool:
    """Look at a close, and at what is decided there; whether something is to be closed."""
    decides = turn < len(tables.decided) and tables.decided[turn] == i
    leaving = False
    for k in range(len(book.side)):
        close, side = tables.closes[i, k], book.side[k]
        if side != 0.0 and not np.isnan(close):
            book.sessions[k] += 1.0
            book.best[k] = max(book.best[k], close) if side > 0.0 else min(book.best[k], close)
            if (
                _is_met(rules, side, book.entry[k], book.best[k], close)
                or book.sessions[k] >= rules.time_stop
            ):
                book.out[k] = side
        if decides and not tables.targets[turn, k] * book.out[k] > 0.0:
            book.out[k] = 0.0
        leaving = leaving or (book.out[k] != 0.0 and book.positions[k] != 0.0)
    return leaving


@inner
def _is_met(rules: Rules, side: float, entry: float, best: float, close: float) -> bool:
    """Whether a close meets a limit; one that is NaN is off."""
    at = side * close
    stop = at <= side * entry * (1.0 - side * rules.stop_loss)
    trail = at <= side * best * (1.0 - side * rules.trailing_stop)
    profit = at >= side * entry * (1.0 + side * rules.take_profit)
    return bool(stop or trail or profit)
