"""Yahoo on loopback: what yfinance reaches through a proxy, behind certificates of an authority made for the test."""

import atexit
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Self
from urllib.parse import unquote

import pandas as pd
import trustme
import yfinance
from venues import reach
from venues.http import HttpVenue, Reply, Request, Route
from venues.market import Listing, Market

from framework.data.sources.base import Source

SYMBOLS = ("AAPL", "BRK-B", "^GSPC")
KEYS: dict[str, str] = {}  # none are needed
WRONG: tuple[dict[str, str], ...] = ()
HOSTS = ("fc.yahoo.com", "query1.finance.yahoo.com", "query2.finance.yahoo.com", "guce.yahoo.com")
COOKIE = "canary-cookie"
CHART = "/v8/finance/chart/*"
ZONE = "America/New_York"
CACHE = tempfile.TemporaryDirectory(
    prefix="openbook-tests-"
)  # where yfinance keeps cookies, instead of the user's
atexit.register(CACHE.cleanup)


class Venue(HttpVenue):
    """It gives a cookie, then a crumb for it, and refuses a wrong crumb; only charts fail when a fault is due."""

    NAME = "yahoo"
    STORM_WAIT = 1.0  # yfinance does not hand on what it was told

    def __init__(self) -> None:
        super().__init__(Market(SYMBOLS))
        self.exchange = dict.fromkeys(SYMBOLS, "NYQ")
        self.crumb: str | None = "canary-crumb"  # None: it gives none to anybody today
        self.currency = "USD"
        self.gains: dict[str, dict[pd.Timestamp, float]] = {}
        self.holes: dict[pd.Timestamp, tuple[str, ...]] = {}  # what is null on a day

    def __enter__(self) -> Self:
        yfinance.set_tz_cache_location(CACHE.name)
        authority = trustme.CA()
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*HOSTS).configure_cert(self.tls)
        self.authority = authority.cert_pem
        return super().__enter__()

    def keys(self, files: dict[str, str] | None = None) -> dict[str, str]:
        """The files that reach it; the authority is a file of its own."""
        return {**(files or KEYS), "proxy": self.address}

    def may_fail(self, request: Request) -> bool:
        """Charts alone: without cookie and crumb yfinance goes on."""
        return request.path.startswith(CHART[:-1])

    def _cookie(self, _: Request) -> Reply:
        cookie = f"A3={COOKIE}; Domain=.yahoo.com; Path=/; Max-Age=31557600; Secure; HttpOnly"
        return Reply("", 404, (("Set-Cookie", cookie),))

    def _crumb(self, request: Request) -> Reply:
        if self.crumb is None:
            return Reply("Too Many Requests", 429)
        known = COOKIE in request.headers.get("cookie", "")
        return Reply(self.crumb) if known else Reply("Unauthorized", 401)

    def _chart(self, request: Request) -> Reply:
        asked = request.query
        if asked.get("crumb", self.crumb) != self.crumb:
            return Reply(
                {
                    "finance": {
                        "result": None,
                        "error": {"code": "Unauthorized", "description": "Invalid Crumb"},
                    }
                },
                401,
            )
        assert (asked["interval"], asked["events"]) == ("1d", "div,splits,capitalGains")
        symbol = unquote(request.path.removeprefix(CHART[:-1]))
        if symbol not in self.market.listings:
            said = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
            return Reply({"chart": {"result": None, "error": said}}, 404)
        listing = self.market.listings[symbol]
        result = self._result(symbol, listing, int(asked["period1"]), int(asked["period2"]))
        return Reply({"chart": {"result": [result], "error": None}})

    def _result(self, symbol: str, listing: Listing, first: int, last: int) -> dict[str, Any]:
        """As Yahoo does: prices, volume and dividends divided by all later splits, whatever range is asked for."""
        meta = {
            "symbol": symbol,
            "exchangeName": self.exchange[symbol],
            "exchangeTimezoneName": ZONE,
            "currency": self.currency,
        }
        rows = self.faults.spoil(listing.prices)
        rows = rows[[first <= _opened(day) < last for day in rows.index]]
        later = [_later(listing, day) for day in rows.index]
        quote = {name: list(rows[name] / later) for name in ("open", "high", "low", "close")}
        quote["volume"] = list(rows["volume"] * later)
        for day, names in self.holes.items():
            for name in names:
                quote[name][list(rows.index).index(day)] = None
        stamped = [
            (name, _opened(day), amount)
            for name, days in _events(listing, self.gains)
            for day, amount in days
        ]
        events: dict[str, dict[str, Any]] = {}
        for name, at, amount in stamped:
            if first <= at < last:
                events.setdefault(name, {})[str(at)] = {"date": at, **amount}
        stamps = [_opened(day) for day in rows.index]
        return {"meta": meta, "timestamp": stamps, "events": events, "indicators": {"quote": [quote]}}

    ROUTES: ClassVar[dict[tuple[str, str], Route]] = {
        ("GET", "/"): _cookie,
        ("GET", "/v1/test/getcrumb"): _crumb,
        ("GET", CHART): _chart,
    }


def _later(listing: Listing, day: pd.Timestamp) -> float:
    factor = 1.0
    for effective, ratio in listing.splits.items():
        factor *= ratio if effective > day else 1.0
    return factor


def _events(listing: Listing, gains: dict[str, dict[pd.Timestamp, float]]) -> list[tuple[str, list[Any]]]:
    """All by Yahoo's name of the kind, amounts divided by later splits."""
    cash = {"dividends": listing.dividends, "capitalGains": gains.get(listing.symbol, {})}
    ratios = [
        (day, {"numerator": max(ratio, 1.0), "denominator": max(1 / ratio, 1.0)})
        for day, ratio in listing.splits.items()
    ]
    paid = [
        (name, [(day, {"amount": amount / _later(listing, day)}) for day, amount in days.items()])
        for name, days in cash.items()
    ]
    return [*paid, ("splits", ratios)]


def _opened(day: pd.Timestamp) -> int:
    return int((day + pd.Timedelta(hours=9, minutes=30)).tz_localize(ZONE).timestamp())


@contextmanager
def stand(folder: Path) -> Iterator[Source]:
    """The source, reached at a venue of its own."""
    with Venue() as venue:
        yield reach.source(venue, folder)
