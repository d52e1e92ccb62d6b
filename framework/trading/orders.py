"""Orders and fills, as the backtest, the paper book and the venues share them."""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """An instruction to trade, with the run and the session that caused it.

    Parameters
    ----------
    symbol : str
        What to trade.
    quantity : float
        Signed shares: positive buys, negative sells.
    reference_price : float
        The close of the deciding session, from which `quantity` was computed.
    session : Timestamp
        The session at whose close the order was decided; it fills in a later one.
    limit : float, optional
        Worst acceptable price, half-spread included; None for a market order.
    run_id : str
        The run that decided it; empty in a backtest.
    """

    symbol: str
    quantity: float
    reference_price: float
    session: pd.Timestamp
    limit: float | None = None
    run_id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fill:
    """What became of an order: the part that traded, its price and its costs.

    Parameters
    ----------
    order : Order
        The order that this fills.
    session : Timestamp
        When it traded.
    quantity : float
        Signed shares that traded; less than ordered where cash ran short, zero where the order expired.
    price : float
        Price per share paid or received, half-spread and impact included; NaN where the symbol had no price.
    commission_usd, spread_usd, impact_usd : float
        Costs: the commission, and what half-spread and impact each took against the mid price of the fill.
    """

    order: Order
    session: pd.Timestamp
    quantity: float
    price: float
    commission_usd: float
    spread_usd: float
    impact_usd: float = 0.0

    @property
    def cash_flow_usd(self) -> float:
        """What this fill does to the account's cash: below zero for a purchase."""
        return -self.quantity * self.price - self.commission_usd if self.quantity else 0.0
