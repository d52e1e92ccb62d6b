"""TWS on loopback: the socket protocol that ib_async speaks, for history and for orders.

A message is its length in four bytes, then fields, each ended by a zero byte; the first is the message's number.
"""

import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import pandas as pd
from venues import reach, tws
from venues.account import Account, Placed, Stage
from venues.faults import ON_THE_WIRE, Fault, Faults
from venues.market import Market

from framework.broker.base import Timing
from framework.data.sources.base import Source

SYMBOLS = ("AAPL", "BRK B", "KO")
KEYS: dict[str, str] = {}  # the login is TWS's
WRONG: tuple[dict[str, str], ...] = ()
TRADING_KEYS: dict[str, str] = {}
REFUSED: tuple[dict[str, str], ...] = ()
TRADED, PRICE = ("AAPL", "KO"), "60.25"
TIMINGS = {Timing.NOW: "DAY", Timing.OPEN: "OPG", Timing.CLOSE: "MOC"}
SERVER_VERSION = 176
BARS_AT_ONCE = 200  # fewer than anybody asks for
ACCOUNT = "DU1234567"
GARBAGE = b"<!DOCTYPE html><html><body>We will be right back.</body></html>"
FARMS = ((2104, "Market data farm connection is OK:usfarm"), (2106, "HMDS data farm connection is OK:ushmds"))


@dataclass(frozen=True)
class Asked:
    """One message of a client."""

    number: int
    fields: tuple[str, ...]


def message(*fields: Any) -> bytes:
    """As it goes over the wire."""
    body = "".join(f"{field}\0" for field in fields).encode()
    return struct.pack(">I", len(body)) + body


class Venue:
    """A server on a free port of loopback while it is entered.

    When a fault is due, answers with history, orders and the account fail; `failing` names others.
    """

    NAME = "ib"
    STORM_WAIT = 15.0  # in which no question may be put twice
    HANGS = (Fault.DRIP, Fault.PAGE, Fault.FORM)  # a client of this protocol waits on for what does not come
    ORDERS, QUESTIONS = frozenset({3}), frozenset({61, 62})  # what `failing` may be
    TRADING_KEYS = TRADING_KEYS

    def __init__(self) -> None:
        self.market, self.faults = Market(SYMBOLS, actions=False), Faults()
        self.asked: list[Asked] = []
        self.crashes: list[BaseException] = []
        self.listed = {symbol: ["NASDAQ" if symbol == "AAPL" else "NYSE"] for symbol in SYMBOLS}
        self.refusal: tuple[int, int, str] | None = None  # about which question (-1: none), code, text
        self.notices: tuple[tuple[int, str], ...] = ()  # said to everybody who connects
        self.connected: list[int] = []  # numbers of the clients
        self.failing: frozenset[int] | None = None
        self.account = Account(self.market.now, {"AAPL": "10", "KO": "-3"})
        self.accounts = ACCOUNT
        self.quoted = {"AAPL": ("170.10", "170.20"), "KO": ("59.90", "")}
        self.next_number = 1
        self.tells_stale_number = 0  # so many times
        self.placed_by: dict[int, tuple[int, int]] = {}  # client and its number of an order, by our number
        self.instead_of_taking: tuple[int, str] | None = None  # said about an order that it does not take
        self.after_taking: tuple[int, str] | None = None  # said to everybody instead of about the order

    @property
    def order_messages(self) -> list[Asked]:
        """All that could have placed an order."""
        return [asked for asked in self.asked if asked.number == 3]

    def may_fail(self, asked: Asked) -> bool:
        """Whether a fault that is due may hit this answer."""
        return asked.number in ({20, 3, 16, 62} if self.failing is None else self.failing)

    def held(self) -> dict[str, float]:
        """The holdings as they should be told."""
        return {symbol: float(size) for symbol, size in self.account.holdings.items() if size}

    def hold_another_currency(self) -> None:
        """As an account of a client elsewhere does."""
        self.account.currency = "EUR"

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.faults.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()  # waits for the connections that are still there
        assert not self.crashes, self.crashes

    def keys(self, files: dict[str, str] | None = None) -> dict[str, str]:
        """The files that reach it."""
        return {**(files or KEYS), "address": f"127.0.0.1:{self._server.server_address[1]}"}

    def answers(self, asked: Asked) -> Iterator[bytes]:
        """What it says to one message."""
        answer = self.ANSWERS.get(asked.number)
        if answer is not None:
            yield from answer(self, asked)

    def _start(self, asked: Asked) -> Iterator[bytes]:
        self.connected.append(int(asked.fields[1]))
        yield message(15, 1, self.accounts)
        yield message(9, 1, self.next_number if not self.tells_stale_number else 1)
        self.tells_stale_number = max(0, self.tells_stale_number - 1)
        for code, text in (*FARMS, *self.notices):
            yield error(-1, code, text)

    def _positions(self, _: Asked) -> Iterator[bytes]:
        for symbol, size in self.account.holdings.items():
            yield message(61, 3, ACCOUNT, *tws.contract(symbol), size, "50.0")
        yield message(61, 3, "DU7654321", *tws.contract("PEP"), 1, "50.0")
        yield message(62, 1)

    def _summary(self, asked: Asked) -> Iterator[bytes]:
        request = asked.fields[1]
        yield message(63, 1, request, "DU7654321", "TotalCashValue", "1.00", "USD")
        yield message(63, 1, request, ACCOUNT, "AccountType", "INDIVIDUAL", "")
        yield message(63, 1, request, ACCOUNT, "TotalCashValue", self.account.cash, self.account.currency)
        yield message(64, 1, request)

    def _snapshot(self, asked: Asked) -> Iterator[bytes]:
        request, symbol = asked.fields[1], asked.fields[3]
        if symbol not in self.quoted:
            yield error(request, 354, "Requested market data is not subscribed.")
            return
        for kind, price in enumerate(self.quoted[symbol], start=1):
            if price:
                yield message(1, 6, request, kind, price, 100, 0)
        yield message(57, 1, request)

    def _place(self, asked: Asked) -> Iterator[bytes]:
        number, symbol, action, size, kind, limit, tif, account, reference = (
            asked.fields[at] for at in (0, 2, 15, 16, 17, 18, 20, 22, 25)
        )
        assert account == ACCOUNT
        assert (kind in {"LMT", "LOC"}) == bool(limit)
        if int(number) < self.next_number:
            yield error(number, 103, "Duplicate order id")
            return
        self.next_number = int(number) + 1
        if self.instead_of_taking is not None or self.account.refuses is not None:
            rejected = (201, f"Order rejected - reason:{self.account.refuses}")
            yield error(number, *(self.instead_of_taking or rejected))
            return
        timing = "MOC" if kind in {"MOC", "LOC"} else tif
        order = self.account.place(reference, symbol, action == "SELL", size, limit or None, timing)
        self.placed_by[order.number] = (self.connected[-1], int(number))
        if self.after_taking is not None:
            yield error(-1, *self.after_taking)
            return
        yield from self._told(order)
        yield error(
            number, 399, "Order Message: your order will not be placed at the exchange until 09:30:00 EST"
        )

    def _told(self, order: Placed) -> Iterator[bytes]:
        ids = self.placed_by.get(order.number, (0, 0))
        yield message(*tws.open_order(order, ids, ACCOUNT))
        yield message(*tws.order_status(order, ids))

    def _cancel(self, asked: Asked) -> Iterator[bytes]:
        number = int(asked.fields[1])
        for order in self.account.orders:
            if self.placed_by.get(order.number) == (self.connected[-1], number) and order.stage is Stage.OPEN:
                self.account.cancel(order)
                yield message(*tws.order_status(order, self.placed_by[order.number]))
                return
        yield error(number, 161, "Cancel attempted when order is not in a cancellable state.")

    def _open_orders(self, _: Asked) -> Iterator[bytes]:
        for order in self.account.told():
            if order.is_open:
                yield from self._told(order)
        yield message(53, 1)

    def _completed(self, _: Asked) -> Iterator[bytes]:
        for order in self.account.told():
            if not order.is_open:
                yield message(*tws.completed_order(order, ACCOUNT))
        yield message(102)

    def _executions(self, asked: Asked) -> Iterator[bytes]:
        request = asked.fields[1]
        trades = self.account.trades if self.account.lists_trades else []
        for trade in trades:
            (order,) = (each for each in self.account.orders if each.number == trade.order)
            ids = self.placed_by.get(order.number, (0, 0))
            yield message(*tws.execution(request, trade, order, ids, ACCOUNT))
        yield message(55, 1, request)
        for trade in trades:
            yield message(*tws.commission(trade))

    def _details(self, asked: Asked) -> Iterator[bytes]:
        request, symbol, kind, route, exchange = (asked.fields[at] for at in (1, 3, 4, 9, 10))
        assert (kind, route) == ("STK", "SMART"), asked.fields
        places = [place for place in self.listed.get(symbol, []) if exchange in {"", place}]
        if not places:
            yield error(request, 200, "No security definition has been found for the request")
            return
        for number, place in enumerate(places):
            yield _contract(request, symbol, place, 1000 + 10 * list(self.listed).index(symbol) + number)
        yield message(52, 1, request)

    def _history(self, asked: Asked) -> Iterator[bytes]:
        request, symbol, end, size, duration, regular, kind = (
            asked.fields[at] for at in (0, 2, 14, 15, 16, 17, 18)
        )
        assert (size, regular, kind) == ("1 day", "1", "TRADES"), asked.fields
        if self.refusal is not None:
            about, code, text = self.refusal
            yield error(about if about < 0 else request, code, text)
            return
        last = (
            pd.Timestamp(end.removesuffix(" UTC"), tz="UTC").tz_convert("America/New_York").tz_localize(None)
        )
        number, unit = duration.split()
        first = last.normalize() - pd.Timedelta(days=int(number) * (365 if unit == "Y" else 1) - 1)
        rows = self.faults.spoil(self.market.listings[symbol].prices)
        rows = rows[(rows.index >= first) & (rows.index <= last)].iloc[-BARS_AT_ONCE:]
        if rows.empty:
            text = f"Historical Market Data Service error message:HMDS query returned no data: {symbol}@SMART Trades"
            yield error(request, 162, text)
            return
        bars = [part for day, prices in rows.iterrows() for part in _bar(day, prices)]
        yield message(17, request, f"{first:%Y%m%d}", f"{last:%Y%m%d}", len(rows), *bars)

    def storm(self, asked: Asked) -> bytes:
        """What it says to who asks too often."""
        if asked.number != 20:
            text = "Max rate of messages per second has been exceeded"
            return error(asked.fields[0] if asked.number == 3 else -1, 100, text)
        text = "Historical Market Data Service error message:Historical data request pacing violation"
        return error(asked.fields[0], 162, text)

    def faulty(self, fault: Fault | None, asked: Asked) -> Iterator[bytes]:
        """The answers, or what a fault puts in their place."""
        if fault is Fault.STORM:
            yield self.storm(asked)
        elif fault is Fault.PAGE:
            yield GARBAGE
        elif fault is Fault.FORM:
            yield message(17, int(asked.fields[0]) + 1000, "", "", 0)
        else:
            yield from self.answers(asked)

    ANSWERS: ClassVar[dict[int, Callable[[Any, Asked], Iterator[bytes]]]] = {
        71: _start,
        61: _positions,
        1: _snapshot,
        3: _place,
        4: _cancel,
        7: _executions,
        9: _details,
        16: _open_orders,
        20: _history,
        62: _summary,
        99: _completed,
    }


def error(request: Any, code: int, text: str) -> bytes:
    """An error, a warning or a notice: the protocol makes no difference."""
    return message(4, 2, request, code, text, "")


def _contract(request: str, symbol: str, place: str, number: int) -> bytes:
    hours = "20240315:0400-20240315:2000"
    described = (symbol, "STK", "", 0, "", "SMART", "USD", symbol, "NMS", symbol, number, 0.01)
    traded = (
        "",
        "MKT,LMT,MOC,OPG",
        f"SMART,{place}",
        1,
        0,
        f"{symbol} INC",
        place,
        "",
        "",
        "",
        "",
        "US/Eastern",
    )
    more = (hours, hours, "", "", 0, 1, "", "", "26,26", "", "COMMON", 0.0001, 0.0001, 100)
    return message(10, request, *described, *traded, *more)


def _bar(day: pd.Timestamp, prices: pd.Series) -> tuple[Any, ...]:
    numbers = (prices[name] for name in ("open", "high", "low", "close", "volume"))
    return (f"{day:%Y%m%d}", *numbers, prices["close"], 100)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = False  # so that closing waits for them
    block_on_close = True

    def __init__(self, place: tuple[str, int], venue: Venue) -> None:
        self.venue = venue
        super().__init__(place, _Handler)


class _Handler(socketserver.BaseRequestHandler):
    request: socket.socket

    def handle(self) -> None:
        venue: Venue = self.server.venue
        self.request.settimeout(0.05)
        self.pending = b""
        try:
            self._converse(venue)
        except OSError:
            return  # a client may hang up at any time
        except BaseException as crash:
            venue.crashes.append(crash)
            raise

    def _converse(self, venue: Venue) -> None:
        assert self._read(venue, 4) == b"API\0"
        versions = self._read(venue, struct.unpack(">I", self._read(venue, 4))[0])
        assert versions.startswith(b"v"), versions
        self.request.sendall(message(SERVER_VERSION, "20240315 14:00:00 EST"))
        while True:
            body = self._read(venue, struct.unpack(">I", self._read(venue, 4))[0])
            number, *fields = body.decode().split("\0")[:-1]
            asked = Asked(int(number), tuple(fields))
            venue.asked.append(asked)
            fault = venue.faults.take((*ON_THE_WIRE, Fault.LOST)) if venue.may_fail(asked) else None
            for answer in venue.faulty(fault, asked):
                venue.faults.deliver(self.request, answer, fault)
            if fault in {Fault.TRUNCATED, Fault.RESET, Fault.LOST}:
                return

    def _read(self, venue: Venue, size: int) -> bytes:
        while len(self.pending) < size:
            try:
                more = self.request.recv(65536)
            except TimeoutError:
                if venue.faults.stopping.is_set():
                    raise ConnectionAbortedError from None
                continue
            if not more:
                raise ConnectionAbortedError
            self.pending += more
        read, self.pending = self.pending[:size], self.pending[size:]
        return read


@contextmanager
def stand(folder: Path) -> Iterator[Source]:
    """The source, reached at a venue of its own."""
    with Venue() as venue:
        yield reach.source(venue, folder)
