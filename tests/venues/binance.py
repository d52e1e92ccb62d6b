"""Binance on loopback: spot market data and orders as its SDK asks for them.

An id is unique among open orders only, and looked up among them only: stricter than Binance is.
"""

import hmac
import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlencode

import pandas as pd
from venues import reach
from venues.account import Account, Placed, Stage, Trade
from venues.http import HttpVenue, Reply, Request, Route
from venues.market import Market

from framework.broker.base import Timing
from framework.data.sources.base import Source

SYMBOLS = ("BTCUSDT", "ETHUSDT", "BNBUSDT")
KEYS: dict[str, str] = {}  # prices are public
WRONG: tuple[dict[str, str], ...] = ()
TRADING_KEYS = {"api_key": "canary-binance-key", "api_secret": "canary-binance-secret"}
REFUSED = (
    {"api_key": "canary-other-key", "api_secret": "canary-binance-secret"},
    {"api_key": "canary-binance-key", "api_secret": "canary-other-secret"},
)
TRADED, PRICE = ("BTCUSDT", "ETHUSDT"), "60.25"
TIMINGS = {Timing.NOW: "GTC"}
WORDS = {
    Stage.OPEN: "NEW",
    Stage.CANCELLING: "NEW",
    Stage.FILLED: "FILLED",
    Stage.CANCELLED: "CANCELED",
    Stage.EXPIRED: "EXPIRED",
    Stage.REJECTED: "REJECTED",
}
KLINES_A_PAGE = 100  # fewer than anybody asks for
WEIGHT = 2  # of a question for klines


class Venue(HttpVenue):
    """It counts the weight of what it is asked, and can ban."""

    NAME = "binance"
    STORM_WAIT = 7.0  # seconds that it asks for
    TRADING_KEYS = TRADING_KEYS

    def __init__(self) -> None:
        super().__init__(Market(SYMBOLS, "24/7", actions=False))
        self.weight = 0
        self.banned_for: int | None = None
        self.account = Account(self.market.now, {"BTCUSDT": "0.5", "ETHUSDT": "7.25"})
        self.quote_asset = "USDT"
        self.quoted = {"BTCUSDT": ("60.10", "60.20"), "ETHUSDT": ("59.90", "0")}
        self.permitted = {
            "enableSpotAndMarginTrading": True,
            "enableWithdrawals": False,
            "enableInternalTransfer": False,
            "permitsUniversalTransfer": False,
        }

    @property
    def order_messages(self) -> list[Request]:
        """All that could have placed an order."""
        return [request for request in self.asked if request.method == "POST"]

    def held(self) -> dict[str, float]:
        """The holdings as they should be told."""
        return {symbol: float(size) for symbol, size in self.account.holdings.items() if size}

    def hold_another_currency(self) -> None:
        """Let the pairs be quoted in one that is not the account's."""
        self.quote_asset = "EUR"

    def keys(self, files: dict[str, str] | None = None) -> dict[str, str]:
        """The files that reach it."""
        return {**(files or KEYS), "address": self.address, "trading_address": self.address}

    def storm(self) -> Reply:
        """429, or 418 where it has banned the address."""
        said = {"code": -1003, "msg": "Too much request weight used; current limit is 6000 per 1 MINUTE."}
        if self.banned_for is not None:
            return Reply(said, 418, (("Retry-After", str(self.banned_for)),))
        return Reply(said, 429, (("Retry-After", "7"),))

    def _klines(self, request: Request) -> Reply:
        asked = request.query
        assert asked["interval"] == "1d"
        self.weight += WEIGHT
        if not re.fullmatch(r"[A-Z0-9-_.]{1,20}", asked["symbol"]):
            return Reply({"code": -1100, "msg": "Illegal characters found in parameter 'symbol'."}, 400)
        if asked["symbol"] not in self.market.listings:
            return Reply({"code": -1121, "msg": "Invalid symbol."}, 400)
        rows = self.faults.spoil(self.market.listings[asked["symbol"]].prices)
        first, last = int(asked["startTime"]), int(asked["endTime"])
        klines = [_kline(day, prices) for day, prices in rows.iterrows() if first <= _opened(day) <= last]
        page = klines[: min(int(asked["limit"]), KLINES_A_PAGE)]
        return Reply(page, headers=(("X-MBX-USED-WEIGHT-1M", str(self.weight)),))

    def _restrictions(self, _: Request) -> Reply:
        return Reply({"ipRestrict": True, "enableReading": True, **self.permitted})

    def _account(self, request: Request) -> Reply:
        assert request.query["omitZeroBalances"] == "true"
        held = {symbol.removesuffix("USDT"): size for symbol, size in self.account.holdings.items() if size}
        balances = [
            {"asset": asset, "free": str(size / 4), "locked": str(size - size / 4)}
            for asset, size in {**held, "USDT": self.account.cash}.items()
        ]
        return Reply({"uid": 354937868, "canTrade": True, "balances": balances})

    def _book(self, _: Request) -> Reply:
        return Reply(
            [{"symbol": each, "bidPrice": bid, "askPrice": ask} for each, (bid, ask) in self.quoted.items()]
        )

    def _exchange(self, request: Request) -> Reply:
        symbol = request.query["symbol"]
        if symbol not in SYMBOLS:
            return Reply({"code": -1121, "msg": "Invalid symbol."}, 400)
        filters = [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": "0.01",
                "maxPrice": "1000000",
                "tickSize": "0.01000000",
            },
            {"filterType": "LOT_SIZE", "minQty": "0.00010", "maxQty": "9000.0", "stepSize": "0.00010000"},
            {"filterType": "MARKET_LOT_SIZE", "minQty": "0.0", "maxQty": "900.0", "stepSize": "0.00000000"},
            {"filterType": "NOTIONAL", "minNotional": "5.00000000", "applyMinToMarket": True},
        ]
        pair = {"symbol": symbol, "status": "TRADING", "quoteAsset": self.quote_asset, "filters": filters}
        return Reply({"symbols": [pair]})

    def _place(self, request: Request) -> Reply:
        asked = request.query
        assert re.fullmatch(r"[.A-Z:/a-z0-9_-]{1,36}", asked["newClientOrderId"])
        assert asked["type"] == ("LIMIT" if "price" in asked else "MARKET")
        assert (asked.get("timeInForce") == "GTC") == ("price" in asked)
        if Decimal(asked["quantity"]) % Decimal("0.0001"):
            return Reply({"code": -1013, "msg": "Filter failure: LOT_SIZE"}, 400)
        if any(order.is_open for order in self.account.by_id(asked["newClientOrderId"])):
            return Reply({"code": -2010, "msg": "Duplicate order sent."}, 400)
        if self.account.refuses is not None:
            return Reply(
                {"code": -2010, "msg": f"Account has {self.account.refuses} for requested action."}, 400
            )
        order = self.account.place(
            asked["newClientOrderId"],
            asked["symbol"],
            asked["side"] == "SELL",
            asked["quantity"],
            asked.get("price"),
            "GTC",
        )
        return Reply(_order(order))

    def _look_up(self, request: Request) -> Reply:
        asked = request.query
        for order in self.account.told():
            if (order.symbol, order.client_id) == (
                asked["symbol"],
                asked["origClientOrderId"],
            ) and order.is_open:
                return Reply(_order(order))
        return Reply({"code": -2013, "msg": "Order does not exist."}, 400)

    def _all_orders(self, request: Request) -> Reply:
        if request.query["symbol"] not in SYMBOLS:
            return Reply({"code": -1121, "msg": "Invalid symbol."}, 400)
        told = [order for order in self.account.told() if order.symbol == request.query["symbol"]]
        return Reply([_order(order) for order in told[-int(request.query["limit"]) :]])

    def _open_orders(self, _: Request) -> Reply:
        return Reply([_order(order) for order in self.account.told() if order.is_open])

    def _cancel(self, request: Request) -> Reply:
        for order in self.account.orders:
            if str(order.number) == request.query["orderId"] and order.is_open:
                self.account.cancel(order)
                return Reply(_order(order))
        return Reply({"code": -2011, "msg": "Unknown order sent."}, 400)

    def _trades(self, request: Request) -> Reply:
        trades = self.account.trades if self.account.lists_trades else []
        of_order = [each for each in trades if str(each.order) == request.query["orderId"]]
        return Reply([_trade(self.account, each) for each in of_order])

    def answer(self, request: Request) -> Reply:
        """As Binance does: key and signature first, where they are needed."""
        if request.path in {"/api/v3/klines", "/api/v3/exchangeInfo", "/api/v3/ticker/bookTicker"}:
            return super().answer(request)
        if request.headers.get("x-mbx-apikey") != TRADING_KEYS["api_key"]:
            return Reply({"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}, 401)
        asked = {name: text for name, text in request.query.items() if name != "signature"}
        signature = hmac.new(TRADING_KEYS["api_secret"].encode(), urlencode(asked).encode(), sha256)
        if request.query["signature"] != signature.hexdigest():
            return Reply({"code": -1022, "msg": "Signature for this request is not valid."}, 400)
        return super().answer(request)

    ROUTES: ClassVar[dict[tuple[str, str], Route]] = {
        ("GET", "/api/v3/klines"): _klines,
        ("GET", "/sapi/v1/account/apiRestrictions"): _restrictions,
        ("GET", "/api/v3/account"): _account,
        ("GET", "/api/v3/ticker/bookTicker"): _book,
        ("GET", "/api/v3/exchangeInfo"): _exchange,
        ("POST", "/api/v3/order"): _place,
        ("GET", "/api/v3/order"): _look_up,
        ("DELETE", "/api/v3/order"): _cancel,
        ("GET", "/api/v3/allOrders"): _all_orders,
        ("GET", "/api/v3/openOrders"): _open_orders,
        ("GET", "/api/v3/myTrades"): _trades,
    }


def _order(order: Placed) -> dict[str, Any]:
    status = "PARTIALLY_FILLED" if order.is_open and order.trades else WORDS[order.stage]
    return {
        "symbol": order.symbol,
        "orderId": order.number,
        "orderListId": -1,
        "clientOrderId": order.client_id,
        "price": str(order.limit or "0.00000000"),
        "origQty": str(order.size),
        "executedQty": str(order.filled),
        "cummulativeQuoteQty": str(order.worth),
        "status": status,
        "timeInForce": order.timing,
        "type": "MARKET" if order.limit is None else "LIMIT",
        "side": "SELL" if order.is_sale else "BUY",
        "time": int(order.at.timestamp() * 1000),
    }


def _trade(account: Account, trade: Trade) -> dict[str, Any]:
    (order,) = (each for each in account.orders if each.number == trade.order)
    return {
        "symbol": order.symbol,
        "id": trade.number,
        "orderId": trade.order,
        "price": str(trade.price),
        "qty": str(trade.size),
        "commission": str(trade.size * trade.price / 1000),
        "commissionAsset": "USDT",
        "time": int(trade.at.timestamp() * 1000),
        "isBuyer": not order.is_sale,
    }


def _opened(day: pd.Timestamp) -> int:
    return int(day.tz_localize("UTC").timestamp() * 1000)


def _kline(day: pd.Timestamp, prices: pd.Series) -> list[Any]:
    numbers = [f"{prices[name]:.8f}" for name in ("open", "high", "low", "close", "volume")]
    return [_opened(day), *numbers, _opened(day) + 86_399_999, "0.0", 100, "0.0", "0.0", "0"]


@contextmanager
def stand(folder: Path) -> Iterator[Source]:
    """The source, reached at a venue of its own."""
    with Venue() as venue:
        yield reach.source(venue, folder)
