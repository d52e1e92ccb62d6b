"""What a book is worth at a close, and what holding it for a session earns and costs.

Sums are exact (``math.fsum``): neither the order of the symbols nor those that are not held change a
bit of the result, so that the backtest and the paper book agree to the last digit.
"""

from collections.abc import Mapping
from math import fsum, isnan, nan
from typing import NamedTuple

import pandas as pd

from framework.errors import DataError
from framework.trading.costs import SESSIONS_PER_YEAR, CostModel

BySymbol = Mapping[str, float] | pd.Series
"""A value a symbol: a Series whose index holds the symbols, or a plain mapping (quicker in loops)."""


def by_symbol(values: BySymbol) -> Mapping[str, float]:
    """The values as a plain mapping."""
    if isinstance(values, pd.Series):
        return {str(symbol): float(value) for symbol, value in values.items()}
    return values


def worth_usd(cash: float, holdings: BySymbol, prices: BySymbol) -> float:
    """Cash and holdings at `prices`: the last known close of each symbol that is held.

    Raises
    ------
    DataError
        A symbol that is held has no price. It is never marked at zero.
    """
    quotes = by_symbol(prices)
    values = [cash]
    for symbol, quantity in by_symbol(holdings).items():
        if quantity:
            values.append(quantity * _mark(symbol, quotes))
    return fsum(values)


def _mark(symbol: str, quotes: Mapping[str, float]) -> float:
    price = quotes.get(symbol, nan)
    if isnan(price):
        raise DataError(
            f"{symbol} is held but has no price.",
            "A holding is marked at its last known close, never at zero.",
            f"Load bars that reach back to a close of {symbol}.",
        )
    return price


def equity_usd(cash: float, holdings: BySymbol, prices: BySymbol, marks: BySymbol) -> float:
    """What target weights are fractions of: worth, less the long holdings that cannot be traded at `prices`.

    A delisted stock still counts in :func:`worth_usd`, but it pays for nothing: weights of the whole worth
    would borrow by accident. A short that cannot be traded still owes its mark. Never below zero.

    Parameters
    ----------
    prices : by symbol
        Prices from which quantities will follow, NaN where a symbol does not trade.
    marks : by symbol
        Last known closes.
    """
    quotes, last = by_symbol(prices), by_symbol(marks)
    values = [cash]
    for symbol, quantity in by_symbol(holdings).items():
        if quantity:
            price = quotes.get(symbol, nan)
            if not isnan(price):
                values.append(quantity * price)
            elif quantity < 0.0:
                values.append(quantity * _mark(symbol, last))
    return max(0.0, fsum(values))


class Carry(NamedTuple):
    """What holding the book for one session earned and cost, in USD."""

    interest_usd: float
    borrow_usd: float
    dividends_usd: float = 0.0


def carry(
    cash: float, holdings: BySymbol, prices: BySymbol, costs: CostModel, *, dividends_usd: float = 0.0
) -> Carry:
    """Interest on the cash after the session's fills, the fee on shorts at the session's close, and dividends.

    Interest is below zero on negative cash. The account's cash afterwards is ``cash_after_carry``. What went ex in the
    session (:func:`framework.trading.actions.dividends_usd`) is booked here, after the fills: no order could count on
    it, so that it pays for none, and earns interest from the next session on.
    """
    interest = cash * costs.cash_rate_per_year / SESSIONS_PER_YEAR
    if not costs.borrow_rate_per_year:
        return Carry(interest, 0.0, dividends_usd)
    quotes = by_symbol(prices)
    short = fsum(-held * _mark(symbol, quotes) for symbol, held in by_symbol(holdings).items() if held < 0.0)
    return Carry(interest, short * costs.borrow_rate_per_year / SESSIONS_PER_YEAR, dividends_usd)


def cash_after_carry(cash: float, carried: Carry) -> float:
    """Cash once interest and dividends are credited and the borrow fee is paid."""
    return fsum((cash, carried.interest_usd, -carried.borrow_usd, carried.dividends_usd))
