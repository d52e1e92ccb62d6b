"""Alpaca on loopback: market data and orders as alpaca-py asks for them."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
from venues import reach
from venues.account import Account, Placed, Stage
from venues.http import HttpVenue, Reply, Request, Route
from venues.market import Market

from framework.broker.base import Timing
from framework.data.sources.base import Source

SYMBOLS = ("AAPL", "BRK.B", "KO")
KEYS = {"key_id": "canary-alpaca-id", "secret_key": "canary-alpaca-secret"}
UNKNOWN = {"key_id": "canary-other-id", "secret_key": "canary-other-secret"}  # is told its own key back
EXPIRED = {"key_id": "canary-expired-id", "secret_key": "canary-expired-secret"}
WRONG = (UNKNOWN, EXPIRED)
TRADING_KEYS, REFUSED = KEYS, WRONG
TRADED, PRICE = ("AAPL", "KO"), "60.25"
TIMINGS = {Timing.NOW: "day", Timing.OPEN: "opg", Timing.CLOSE: "cls"}
PAYS_AFTER = pd.Timedelta(days=30)  # actions are listed by the day they are processed
BARS_A_PAGE, ACTIONS_A_PAGE = 100, 2  # fewer than anybody asks for
FILLS_A_PAGE = 100
WORDS = {
    Stage.OPEN: "new",
    Stage.CANCELLING: "pending_cancel",
    Stage.FILLED: "filled",
    Stage.CANCELLED: "canceled",
    Stage.EXPIRED: "expired",
    Stage.REJECTED: "rejected",
}


class Venue(HttpVenue):
    """It knows one pair of keys."""

    NAME = "alpaca"
    STORM_WAIT = 7.0  # seconds that it asks for
    TRADING_KEYS = TRADING_KEYS

    def __init__(self) -> None:
        super().__init__(Market(SYMBOLS))
        self.account = Account(self.market.now, {"AAPL": "10", "KO": "-3.5"})
        self.blocked = False
        self.fractionable = {"AAPL", "KO"}
        self.quoted = {"AAPL": ("170.10", "170.20"), "KO": ("59.90", "0")}

    @property
    def order_messages(self) -> list[Request]:
        """All that could have placed an order."""
        return [request for request in self.asked if request.method == "POST"]

    def held(self) -> dict[str, float]:
        """The holdings as they should be told."""
        return {symbol: float(size) for symbol, size in self.account.holdings.items() if size}

    def hold_another_currency(self) -> None:
        """As an account of a client elsewhere does."""
        self.account.currency = "EUR"

    def keys(self, files: dict[str, str] | None = None) -> dict[str, str]:
        """The files that reach it."""
        return {**(files or KEYS), "address": self.address, "trading_address": self.address}

    def _bars(self, request: Request) -> Reply:
        asked = request.query
        assert (asked["timeframe"], asked["adjustment"], asked["feed"]) == ("1Day", "raw", "sip")
        symbols = asked["symbols"].split(",")
        wrong = [symbol for symbol in symbols if not re.fullmatch(r"[A-Z]+(\.[A-Z])?", symbol)]
        if wrong:
            return Reply({"message": f"invalid symbol: {wrong[0]}"}, 400)
        rows = [
            (symbol, _bar(day, prices))
            for symbol in sorted(set(symbols) & set(self.market.listings))
            for day, prices in self.faults.spoil(self.market.listings[symbol].prices).iterrows()
            if asked["start"] <= _stamp(day) <= asked["end"]
        ]
        part, token = _page(rows, asked, BARS_A_PAGE)
        bars: dict[str, list[Any]] = {}
        for symbol, bar in part:
            bars.setdefault(symbol, []).append(bar)
        return Reply({"bars": bars, "next_page_token": token})

    def _actions(self, request: Request) -> Reply:
        asked = request.query
        kinds, symbols = asked["types"].split(","), asked["symbols"].split(",")
        found = [
            (kind, event)
            for symbol, listing in self.market.listings.items()
            for kind, event in _events(listing)
            if symbol in symbols and kind in kinds and asked["start"] <= event["process_date"] <= asked["end"]
        ]
        found.sort(key=lambda each: each[1]["process_date"])
        part, token = _page(found, asked, ACTIONS_A_PAGE)
        actions: dict[str, list[Any]] = {}
        for kind, event in part:
            actions.setdefault(kind + "s", []).append(event)
        return Reply({"corporate_actions": actions, "next_page_token": token})

    def _account(self, _: Request) -> Reply:
        return Reply(
            {
                "account_number": "PA3TEST",
                "status": "ACTIVE",
                "currency": self.account.currency,
                "cash": str(self.account.cash),
                "trading_blocked": self.blocked,
                "account_blocked": False,
                "trade_suspended_by_user": False,
            }
        )

    def _positions(self, _: Request) -> Reply:
        held = [(symbol, size) for symbol, size in self.account.holdings.items() if size]
        return Reply(
            [
                {"symbol": symbol, "qty": str(size), "side": "long" if size > 0 else "short"}
                for symbol, size in held
            ]
        )

    def _quotes(self, request: Request) -> Reply:
        wanted = request.query["symbols"].split(",")
        assert request.query["feed"] == "sip"
        quotes = {s: {"bp": float(b), "ap": float(a)} for s, (b, a) in self.quoted.items() if s in wanted}
        return Reply({"quotes": quotes})

    def _asset(self, request: Request) -> Reply:
        symbol = request.path.rpartition("/")[2]
        if symbol not in SYMBOLS:
            return Reply({"code": 40410000, "message": f"asset not found for {symbol}"}, 404)
        return Reply({"symbol": symbol, "tradable": True, "fractionable": symbol in self.fractionable})

    def _place(self, request: Request) -> Reply:
        body = json.loads(request.body)
        refused = self._refusal(body)
        if refused is not None:
            return refused
        order = self.account.place(
            body["client_order_id"],
            body["symbol"],
            body["side"] == "sell",
            body["qty"],
            body.get("limit_price"),
            body["time_in_force"],
        )
        return Reply(_order(order))

    def _refusal(self, body: dict[str, str]) -> Reply | None:
        """In the order in which Alpaca looks."""
        fraction = "." in body["qty"]
        assert body["type"] == ("limit" if "limit_price" in body else "market")
        if body["symbol"] not in SYMBOLS:
            return Reply({"code": 42210000, "message": f"asset {body['symbol']} not found"}, 422)
        if self.account.by_id(body["client_order_id"]):
            return Reply({"code": 40010001, "message": "client_order_id must be unique"}, 422)
        if fraction and body["time_in_force"] != "day":
            return Reply({"code": 42210000, "message": "fractional orders must be DAY orders"}, 422)
        if fraction and body["symbol"] not in self.fractionable:
            return Reply({"code": 40310000, "message": f"asset {body['symbol']} is not fractionable"}, 403)
        if self.account.refuses is not None:
            return Reply({"code": 40310000, "message": self.account.refuses}, 403)
        return None

    def _by_client_id(self, request: Request) -> Reply:
        wanted = request.query["client_order_id"]
        found = [order for order in self.account.told() if order.client_id == wanted]
        if not found:
            return Reply({"code": 40410000, "message": "order not found"}, 404)
        return Reply(_order(found[0]))

    def _orders(self, request: Request) -> Reply:
        assert request.query == {"status": "open", "limit": "500", "direction": "asc"}
        return Reply([_order(order) for order in self.account.told() if order.is_open])

    def _cancel(self, request: Request) -> Reply:
        number = request.path.rpartition("/")[2]
        (order,) = (each for each in self.account.orders if _identity(each) == number)
        if order.stage is not Stage.OPEN:
            return Reply(
                {"code": 42210000, "message": f'order is already in "{WORDS[order.stage]}" state'}, 422
            )
        self.account.cancel(order)
        return Reply("", 204)

    def _fills(self, request: Request) -> Reply:
        asked = request.query
        assert asked["direction"] == "asc"
        assert asked["after"] < f"{self.account.now:%Y-%m-%d}"
        trades = self.account.trades if self.account.lists_trades else []
        told = [_activity(self.account, trade) for trade in trades]
        numbers = [each["id"] for each in told]
        at = numbers.index(asked["page_token"]) + 1 if "page_token" in asked else 0
        return Reply(told[at : at + min(int(asked["page_size"]), FILLS_A_PAGE)])

    def answer(self, request: Request) -> Reply:
        """As Alpaca does: keys first."""
        given = (request.headers.get("apca-api-key-id"), request.headers.get("apca-api-secret-key"))
        if given == tuple(EXPIRED.values()):
            return Reply({"message": "forbidden."}, 403)
        if given != tuple(KEYS.values()):
            return Reply({"message": f"access key {given[0]} with {given[1]} is unknown"}, 401)
        return super().answer(request)

    ROUTES: ClassVar[dict[tuple[str, str], Route]] = {
        ("GET", "/v2/stocks/bars"): _bars,
        ("GET", "/v1/corporate-actions"): _actions,
        ("GET", "/v2/account"): _account,
        ("GET", "/v2/positions"): _positions,
        ("GET", "/v2/stocks/quotes/latest"): _quotes,
        ("GET", "/v2/assets/*"): _asset,
        ("POST", "/v2/orders"): _place,
        ("GET", "/v2/orders"): _orders,
        ("GET", "/v2/orders:by_client_order_id"): _by_client_id,
        ("DELETE", "/v2/orders/*"): _cancel,
        ("GET", "/v2/account/activities/FILL"): _fills,
    }


def _identity(order: Placed) -> str:
    return f"00000000-0000-4000-8000-{order.number:012d}"


def _order(order: Placed) -> dict[str, Any]:
    status = "partially_filled" if order.stage is Stage.OPEN and order.trades else WORDS[order.stage]
    stamp = f"{order.at:%Y-%m-%dT%H:%M:%S.%fZ}"
    return {
        "id": _identity(order),
        "client_order_id": order.client_id,
        "created_at": stamp,
        "submitted_at": stamp,
        "symbol": order.symbol,
        "asset_class": "us_equity",
        "notional": None,
        "qty": str(order.size),
        "filled_qty": str(order.filled),
        "filled_avg_price": str(order.worth / order.filled) if order.trades else None,
        "side": "sell" if order.is_sale else "buy",
        "type": "market" if order.limit is None else "limit",
        "limit_price": None if order.limit is None else str(order.limit),
        "time_in_force": order.timing,
        "status": status,
    }


def _activity(account: Account, trade: Any) -> dict[str, Any]:
    (order,) = (each for each in account.orders if each.number == trade.order)
    return {
        "activity_type": "FILL",
        "id": f"{trade.at:%Y%m%d%H%M%S}000::{trade.number:08d}",
        "order_id": _identity(order),
        "symbol": order.symbol,
        "side": "sell" if order.is_sale else "buy",
        "qty": str(trade.size),
        "price": str(trade.price),
        "transaction_time": f"{trade.at:%Y-%m-%dT%H:%M:%S.%fZ}",
        "type": "fill" if order.stage is Stage.FILLED else "partial_fill",
    }


def _page(rows: list[Any], asked: dict[str, str], most: int) -> tuple[list[Any], str | None]:
    at = int(asked.get("page_token") or 0)
    after = at + min(int(asked["limit"]), most)
    return rows[at:after], str(after) if after < len(rows) else None


def _stamp(day: pd.Timestamp) -> str:
    return day.tz_localize("America/New_York").tz_convert("UTC").strftime("%Y-%m-%dT%H:%M:%SZ")


def _bar(day: pd.Timestamp, prices: pd.Series) -> dict[str, Any]:
    return {
        "t": _stamp(day),
        **{name[0]: prices[name] for name in ("open", "high", "low", "close")},
        "v": int(prices["volume"]),
        "n": 100,
        "vw": prices["close"],
    }


def _events(listing: Any) -> list[tuple[str, dict[str, Any]]]:
    def event(day: pd.Timestamp, processed: pd.Timestamp, **more: Any) -> dict[str, Any]:
        days = {"ex_date": f"{day:%Y-%m-%d}", "process_date": f"{processed:%Y-%m-%d}"}
        return {
            "id": f"{listing.symbol}-{day:%Y%m%d}",
            "symbol": listing.symbol,
            "cusip": "000000000",
            **days,
            **more,
        }

    splits = [
        (
            "forward_split" if factor > 1.0 else "reverse_split",
            event(day, day, new_rate=max(factor, 1.0), old_rate=max(1.0 / factor, 1.0)),
        )
        for day, factor in listing.splits.items()
    ]
    cash = [
        ("cash_dividend", event(day, day + PAYS_AFTER, rate=rate, special=False, foreign=False))
        for day, rate in listing.dividends.items()
    ]
    return splits + cash


@contextmanager
def stand(folder: Path) -> Iterator[Source]:
    """The source, reached at a venue of its own."""
    with Venue() as venue:
        yield reach.source(venue, folder)
