"""An account at a loopback venue: what it holds, the orders on it whoever placed them, and what a test makes of them.

A venue tells it in its own words; a test fills, cancels and expires by hand, so that every moment can be looked at.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum


class Stage(Enum):
    """Where an order is; each venue has words of its own for it."""

    OPEN = "open"
    CANCELLING = "cancelling"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"


@dataclass
class Trade:
    """A part of an order that traded."""

    number: int
    order: int
    size: Decimal
    price: Decimal
    at: datetime


@dataclass
class Placed:
    """An order as the venue keeps it."""

    number: int
    client_id: str
    symbol: str
    is_sale: bool
    size: Decimal
    limit: Decimal | None
    timing: str  # in the venue's words
    at: datetime
    trades: list[Trade] = field(default_factory=list)
    stage: Stage = Stage.OPEN

    @property
    def filled(self) -> Decimal:
        """Shares that have traded."""
        return sum((trade.size for trade in self.trades), Decimal(0))

    @property
    def worth(self) -> Decimal:
        """What was paid for them."""
        return sum((trade.size * trade.price for trade in self.trades), Decimal(0))

    @property
    def is_open(self) -> bool:
        """Whether it may still trade."""
        return self.stage in {Stage.OPEN, Stage.CANCELLING}


class Account:
    """Orders in the order in which they came."""

    def __init__(self, now: datetime, holdings: dict[str, str], cash: str = "10000.50") -> None:
        self.now, self.cash, self.currency = now, Decimal(cash), "USD"
        self.holdings = {symbol: Decimal(size) for symbol, size in holdings.items()}
        self.orders: list[Placed] = []
        self.trades: list[Trade] = []
        self.refuses: str | None = None  # why it takes no order today
        self.cancels_slowly = False  # takes the wish to cancel, and leaves the order open
        self.lists_trades = True  # or only later
        self.appears_after_seconds = 0.0  # an order is not told before
        self.waited_seconds = 0.0

    def place(
        self, client_id: str, symbol: str, is_sale: bool, size: str, limit: str | None, timing: str
    ) -> Placed:
        """Take an order."""
        order = Placed(
            number=1000 + len(self.orders),
            client_id=client_id,
            symbol=symbol,
            is_sale=is_sale,
            size=Decimal(size),
            limit=None if limit is None else Decimal(limit),
            timing=timing,
            at=self.now + timedelta(seconds=len(self.orders)),
        )
        self.orders.append(order)
        return order

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.waited_seconds += seconds

    def told(self) -> list[Placed]:
        """The orders that its lists have by now."""
        return self.orders if self.waited_seconds >= self.appears_after_seconds else []

    def by_id(self, client_id: str) -> list[Placed]:
        """All orders that have it."""
        return [order for order in self.orders if order.client_id == client_id]

    def fill(self, order: Placed, size: str, price: str) -> None:
        """Let a part of an order trade."""
        trade = Trade(5000 + len(self.trades), order.number, Decimal(size), Decimal(price), self.now)
        assert order.is_open
        assert order.filled + trade.size <= order.size
        order.trades.append(trade)
        self.trades.append(trade)
        side = -1 if order.is_sale else 1
        self.holdings[order.symbol] = self.holdings.get(order.symbol, Decimal(0)) + side * trade.size
        self.cash -= side * trade.size * trade.price
        if order.filled == order.size:
            order.stage = Stage.FILLED

    def cancel(self, order: Placed) -> None:
        """Take the wish to cancel."""
        order.stage = Stage.CANCELLING if self.cancels_slowly else Stage.CANCELLED

    def end(self, order: Placed, stage: Stage) -> None:
        """Let it end with what has traded."""
        assert order.is_open
        order.stage = stage
