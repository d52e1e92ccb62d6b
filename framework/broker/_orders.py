"""What is refused of an order before it reaches the wire, and how the rest is written in a venue's decimals."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from math import isfinite

from framework.broker._ids import is_ours
from framework.errors import OrderRefused
from framework.trading.orders import Order

MISSED, FLOAT = Decimal("1e-9"), Decimal("1e-14")
"""How far from a whole number of steps a size may be by rounding: in steps, and as a part of it."""

LARGEST = 5_000_000.0
"""No order of more money than this is sent: it is taken for a mistake."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a venue takes of one symbol.

    Parameters
    ----------
    step : Decimal
        Quantities are multiples of it.
    least : Decimal
        No order is for less.
    most : Decimal, optional
        No order is for more.
    least_value : Decimal
        No order is worth less, at its limit or the price that sized it.
    tick : Decimal
        Limits are multiples of it.
    """

    step: Decimal
    tick: Decimal
    least: Decimal = Decimal(0)
    most: Decimal | None = None
    least_value: Decimal = Decimal(0)


@dataclass(frozen=True)
class Ticket:
    """An order as a venue is told it: its size, above zero, and its limit in decimals."""

    size: Decimal
    limit: Decimal | None
    is_sale: bool

    @property
    def quantity(self) -> float:
        """Signed shares."""
        return float(-self.size if self.is_sale else self.size)


def about(name: str, order: Order, client_id: str) -> str:
    """Venue, order and id, for messages."""
    return f"{name}: {order.quantity:+g} {order.symbol} ({client_id})"


def check(name: str, order: Order, client_id: str) -> None:
    """Refuse what no venue could take.

    Raises
    ------
    OrderRefused
        A quantity or price that is no number above zero, a value that must be a mistake, an id that is not ours.
    """
    what = about(name, order, client_id)
    if not is_ours(client_id):
        raise OrderRefused(
            f"{what}: that id is not of our making.",
            "A rerun must compute it again, and strangers' orders must not have it.",
            "Take it from framework.broker.client_id(strategy, order).",
        )
    prices = [order.reference_price, *([] if order.limit is None else [order.limit])]
    if not all(isfinite(price) and price > 0.0 for price in prices):
        raise OrderRefused(
            f"{what}: its prices are {prices}.", "A price is a number above zero.", "Nothing was sent."
        )
    if not isfinite(order.quantity) or not order.quantity:
        raise OrderRefused(
            f"{what}: its quantity is {order.quantity!r}.",
            "A quantity is a number above zero to buy, below zero to sell.",
            "Nothing was sent. Look at what computed it.",
        )
    value = abs(order.quantity) * max(prices)
    if value > LARGEST:
        raise OrderRefused(
            f"{what}: it is worth {value:,.0f}.",
            f"No order of more than {LARGEST:,.0f} is sent.",
            "Nothing was sent. Look at the price and the equity that it was sized with.",
        )


def written(name: str, order: Order, client_id: str, rules: Rules) -> Ticket:
    """The order in what the venue trades of the symbol: cut toward zero, its limit never made worse.

    Raises
    ------
    OrderRefused
        What is left is too small, or it is too large.
    """
    what, is_sale = about(name, order, client_id), order.quantity < 0.0
    size = steps(abs(order.quantity), rules.step)
    limit = None if order.limit is None else _on_tick(order.limit, rules.tick, is_sale=is_sale)
    if not size or size < rules.least:
        raise OrderRefused(
            f"{what}: {size:f} is left of it in steps of {rules.step:f}.",
            f"{name} takes {max(rules.least, rules.step):f} or more.",
            "Nothing was sent. Set the job's lot and least order to what the venue takes.",
        )
    if rules.most is not None and size > rules.most:
        raise OrderRefused(
            f"{what}: it is for {size:f}.",
            f"{name} takes {rules.most:f} at most.",
            "Nothing was sent. Order in parts.",
        )
    value = size * (Decimal(repr(order.reference_price)) if limit is None else limit)
    if value < rules.least_value or limit == 0:
        raise OrderRefused(
            f"{what}: {size:f} of it are worth {value:f}.",
            f"{name} takes orders worth {rules.least_value:f} or more, at prices in steps of {rules.tick:f}.",
            "Nothing was sent. Set the job's least order to what the venue takes.",
        )
    return Ticket(size, limit, is_sale)


def steps(size: float, step: Decimal) -> Decimal:
    """The whole steps in a size, cut toward zero; one that a float's rounding just missed is there."""
    count = Decimal(repr(size)) / step
    return _whole(count, ROUND_FLOOR) * step


def _on_tick(limit: float, tick: Decimal, *, is_sale: bool) -> Decimal:
    count = Decimal(repr(limit)) / tick
    return _whole(count, ROUND_CEILING if is_sale else ROUND_FLOOR) * tick


def _whole(count: Decimal, rounding: str) -> Decimal:
    """The whole number that a float's rounding just missed, or the next one in the direction that does no harm."""
    nearest = count.to_integral_value()
    is_missed = abs(count - nearest) <= MISSED + nearest * FLOAT
    return nearest if is_missed else count.to_integral_value(rounding)


def check_cancel(name: str, client_id: str, symbol: str) -> None:
    """Refuse to cancel what another program or a human placed."""
    if not is_ours(client_id):
        raise OrderRefused(
            f"{name}: {symbol} ({client_id!r}) is not an order of ours.",
            "Only orders whose ids we made are cancelled.",
            "Cancel it where it was placed.",
        )
