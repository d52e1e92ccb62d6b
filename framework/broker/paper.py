"""The paper book: an account that fills, carries and is marked exactly as a backtest's is."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pandas as pd

from framework.trading.costs import CostModel
from framework.trading.fills import cash_after, fill
from framework.trading.marking import BySymbol, Carry, carry, cash_after_carry, worth_usd
from framework.trading.orders import Fill, Order
from framework.trading.venue import ANYWHERE, Venue


class PaperBroker:
    """An account kept by us. All arithmetic is that of `framework.trading`, which the backtest uses too.

    Parameters
    ----------
    cash : float
        USD that it begins with.
    holdings : mapping of str to float
        Signed shares that it begins with; copied.
    costs : CostModel
        What its fills and its carry cost.
    venue : Venue
        The lots to which a purchase is cut that is cut short.
    """

    def __init__(
        self, cash: float, holdings: Mapping[str, float], costs: CostModel, *, venue: Venue = ANYWHERE
    ) -> None:
        self._cash = cash
        self._holdings = {symbol: held for symbol, held in holdings.items() if held}
        self._costs = costs
        self._venue = venue

    @property
    def cash(self) -> float:
        """USD; below zero where the account borrows."""
        return self._cash

    @property
    def holdings(self) -> Mapping[str, float]:
        """Signed shares by symbol, read-only; symbols not held are absent."""
        return MappingProxyType(self._holdings)

    def settle(self, orders: Sequence[Order], *, session: pd.Timestamp, prices: BySymbol) -> tuple[Fill, ...]:
        """Fill `orders` at this session's `prices`; what cannot fill expires with quantity zero."""
        fills = fill(
            orders,
            session=session,
            prices=prices,
            cash=self._cash,
            costs=self._costs,
            venue=self._venue,
        )
        self._cash = cash_after(self._cash, fills)
        for done in fills:
            self._hold(done.order.symbol, done.quantity)
        return fills

    def accrue(self, marks: BySymbol) -> Carry:
        """Credit one session's interest and pay its borrow fee, on what is held at the closes `marks`."""
        carried = carry(self._cash, self._holdings, marks, self._costs)
        self._cash = cash_after_carry(self._cash, carried)
        return carried

    def worth(self, marks: BySymbol) -> float:
        """Cash and holdings at the last known closes, in USD."""
        return worth_usd(self._cash, self._holdings, marks)

    def _hold(self, symbol: str, quantity: float) -> None:
        held = self._holdings.get(symbol, 0.0) + quantity
        if held:
            self._holdings[symbol] = held
        else:
            self._holdings.pop(symbol, None)
