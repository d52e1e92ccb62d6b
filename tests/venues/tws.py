"""Orders and trades as TWS writes them: fields in the order in which version 176 of its protocol has them."""

from typing import Any

from venues.account import Placed, Stage, Trade

WORDS = {
    Stage.OPEN: "Submitted",
    Stage.CANCELLING: "PendingCancel",
    Stage.FILLED: "Filled",
    Stage.CANCELLED: "Cancelled",
    Stage.EXPIRED: "Cancelled",
    Stage.REJECTED: "Inactive",
}
REASONS = {
    Stage.FILLED: "Filled Size: {filled}",
    Stage.CANCELLED: "Cancelled by Trader",
    Stage.EXPIRED: "Cancelled: the order expired",
    Stage.REJECTED: "Order rejected",
}


def contract(symbol: str) -> tuple[Any, ...]:
    """A stock in USD."""
    return (sum(map(ord, symbol)), symbol, "STK", "", 0, "", "", "SMART", "USD", symbol, symbol)


def open_order(order: Placed, ids: tuple[int, int], account: str) -> tuple[Any, ...]:
    """Message 5."""
    client, number = ids
    kind = _kind(order)
    told = (number, *contract(order.symbol), *_side(order), *kind, "", account, "", 0)
    names = (order.client_id, client, order.number)
    rest = (*_empty(8 + 1 + 29 + 7), 0, 0, 0, *_empty(3), "", *_empty(4), 0, "")
    state = ("", "", WORDS[order.stage], *_empty(9 + 5), "", "")
    return (5, *told, *names, *rest, *state, 0, *_empty(16 + 3 + 5))


def order_status(order: Placed, ids: tuple[int, int]) -> tuple[Any, ...]:
    """Message 3."""
    client, number = ids
    average = order.worth / order.filled if order.trades else 0
    remaining = order.size - order.filled
    return (
        3,
        number,
        WORDS[order.stage],
        order.filled,
        remaining,
        average,
        order.number,
        0,
        0,
        client,
        "",
        0,
    )


def completed_order(order: Placed, account: str) -> tuple[Any, ...]:
    """Message 101: without the number and the client that placed it, and without how much was ordered."""
    side = "SELL" if order.is_sale else "BUY"
    told = (
        *contract(order.symbol),
        side,
        0,
        *_kind(order),
        "",
        account,
        "",
        0,
        order.client_id,
        order.number,
    )
    rest = (*_empty(7 + 1 + 23 + 5), 0, 0, 0, *_empty(3), "", *_empty(3), 0, "", "")
    reason = REASONS[order.stage].format(filled=order.filled)
    end = (*_empty(6), order.filled, *_empty(6), "20240315-14:00:00", reason)
    return (101, *told, *rest, WORDS[order.stage], "", "", 0, *end, *_empty(5))


def execution(
    request: str, trade: Trade, order: Placed, ids: tuple[int, int], account: str
) -> tuple[Any, ...]:
    """Message 11."""
    client, number = ids
    side = "SLD" if order.is_sale else "BOT"
    at = f"{trade.at:%Y%m%d %H:%M:%S} UTC"
    total = (trade.size, trade.price)
    told = (name_of(trade), at, account, "NYSE", side, trade.size, trade.price, order.number, client, 0)
    return (11, request, number, *contract(order.symbol), *told, *total, order.client_id, "", "", "", 1)


def commission(trade: Trade) -> tuple[Any, ...]:
    """Message 59."""
    return (59, 1, name_of(trade), "1.00", "USD", "", "", "")


def name_of(trade: Trade) -> str:
    """An execution's name; the last two digits count its corrections."""
    return f"0000e0d5.{trade.number}.01.01"


def _kind(order: Placed) -> tuple[Any, ...]:
    """Type, limit, stop price, time in force."""
    at_close = order.timing == "MOC"
    kind = ("LOC" if at_close else "LMT") if order.limit is not None else ("MOC" if at_close else "MKT")
    return (kind, "" if order.limit is None else order.limit, "", "DAY" if at_close else order.timing)


def _side(order: Placed) -> tuple[Any, ...]:
    return ("SELL" if order.is_sale else "BUY", order.size)


def _empty(count: int) -> tuple[str, ...]:
    return ("",) * count
