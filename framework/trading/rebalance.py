"""From target weights to orders: the same function for the backtest, the paper run and live."""

from collections.abc import Iterable, Mapping
from math import isnan, nan

import pandas as pd

from framework.errors import BadWeights
from framework.trading.marking import BySymbol, by_symbol
from framework.trading.orders import Order
from framework.trading.venue import ANYWHERE, Venue

DUST = 1e-9
"""Orders below this fraction of equity are rounding, not intent: they are dropped. Closing orders are kept."""


def rebalance(  # noqa: PLR0913 - all that an order depends on, by name
    target: BySymbol,
    *,
    session: pd.Timestamp,
    holdings: BySymbol,
    prices: BySymbol,
    equity: float,
    venue: Venue = ANYWHERE,
    run_id: str = "",
) -> tuple[Order, ...]:
    """Orders that move the holdings to the target weights.

    .. math:: q_i = w_i E / p_i - h_i

    with the wanted position truncated toward zero to the lots that the venue takes.

    Parameters
    ----------
    target : by symbol
        Fractions of equity decided at the close of `session`; all NaN means hold. What is held but not
        named here is closed.
    session : Timestamp
        The session that decided.
    holdings : by symbol
        Signed shares held at that close.
    prices : by symbol
        Closes of that session. A symbol without one (NaN, absent) cannot be sized and gets no order.
    equity : float
        What the weights are fractions of, zero or more: :func:`framework.trading.marking.equity_usd`. It is
        the account's worth unless something is held that no longer trades.
    venue : Venue
        Lots, least value and no-trade band.
    run_id : str
        Copied into the orders.

    Returns
    -------
    tuple of Order
        Sales first, each side in the order of `target`. Orders of no size, dust, and what the venue's rules leave out
        are not among them.

    Raises
    ------
    BadWeights
        A target that is NaN in part, or an equity below zero or unknown.
    """
    held, quotes = by_symbol(holdings), by_symbol(prices)
    wanted = _wanted(by_symbol(target), held, session)
    if wanted is None:
        return ()
    _check_equity(equity, session)
    orders = []
    for symbol, weight in wanted.items():
        price = quotes.get(symbol, nan)
        quantity = _quantity(weight, held.get(symbol, 0.0), price, equity, venue=venue)
        if quantity:
            orders.append(
                Order(symbol=symbol, quantity=quantity, reference_price=price, session=session, run_id=run_id)
            )
    return tuple(sorted(orders, key=_is_purchase))


def closing(
    symbols: Iterable[str],
    *,
    session: pd.Timestamp,
    holdings: BySymbol,
    prices: BySymbol,
    venue: Venue = ANYWHERE,
) -> tuple[Order, ...]:
    """Orders that close what is held of these symbols, and leave everything else as it is."""
    held = by_symbol(holdings)
    known = {symbol: held[symbol] for symbol in symbols if held.get(symbol, 0.0)}
    if not known:
        return ()
    nothing = dict.fromkeys(known, 0.0)
    return rebalance(nothing, session=session, holdings=known, prices=prices, equity=0.0, venue=venue)


def _wanted(
    target: Mapping[str, float], holdings: Mapping[str, float], session: pd.Timestamp
) -> dict[str, float] | None:
    missing = [symbol for symbol, weight in target.items() if isnan(weight)]
    if len(missing) == len(target):
        return None
    if missing:
        raise BadWeights(
            f"The weights at {session:%Y-%m-%d} are NaN for {', '.join(missing[:5])} only.",
            "A row is all numbers (rebalance) or all NaN (hold).",
            "Write 0.0 for what should not be held.",
        )
    return dict(target) | {symbol: 0.0 for symbol in holdings if symbol not in target}


def _quantity(weight: float, held: float, price: float, equity: float, *, venue: Venue) -> float:
    if isnan(price):
        return 0.0
    wanted = venue.whole(weight * equity / price)
    quantity = wanted - held
    value = abs(quantity) * price
    if value < venue.minimum_usd or (wanted and (value <= DUST * equity or value < venue.band * equity)):
        return 0.0
    return quantity


def _is_purchase(order: Order) -> bool:
    return order.quantity > 0.0


def _check_equity(equity: float, session: pd.Timestamp) -> None:
    if not equity >= 0.0:
        raise BadWeights(
            f"Equity at {session:%Y-%m-%d} is {equity:.2f} USD.",
            "Weights are fractions of an equity of zero or more.",
            "The account is ruined: close what it holds by hand.",
        )
