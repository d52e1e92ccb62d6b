"""Pieces of work on a connection to TWS: what is listed, what is quoted, which orders there are, and placing one."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from math import isfinite, nan
from typing import Any

from framework.access.patience import Again, Lost
from framework.broker._asking import Answer
from framework.broker._ib_wire import PACING_SECONDS, TOO_FAST, Link, Wire
from framework.broker._ib_words import order_of, report_of_completed, report_of_open
from framework.broker._orders import Ticket
from framework.broker.base import Quote, Report, Timing
from framework.errors import AccountRefused, OrderRefused

NO_SUCH_CONTRACT, NOT_SUBSCRIBED = 200, {354, 10089, 10168, 10186, 10197}
ID_TAKEN, READ_ONLY = 103, 321
NOTES = {105, 165, 399, 404, 10167} | set(range(2100, 2200))  # said about an order that lives on
TAKEN = {"PreSubmitted", "Submitted", "Filled", "PendingCancel", "Cancelled", "ApiCancelled", "Inactive"}


@dataclass(frozen=True)
class Listed:
    """A stock as IB lists it, and the steps of its price."""

    contract: Any
    tick: Decimal


async def listed(link: Link, symbol: str) -> Listed | None:
    """The one stock in USD of that symbol, or None: a holding is known by its symbol alone."""
    try:
        details = await link.ib.reqContractDetailsAsync(link.api.Stock(symbol, "SMART", "USD"))
    except link.api.wrapper.RequestError as error:
        if error.code != NO_SUCH_CONTRACT:
            raise
        return None
    if len({each.contract.conId for each in details}) != 1:
        return None
    return Listed(details[0].contract, Decimal(repr(details[0].minTick)))


async def quote(link: Link, symbol: str) -> Quote | None:
    """A snapshot of the best prices; None where there are none, or the account has not subscribed to them."""
    stock = await listed(link, symbol)
    if stock is None:
        return None
    try:
        (ticker,) = await link.ib.reqTickersAsync(stock.contract)
    except link.api.wrapper.RequestError as error:
        if error.code not in NOT_SUBSCRIBED:
            raise
        return None
    found = Quote(bid=_price(ticker.bid), ask=_price(ticker.ask))
    return found if isfinite(found.bid) or isfinite(found.ask) else None


async def open_trades(link: Link) -> list[Any]:
    """All open orders of the account, whichever client or human placed them."""
    trades = await link.ib.reqAllOpenOrdersAsync()
    return [trade for trade in trades if trade.order.account == link.account]


async def all_reports(link: Link) -> Iterable[Report]:
    """All orders that are open, then all that have ended; the client drops the words with which an order ended."""
    ends: dict[int, Any] = {}
    wrapper = link.ib.wrapper
    told = wrapper.completedOrder

    def hear(contract: Any, order: Any, state: Any) -> None:
        ends[order.permId] = state
        told(contract, order, state)

    wrapper.completedOrder = hear
    reports = [report_of_open(trade) for trade in await open_trades(link)]
    for trade in await link.ib.reqCompletedOrdersAsync(False):  # noqa: FBT003 - the client's own signature
        end = ends[trade.order.permId]
        if trade.order.account == link.account:
            reports.append(report_of_completed(trade, end.status, end.completedStatus))
    return reports


def check_client(link: Link, trade: Any, what: str) -> None:
    """Refuse to cancel what only another client can."""
    if trade.order.clientId != link.client_id:
        raise OrderRefused(
            f"{what}: client {trade.order.clientId} placed it, and this is client {link.client_id}.",
            "TWS lets the client cancel that placed an order.",
            "Write that number into the key file client_id_for_orders, or cancel it in TWS.",
        )


@dataclass
class Placing:
    """Places one order, and waits until TWS has taken or refused it.

    Parameters
    ----------
    wire : Wire
        The way to the account.
    contract : Contract
        What trades.
    ticket : Ticket
        Its size and limit.
    timing : Timing
        When.
    client_id : str
        The order's reference.
    """

    wire: Wire
    contract: Any
    ticket: Ticket
    timing: Timing
    client_id: str
    is_out: bool = field(default=False, init=False)  # whether TWS may have it

    def __call__(self) -> Answer:
        """The order as TWS has it, or why it does not."""
        self.is_out = False
        try:
            answer: Answer = self.wire.once(self._placed)
        except Again as again:
            if self.is_out:
                raise Lost(again.why) from None
            raise
        return answer

    async def _placed(self, link: Link) -> Answer:
        order = order_of(link.api, self.ticket, self.timing, account=link.account, client_id=self.client_id)
        order.orderId = link.ib.client.getReqId()  # above all that TWS has seen of this client
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[tuple[int, str]] = loop.create_future()

        def settle(code: int, said: str) -> None:
            if not answered.done():
                answered.set_result((code, said))

        def hear_error(number: int, code: int, said: str, *_: Any) -> None:
            if number == order.orderId and code not in NOTES:
                settle(code, said)

        def hear_status(trade: Any) -> None:
            if trade.order is order and trade.orderStatus.status in TAKEN:
                loop.call_soon(settle, 0, "")  # after the error that the client takes for the end of an order

        link.ib.errorEvent += hear_error
        link.ib.orderStatusEvent += hear_status
        self.is_out = True
        trade = link.ib.placeOrder(self.contract, order)
        code, said = await answered
        return self._judged(code, said) if code else Answer(report_of_open(trade))

    def _judged(self, code: int, said: str) -> Answer:
        """What an error about the order means; three kinds say for certain that TWS has not taken it."""
        if code in {TOO_FAST, ID_TAKEN}:
            self.is_out = False
            raise Again(f"IB error {code}: {said}", PACING_SECONDS if code == TOO_FAST else None)
        if code == READ_ONLY and "read-only" in said.casefold():
            self.is_out = False
            raise AccountRefused(
                f"ib: TWS takes no orders (error {code}: {said}).",
                "Its API is set to read-only.",
                "Nothing was sent. In TWS: Configuration, API, Settings, and take the tick from Read-Only API.",
            )
        return Answer(status=code, said=f"IB error {code}: {said}")


def _price(told: float) -> float:
    return told if isfinite(told) and told > 0.0 else nan
