"""What Binance says of a pair, an order and a trade, in our words, and an order in its own."""

from decimal import Decimal
from math import nan
from typing import Any

from framework.broker._orders import Rules, Ticket
from framework.broker.base import Execution, Report, State, open_state, signed
from framework.errors import OrderRefused

SMALLEST = Decimal("0.00000001")  # where a filter names no step
STATES = {
    "FILLED": State.FILLED,
    "CANCELED": State.CANCELLED,
    "REJECTED": State.REJECTED,
    "EXPIRED": State.EXPIRED,
    "EXPIRED_IN_MATCH": State.EXPIRED,
}
OPEN = {"NEW", "PENDING_NEW", "PARTIALLY_FILLED", "PENDING_CANCEL"}


def pair_rules(pair: dict[str, Any], currency: str, what: str, *, is_market: bool) -> Rules:
    """The filters of a pair: lot, tick, least and most.

    Raises
    ------
    OrderRefused
        There is no such pair, it does not trade now, or it is quoted in another currency.
    """
    if pair.get("status") != "TRADING":
        raise OrderRefused(
            f"{what}: there is no such pair, or it does not trade ({pair.get('status', 'unknown symbol')}).",
            "Binance writes base and quote as one word: BTCUSDT.",
            "Nothing was sent. Look the pair up on Binance's page.",
        )
    if pair["quoteAsset"] != currency:
        raise OrderRefused(
            f"{what}: it is quoted in {pair['quoteAsset']}.",
            f"Cash is counted in {currency}.",
            f"Nothing was sent. Trade pairs with {currency}, or name another in the key file 'currency'.",
        )
    filters = {each["filterType"]: each for each in pair["filters"]}
    lots = [
        filters["LOT_SIZE"],
        *([filters["MARKET_LOT_SIZE"]] if is_market and "MARKET_LOT_SIZE" in filters else []),
    ]
    value = filters.get("NOTIONAL") or filters.get("MIN_NOTIONAL") or {"minNotional": "0"}
    most = [Decimal(each["maxQty"]) for each in lots if Decimal(each["maxQty"])]
    return Rules(
        step=max(Decimal(each["stepSize"]) for each in lots) or SMALLEST,
        tick=Decimal(filters["PRICE_FILTER"]["tickSize"]) or SMALLEST,
        least=max(Decimal(each["minQty"]) for each in lots),
        most=min(most) if most else None,
        least_value=Decimal(value["minNotional"]),
    )


def message(symbol: str, ticket: Ticket, client_id: str) -> dict[str, str]:
    """An order as Binance is told it."""
    limit = {} if ticket.limit is None else {"price": f"{ticket.limit:f}", "timeInForce": "GTC"}
    return {
        "symbol": symbol,
        "side": "SELL" if ticket.is_sale else "BUY",
        "type": "LIMIT" if limit else "MARKET",
        "quantity": f"{ticket.size:f}",
        "newClientOrderId": client_id,
        "newOrderRespType": "RESULT",
        **limit,
    }


def report(body: Any) -> Report:
    """An order as Binance tells it, without its trades."""
    status, is_sale = body["status"], body["side"] == "SELL"
    filled = signed(float(body["executedQty"]), is_sale=is_sale)
    state = open_state(filled) if status in OPEN else STATES.get(status, State.UNKNOWN)
    return Report(
        client_id=body["clientOrderId"],
        venue_id=str(body["orderId"]),
        symbol=body["symbol"],
        ordered=signed(float(body["origQty"]), is_sale=is_sale),
        state=state,
        filled=nan if state is State.UNKNOWN else filled,
        said=status,
    )


def execution(trade: Any) -> Execution:
    """A trade as Binance tells it."""
    return Execution(
        venue_id=str(trade["id"]),
        quantity=signed(float(trade["qty"]), is_sale=not trade["isBuyer"]),
        price=float(trade["price"]),
        at=str(trade["time"]),
        commission=float(trade["commission"]),
        commission_currency=trade["commissionAsset"],
    )
