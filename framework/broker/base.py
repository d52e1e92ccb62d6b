"""What every venue has in common: the words for an order's life, and the account that answers in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from math import copysign, fsum, nan
from typing import Protocol, runtime_checkable

from framework.trading.orders import Order


class State(Enum):
    """Where an order is in its life, as far as its venue has said."""

    ACKNOWLEDGED = "acknowledged"
    PARTIALLY_FILLED = "partially filled"
    FILLED = "filled"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    UNKNOWN = "unknown"  # it may be at the venue, or may not: look it up, never send it again

    @property
    def is_final(self) -> bool:
        """Whether nothing more can come of it."""
        return self in {State.FILLED, State.REJECTED, State.CANCELLED, State.EXPIRED}


class Timing(Enum):
    """When an order is to trade. What has not traded by the end of its session expires."""

    NOW = "now"  # where a venue knows no sessions, a limit stays until it is cancelled
    OPEN = "at the open"  # in the opening auction
    CLOSE = "at the close"  # in the closing auction


@dataclass(frozen=True, kw_only=True, slots=True)
class Execution:
    """A part of an order that traded.

    Parameters
    ----------
    venue_id : str
        The venue's own number of this trade: the same each time that it is told.
    quantity : float
        Signed shares.
    price : float
        Price a share.
    at : str
        When, in the venue's words (ISO 8601, or milliseconds since 1970).
    commission : float
        What it cost besides; NaN where the venue has not said it yet, or does not say it for one trade.
    commission_currency : str
        In which money; empty where there is no commission.
    """

    venue_id: str
    quantity: float
    price: float
    at: str
    commission: float = 0.0
    commission_currency: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What a venue says about one order.

    Parameters
    ----------
    client_id : str
        Our name for it; what whoever placed it wrote there, where it is not ours; empty if nothing.
    venue_id : str
        The venue's name for it; empty while that is not known.
    symbol : str
        What it trades.
    ordered : float
        Signed shares that were sent; NaN where the venue states an amount of money instead.
    state : State
        Where it is in its life.
    executions : tuple of Execution
        What has traded of this order and no other, oldest first; told by `Broker.order` and `Broker.cancel` alone.
    filled : float
        Signed shares that have traded; NaN while the state is unknown.
    said : str
        The venue's words, for a reader.
    """

    client_id: str
    venue_id: str
    symbol: str
    ordered: float
    state: State
    executions: tuple[Execution, ...] = ()
    filled: float = nan
    said: str = ""

    @property
    def average_price(self) -> float:
        """Price a share over all executions; NaN where there is none."""
        shares = fsum(each.quantity for each in self.executions)
        return fsum(each.quantity * each.price for each in self.executions) / shares if shares else nan

    @staticmethod
    def unknown(client_id: str, symbol: str, ordered: float, *, why: str) -> "Report":
        """An order of which it is not known whether the venue has it."""
        return Report(
            client_id=client_id, venue_id="", symbol=symbol, ordered=ordered, state=State.UNKNOWN, said=why
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Quote:
    """The best prices of a symbol at the venue, a share; NaN for a side on which nobody stands."""

    bid: float
    ask: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Permissions:
    """What the key opens.

    Parameters
    ----------
    account : str
        The venue's name for the account.
    currency : str
        What its cash is in.
    may_trade : bool
        Whether it may place orders now.
    may_withdraw, may_transfer : bool, optional
        Whether money can leave by it; None where the venue does not say.
    is_simulated : bool
        Whether it is the venue's own paper account.
    why_not : str
        The venue's reason where it may not trade.
    """

    account: str
    currency: str
    may_trade: bool
    may_withdraw: bool | None
    may_transfer: bool | None
    is_simulated: bool
    why_not: str = ""


class Book(Protocol):
    """An account that we keep ourselves: the paper book."""

    @property
    def cash(self) -> float:
        """USD; below zero where the account borrows."""
        ...

    @property
    def holdings(self) -> Mapping[str, float]:
        """Signed shares by symbol; symbols not held are absent."""
        ...


@runtime_checkable
class Broker(Protocol):
    """An account at a venue: what it holds and what became of its orders, in the venue's words, not in ours.

    Each method asks the venue, and raises VenueDown where there is no whole answer after bounded retries, and
    AccountRefused where the key is not accepted. No order is sent twice, whatever happens.
    """

    @property
    def name(self) -> str:
        """The module's name, as jobs write it."""
        ...

    @property
    def currency(self) -> str:
        """What cash and prices are in."""
        ...

    @property
    def visibility_seconds(self) -> float:
        """How long an order that was taken may be missing from the venue's answers."""
        ...

    def permissions(self) -> Permissions:
        """What the key opens, and whose account it is."""
        ...

    def cash(self) -> float:
        """Money in `currency`; below zero where the account borrows."""
        ...

    def holdings(self) -> Mapping[str, float]:
        """Signed shares by symbol, whoever bought them; symbols not held are absent."""
        ...

    def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        """The best prices by symbol; a symbol without any is absent."""
        ...

    def submit(self, order: Order, *, client_id: str, timing: Timing) -> Report:
        """Send an order, once; an id that the venue has already is that order, and is not sent again.

        Parameters
        ----------
        order : Order
            Its quantity is cut toward zero to what the venue trades, its limit to its prices, never to a worse one.
        client_id : str
            From :func:`framework.broker.client_id`.
        timing : Timing
            When it is to trade.

        Returns
        -------
        Report
            State UNKNOWN where the reply was lost: then :func:`framework.broker.resolved` looks it up.

        Raises
        ------
        OrderRefused
            It was not sent.
        """
        ...

    def order(self, client_id: str, symbol: str) -> Report:
        """What became of an order, with its executions; UNKNOWN where the venue does not know the id (yet)."""
        ...

    def open_orders(self) -> tuple[Report, ...]:
        """All orders of the account that may still trade, whoever placed them."""
        ...

    def cancel(self, client_id: str, symbol: str) -> Report:
        """Ask the venue to cancel one of our orders, and say what became of it: it may have traded meanwhile.

        Raises
        ------
        OrderRefused
            The id is not of our making.
        """
        ...


def open_state(filled: float) -> State:
    """The state of an order that may still trade, of which `filled` has."""
    return State.PARTIALLY_FILLED if filled else State.ACKNOWLEDGED


def signed(quantity: float, *, is_sale: bool) -> float:
    """The quantity below zero for a sale."""
    return copysign(quantity, -1.0 if is_sale else 1.0) if quantity else 0.0
