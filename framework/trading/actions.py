"""What splits and dividends do to a book and to the orders that wait, before anything trades in their session."""

from collections.abc import Iterable
from dataclasses import replace
from math import fsum

from framework.trading.marking import BySymbol, by_symbol
from framework.trading.orders import Order
from framework.trading.venue import ANYWHERE, Venue


def split_holdings(holdings: BySymbol, splits: BySymbol, *, venue: Venue = ANYWHERE) -> dict[str, float]:
    """Shares once split, as a venue of whole shares keeps them: what a split leaves of a share is paid out in cash.

    Parameters
    ----------
    holdings : by symbol
        Signed shares at the close before.
    splits : by symbol
        New shares per old one of this session; absent is 1.0.
    """
    ratios = by_symbol(splits)
    return {
        symbol: venue.after_split(held, ratios.get(symbol, 1.0))
        for symbol, held in by_symbol(holdings).items()
    }


def split_orders(orders: Iterable[Order], splits: BySymbol, *, venue: Venue = ANYWHERE) -> tuple[Order, ...]:
    """Waiting orders in new shares, their reference price and limit per new share."""
    ratios = by_symbol(splits)
    return tuple(_split(order, ratios.get(order.symbol, 1.0), venue) for order in orders)


def dividends_usd(
    before: BySymbol, splits: BySymbol, dividends: BySymbol, prices: BySymbol, *, venue: Venue = ANYWHERE
) -> float:
    """Cash that the shares held at the close before bring in this session; shorts pay it.

    Dividends of each share, after the split of the same session, and the fractions of shares that a split left where
    only whole ones trade, at the session's close.

    Parameters
    ----------
    before : by symbol
        Signed shares at the close before, not yet split.
    splits, dividends : by symbol
        Of this session; absent is 1.0 and 0.0.
    prices : by symbol
        Closes of this session.
    """
    ratios, paid, closes = by_symbol(splits), by_symbol(dividends), by_symbol(prices)
    received = []
    for symbol, held in by_symbol(before).items():
        ratio = ratios.get(symbol, 1.0)
        kept = venue.after_split(held, ratio)
        received.append(kept * paid.get(symbol, 0.0))
        if ratio != 1.0 and venue.lot:
            received.append((held * ratio - kept) * closes[symbol])
    return fsum(received)


def _split(order: Order, ratio: float, venue: Venue) -> Order:
    if ratio == 1.0:
        return order
    return replace(
        order,
        quantity=venue.after_split(order.quantity, ratio),
        reference_price=order.reference_price / ratio,
        limit=None if order.limit is None else order.limit / ratio,
    )
