"""A loopback venue that speaks HTTP: routes, a log of what it was asked, faults, and nothing left running."""

import json
import ssl
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl, urlsplit

from venues.faults import ON_THE_WIRE, Fault, Faults
from venues.market import Market

PAGE = b"<!DOCTYPE html><html><body>We will be right back.</body></html>"


@dataclass(frozen=True)
class Request:
    """What a venue was asked."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """What it answers: an object, or a text as it is."""

    content: Any
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()

    def encoded(self) -> bytes:
        """The whole answer as it goes over the wire."""
        text = isinstance(self.content, str | bytes)
        body = self.content if text else json.dumps(self.content)
        body = body.encode() if isinstance(body, str) else body
        kind = "text/html" if body.startswith(b"<") else "text/plain" if text else "application/json"
        given = (
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
            *self.headers,
        )
        lines = [f"HTTP/1.1 {self.status} Here", *(f"{name}: {value}" for name, value in given)]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


Route = Callable[[Any, Request], Reply]


class HttpVenue:
    """A server on a free port of loopback while it is entered. A venue names its routes, orders among them."""

    ROUTES: ClassVar[dict[tuple[str, str], Route]]
    HANGS = (Fault.DRIP,)  # what only the end of patience ends
    ORDERS, QUESTIONS = "POST", "GET"  # what `failing` may be
    tls: ssl.SSLContext | None = None  # behind CONNECT, for a client that insists on https

    def __init__(self, market: Market) -> None:
        self.market, self.faults = market, Faults()
        self.failing: str | None = None  # the only method whose answers a fault may hit; None: all
        self.asked: list[Request] = []
        self.crashes: list[BaseException] = []

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.faults.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()  # waits for the answers that are under way
        assert not self.crashes, self.crashes

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.server_port

    @property
    def address(self) -> str:
        """Where a client that takes an address finds it."""
        return f"http://127.0.0.1:{self.port}"

    def may_fail(self, request: Request) -> bool:
        """Whether a fault that is due may hit this answer."""
        return self.failing in {None, request.method}

    def storm(self) -> Reply:
        """What it says to who asks too often."""
        return Reply({"message": "too many requests."}, 429, (("Retry-After", "7"),))

    def faulty(self, fault: Fault | None, request: Request) -> Reply:
        """The answer, or what a fault puts in its place."""
        if fault is Fault.STORM:
            return self.storm()
        if fault is Fault.PAGE:
            return Reply(PAGE)
        if fault is Fault.FORM:
            return Reply({"something": "else"})
        return self.answer(request)

    def answer(self, request: Request) -> Reply:
        """The answer of the route; one that ends with a star takes all that begin with it."""
        route = self.ROUTES.get((request.method, request.path))
        for (method, path), other in self.ROUTES.items():
            if path.endswith("*") and method == request.method and request.path.startswith(path[:-1]):
                route = other
        return route(self, request) if route else Reply({"message": f"no route {request.path}"}, 404)


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for them
    block_on_close = True

    def __init__(self, place: tuple[str, int], venue: HttpVenue) -> None:
        self.venue = venue
        super().__init__(place, _Handler)

    def handle_error(self, *_: Any) -> None:
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, OSError):  # a client may hang up at any time
            self.venue.crashes.append(error)


class _Handler(BaseHTTPRequestHandler):
    timeout = 10.0  # a client that connects and says nothing

    def _answer(self) -> None:
        venue: HttpVenue = self.server.venue
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        request = Request(
            self.command, parts.path, query, {k.lower(): v for k, v in self.headers.items()}, body
        )
        venue.asked.append(request)
        fault = venue.faults.take((*ON_THE_WIRE, Fault.LOST)) if venue.may_fail(request) else None
        venue.faults.deliver(self.connection, venue.faulty(fault, request).encoded(), fault)
        self.close_connection = True

    def do_CONNECT(self) -> None:
        """As a proxy does, but to itself: one request over TLS, whatever host was named."""
        assert self.server.venue.tls is not None
        self.connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        with self.server.venue.tls.wrap_socket(self.connection, server_side=True) as secure:
            self.connection, self.rfile = secure, secure.makefile("rb")
            self.handle_one_request()
            self.rfile.close()
            self.close_connection = True

    do_GET = do_POST = do_DELETE = do_PATCH = do_PUT = _answer  # noqa: N815 - so the base class wants it

    def log_message(self, *_: object) -> None:
        """Tests read `asked` instead."""
