"""From target weights to orders: the same function for the backtest, the paper run and live."""

from collections.abc import Mapping
from math import copysign, isnan, nan

import pandas as pd

from framework.errors import BadWeights
from framework.trading.marking import BySymbol, by_symbol
from framework.trading.orders import Order

DUST = 1e-9
"""Orders below this fraction of equity are rounding, not intent: they are dropped. Closing orders are kept."""

WHOLE = 1e-9
"""A share count this close to a whole number is that number: 99.9999999999 is 100, not 99."""


def rebalance(  # noqa: PLR0913 - all that an order depends on, by name
    target: BySymbol,
    *,
    session: pd.Timestamp,
    holdings: BySymbol,
    prices: BySymbol,
    equity: float,
    whole_shares: bool = False,
    run_id: str = "",
) -> tuple[Order, ...]:
    """Orders that move the holdings to the target weights.

    .. math:: q_i = w_i E / p_i - h_i

    with the wanted position truncated toward zero where only whole shares trade.

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
    whole_shares : bool
        Whether positions are whole numbers of shares.
    run_id : str
        Copied into the orders.

    Returns
    -------
    tuple of Order
        Sales first, each side in the order of `target`. Orders of no size, and dust, are left out.

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
        quantity = _quantity(weight, held.get(symbol, 0.0), price, equity, whole_shares=whole_shares)
        if quantity:
            orders.append(
                Order(symbol=symbol, quantity=quantity, reference_price=price, session=session, run_id=run_id)
            )
    return tuple(sorted(orders, key=_is_purchase))


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


def _quantity(weight: float, held: float, price: float, equity: float, *, whole_shares: bool) -> float:
    if isnan(price):
        return 0.0
    wanted = weight * equity / price
    if whole_shares:
        wanted = toward_zero(wanted)
    quantity = wanted - held
    if wanted and abs(quantity) * price <= DUST * equity:
        return 0.0
    return quantity


def toward_zero(quantity: float) -> float:
    """The whole number of shares in `quantity`, truncated toward zero."""
    size = abs(quantity)
    nearest = float(round(size))
    if abs(size - nearest) > WHOLE * max(1.0, size):
        nearest = float(int(size))
    return copysign(nearest, quantity)


def _is_purchase(order: Order) -> bool:
    return order.quantity > 0.0


def _check_equity(equity: float, session: pd.Timestamp) -> None:
    if not equity >= 0.0:
        raise BadWeights(
            f"Equity at {session:%Y-%m-%d} is {equity:.2f} USD.",
            "Weights are fractions of an equity of zero or more.",
            "The account is ruined: close what it holds by hand.",
        )
