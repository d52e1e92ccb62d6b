"""What TWS says of orders and trades, in our words, and an order in its own."""

from collections.abc import Iterable
from decimal import Decimal
from math import isfinite, nan
from types import ModuleType
from typing import Any

from framework.broker._orders import Ticket
from framework.broker.base import Execution, Report, State, Timing, open_state, signed
from framework.errors import BrokerError

OPEN = {
    "ApiPending",
    "PendingSubmit",
    "PreSubmitted",
    "Submitted",
    "PendingCancel",
    "Inactive",
    "ValidationError",
}
ENDS = {"Filled": State.FILLED, "Cancelled": State.CANCELLED, "ApiCancelled": State.CANCELLED}
REASONS = {"expire": State.EXPIRED, "reject": State.REJECTED}
UNSET = 1e300  # TWS writes the largest float where it has no number


def symbol_of(contract: Any) -> str:
    """A stock in USD by its symbol; anything else by its local name, which is no symbol of ours."""
    is_stock = (contract.secType, contract.currency) == ("STK", "USD")
    return str(
        contract.symbol if is_stock else f"{contract.localSymbol or contract.symbol} {contract.currency}"
    )


def order_of(api: ModuleType, ticket: Ticket, timing: Timing, *, account: str, client_id: str) -> Any:
    """An order as TWS is told it: auctions are a type at the close, and a time in force at the open."""
    at_close = timing is Timing.CLOSE
    kind = ("MOC" if at_close else "MKT") if ticket.limit is None else ("LOC" if at_close else "LMT")
    return api.Order(
        action="SELL" if ticket.is_sale else "BUY",
        totalQuantity=float(ticket.size),
        orderType=kind,
        tif="OPG" if timing is Timing.OPEN else "DAY",
        account=account,
        orderRef=client_id,
        outsideRth=False,
        **({} if ticket.limit is None else {"lmtPrice": float(ticket.limit)}),
    )


def report_of_open(trade: Any) -> Report:
    """An order in the list of open ones, or just placed."""
    status, is_sale = trade.orderStatus.status, trade.order.action == "SELL"
    filled = signed(trade.orderStatus.filled, is_sale=is_sale)
    return _report(trade, filled, open_state(filled) if status in OPEN else ENDS.get(status, State.UNKNOWN))


def report_of_completed(trade: Any, status: str, said: str) -> Report:
    """An order in the list of those that have ended; TWS leaves out how much was ordered, except what has traded."""
    filled = signed(_number(trade.order.filledQuantity), is_sale=trade.order.action == "SELL")
    state = ENDS.get(status, State.REJECTED if status == "Inactive" else State.UNKNOWN)
    if state is not State.FILLED:
        state = next((found for word, found in REASONS.items() if word in said.casefold()), state)
    return _report(trade, filled, state)


def executions_of(fills: Iterable[Any], permanent_id: str) -> tuple[Execution, ...]:
    """The trades of one order, a corrected one in its last version: ``0d5.64a.01.02`` corrects ``0d5.64a.01.01``."""
    last: dict[str, Any] = {}
    for fill in fills:
        if str(fill.execution.permId) == permanent_id:
            name = fill.execution.execId.rpartition(".")[0]
            if name not in last or fill.execution.execId > last[name].execution.execId:
                last[name] = fill
    return tuple(_execution(fill) for fill in last.values())


def adds_up(report: Report) -> bool:
    """Whether the trades are all of what the order says has traded."""
    return sum(Decimal(repr(each.quantity)) for each in report.executions) == Decimal(repr(report.filled))


def only(reports: Iterable[Report], client_id: str, what: str) -> Report | None:
    """The one order under an id, in the list in which it has got furthest.

    Raises
    ------
    BrokerError
        There are two.
    """
    found = {report.venue_id: report for report in reports if report.client_id == client_id}
    if len(found) > 1:
        raise BrokerError(
            f"{what}: TWS has {len(found)} orders with that reference.",
            "It takes any reference any number of times; we never send one twice.",
            "Nothing was sent. Look at the account: another program makes such ids, or ran beside this one.",
        )
    return next(iter(found.values()), None)


def _report(trade: Any, filled: float, state: State) -> Report:
    size = _number(trade.order.totalQuantity)
    known = signed(size, is_sale=trade.order.action == "SELL") if size else filled
    return Report(
        client_id=trade.order.orderRef,
        venue_id=str(trade.order.permId or trade.orderStatus.permId),
        symbol=symbol_of(trade.contract),
        ordered=known if size or state is State.FILLED else nan,
        state=state,
        filled=nan if state is State.UNKNOWN else filled,
        said=trade.orderStatus.status,
    )


def _execution(fill: Any) -> Execution:
    told, cost = fill.execution, fill.commissionReport
    return Execution(
        venue_id=told.execId,
        quantity=signed(told.shares, is_sale=told.side == "SLD"),
        price=told.price,
        at=told.time.isoformat(),
        commission=cost.commission if cost.execId else nan,
        commission_currency=cost.currency,
    )


def _number(value: Any) -> float:
    number = float(value)
    return number if isfinite(number) and abs(number) < UNSET else 0.0
