"""What waiting orders become at a session's prices: the same arithmetic for backtest and paper."""

from collections.abc import Iterable, Mapping, Sequence
from math import floor, fsum, inf, isnan, nan, nextafter

import pandas as pd

from framework.trading.costs import CostModel
from framework.trading.marking import BySymbol, by_symbol
from framework.trading.orders import Fill, Order

PLANNED = 1e-6
"""Planned borrowing below this fraction of what moves is rounding, not a plan: the floor is then zero."""


def fill(
    orders: Sequence[Order],
    *,
    session: pd.Timestamp,
    prices: BySymbol,
    cash: float,
    costs: CostModel,
    whole_shares: bool = False,
) -> tuple[Fill, ...]:
    """Fill orders at this session's prices: sales first, then purchases with the cash there is.

    Purchases never take cash below :func:`cash_floor`. Where the cash above the floor does not pay for all
    of them, each gets the same part of what it asked for (rounded down to whole shares where only those
    trade), and that part is lowered by units in the last place until ``cash_after(cash, fills)`` is at or
    above the floor *exactly*: an account that does not plan to borrow has cash of 0.0 or more, not -1e-12.

    Parameters
    ----------
    orders : sequence of Order
        Decided at the same earlier close.
    session : Timestamp
        When they trade.
    prices : by symbol
        Mid prices of this session. An order whose symbol has none (NaN, absent), or whose limit is worse
        than the market, expires: its Fill has quantity zero.
    cash : float
        The account's cash before these orders.
    costs : CostModel
        Commission and half-spread.
    whole_shares : bool
        Whether a purchase that is cut short is cut to whole shares.

    Returns
    -------
    tuple of Fill
        One an order, sales first.
    """
    quotes = by_symbol(prices)
    sales = [_trade(order, 1.0, session, quotes, costs) for order in orders if order.quantity <= 0.0]
    wanted = [order for order in orders if order.quantity > 0.0]
    lowest = cash_floor(cash, orders)

    def purchases(part: float) -> list[Fill]:
        return [_trade(order, part, session, quotes, costs, whole_shares=whole_shares) for order in wanted]

    def overdrawn(bought: list[Fill]) -> bool:
        return cash_after(cash, sales + bought) < lowest

    bought = purchases(1.0)
    outlay = -cash_after(0.0, bought)
    if outlay > 0.0 and overdrawn(bought):
        part = max(0.0, cash_after(cash, sales) - lowest) / outlay
        bought = purchases(part)
        while part > 0.0 and overdrawn(bought):
            part = nextafter(part, -inf)
            bought = purchases(part)
    return (*sales, *bought)


def cash_floor(cash: float, orders: Iterable[Order]) -> float:
    """How low purchases may take the cash: zero, or as far below as the orders planned to borrow.

    The plan is what cash would be if all orders filled at their reference prices without costs.
    """
    values = [order.quantity * order.reference_price for order in orders]
    planned = fsum((cash, *(-value for value in values)))
    moved = abs(cash) + fsum(map(abs, values))
    return planned if planned < -PLANNED * moved else 0.0


def cash_after(cash: float, fills: Iterable[Fill]) -> float:
    """The account's cash once `fills` are paid, exactly summed: their order does not matter."""
    return fsum((cash, *(done.cash_flow_usd for done in fills)))


def _trade(
    order: Order,
    part: float,
    session: pd.Timestamp,
    quotes: Mapping[str, float],
    costs: CostModel,
    *,
    whole_shares: bool = False,
) -> Fill:
    mid = quotes.get(order.symbol, nan)
    buying = order.quantity > 0.0
    price = mid * (1.0 + costs.half_spread if buying else 1.0 - costs.half_spread)
    quantity = order.quantity if part == 1.0 else _part_of(order.quantity, part, whole_shares=whole_shares)
    if isnan(mid) or _beyond_limit(order, price):
        quantity = 0.0
    size = abs(quantity)
    return Fill(
        order=order,
        session=session,
        quantity=quantity,
        price=price,
        commission_usd=size * price * costs.commission if size else 0.0,
        spread_usd=size * abs(price - mid) if size else 0.0,
    )


def _part_of(quantity: float, part: float, *, whole_shares: bool) -> float:
    return float(floor(quantity * part)) if whole_shares else quantity * part


def _beyond_limit(order: Order, price: float) -> bool:
    if order.limit is None:
        return False
    return price > order.limit if order.quantity > 0.0 else price < order.limit
