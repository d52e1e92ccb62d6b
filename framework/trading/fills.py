"""What waiting orders become at a session's prices: the same arithmetic for backtest and paper."""

from collections.abc import Iterable, Mapping, Sequence
from math import fsum, inf, isnan, nan, nextafter, sqrt
from typing import NamedTuple

import pandas as pd

from framework.errors import SpecError
from framework.trading.costs import CostModel
from framework.trading.marking import BySymbol, by_symbol
from framework.trading.orders import Fill, Order
from framework.trading.venue import ANYWHERE, Venue

PLANNED = 1e-6
"""Planned borrowing below this fraction of what moves is rounding, not a plan: the floor is then zero."""


def fill(  # noqa: PLR0913 - all that a fill depends on, by name
    orders: Sequence[Order],
    *,
    session: pd.Timestamp,
    prices: BySymbol,
    cash: float,
    costs: CostModel,
    venue: Venue = ANYWHERE,
    impacts: BySymbol | None = None,
) -> tuple[Fill, ...]:
    """Fill orders at this session's prices: sales first, then purchases with the cash there is.

    Purchases never take cash below :func:`cash_floor`. Where the cash above the floor does not pay for all
    of them, each gets the same part of what it asked for (rounded down to whole lots where only those trade,
    and nothing where that is below the venue's least value), and that part is lowered by units in the last
    place until ``cash_after(cash, fills)`` is at or above the floor *exactly*: an account that does not plan
    to borrow has cash of 0.0 or more, not -1e-12.

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
        Commission, half-spread and impact.
    venue : Venue
        The lots to which a purchase is cut that is cut short, and the least value of what is left of it.
    impacts : by symbol, optional
        A row of :func:`framework.trading.impact.impact_per_root_share`: needed where `costs` have an impact. An order
        whose symbol has none (NaN, absent) cannot be priced, and expires.

    Returns
    -------
    tuple of Fill
        One an order, sales first.

    Raises
    ------
    SpecError
        Costs with an impact, and nothing to measure it by.
    """
    market = _Market(session, by_symbol(prices), costs, _impacts(impacts, costs), venue)
    sales = [_trade(order, 1.0, market) for order in orders if order.quantity <= 0.0]
    wanted = [order for order in orders if order.quantity > 0.0]
    lowest = cash_floor(cash, orders)

    def purchases(part: float) -> list[Fill]:
        return [_trade(order, part, market) for order in wanted]

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


class _Market(NamedTuple):
    """What all orders of a session meet."""

    session: pd.Timestamp
    quotes: Mapping[str, float]
    costs: CostModel
    impacts: Mapping[str, float]
    venue: Venue


def _impacts(impacts: BySymbol | None, costs: CostModel) -> Mapping[str, float]:
    if impacts is not None:
        return by_symbol(impacts)
    if costs.impact:
        raise SpecError(
            f"The cost model has an impact of {costs.impact!r}.",
            "It is measured against volatility and volume, and neither was given.",
            "Hand over a row of impact_per_root_share, or set impact to 0.0.",
        )
    return {}


def _trade(order: Order, part: float, market: _Market) -> Fill:
    costs, mid = market.costs, market.quotes.get(order.symbol, nan)
    quantity = _part_of(order.quantity, part, mid, market.venue)
    impact = 0.0
    if costs.impact:
        impact = costs.impact * market.impacts.get(order.symbol, nan) * sqrt(abs(quantity))
    buying = order.quantity > 0.0
    at_spread = _price(mid, costs.half_spread, buying=buying)
    price = _price(mid, costs.half_spread + impact, buying=buying)
    if isnan(price) or _beyond_limit(order, price):
        quantity = 0.0
    size = abs(quantity)
    return Fill(
        order=order,
        session=market.session,
        quantity=quantity,
        price=price,
        commission_usd=size * price * costs.commission if size else 0.0,
        spread_usd=size * abs(at_spread - mid) if size else 0.0,
        impact_usd=size * abs(price - at_spread) if size else 0.0,
    )


def _part_of(quantity: float, part: float, mid: float, venue: Venue) -> float:
    if part == 1.0:
        return quantity
    bought = venue.part_of(quantity, part)
    return 0.0 if bought * mid < venue.minimum_usd else bought


def _price(mid: float, away: float, *, buying: bool) -> float:
    """The price so far away from the mid, as a fraction of it, on the side that costs; not below zero."""
    side = 1.0 + away if buying else 1.0 - away
    return mid * (0.0 if side < 0.0 else side)


def _beyond_limit(order: Order, price: float) -> bool:
    if order.limit is None:
        return False
    return price > order.limit if order.quantity > 0.0 else price < order.limit
