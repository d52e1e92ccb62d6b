"""Yahoo Finance through yfinance, for benchmarks: prices as they were traded, with dividends and splits.

No keys. In the folder ``yahoo`` of the keys there may be ``proxy``, an address, and ``authority``, the path of a file
of certificates to trust, for networks that need them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from framework.access import Access
from framework.access.patience import Again, ask
from framework.data.bars import Bars
from framework.data.dates import When, timestamp
from framework.data.sessions import START
from framework.data.sources._history import FIELDS, PRICES, Actions, History, joined
from framework.data.sources._vendor import Span, about, collected, granted, span, understood, wanted
from framework.errors import DataError, UnknownSymbol

if TYPE_CHECKING:
    from curl_cffi.requests import Response, Session
    from yfinance.data import YfData

ADDRESS = "https://query2.finance.yahoo.com/v8/finance/chart/"
DELAY = timedelta(minutes=30)  # until the closing auction is in the day's bar
CALENDARS = {  # by Yahoo's word for the exchange
    **dict.fromkeys(
        ["NYQ", "NMS", "NGM", "NCM", "NAS", "PCX", "ASE", "BTS", "SNP", "DJI", "NIM", "WCB"], "XNYS"
    ),
    "AMS": "XAMS",
    "CCC": "24/7",
    "EBS": "XSWX",
    "GER": "XETR",
    "LSE": "XLON",
    "MIL": "XMIL",
    "PAR": "XPAR",
    "TOR": "XTSE",
}

ASK_YAHOO = "Nothing was kept. Look the symbol and its first day up on Yahoo's page."

Chart = dict[str, Any]  # one result of Yahoo's endpoint of that name


@dataclass(frozen=True)
class Yahoo:
    """Daily bars of what Yahoo quotes; share classes with a hyphen, indices with a caret: ``BRK-B``, ``^GSPC``."""

    access: Access | None = field(default=None, repr=False)
    name: str = "yahoo"
    licence: str = "Yahoo terms of service: personal use only, not to be passed on"
    caveat: str = (
        "Yahoo gives prices, volume and dividends with later splits taken out; they are put back from the splits that"
        " it lists. It rewrites history at will: two downloads minutes apart may differ. Delisted symbols are gone, so"
        " that what is left has survived."
    )

    def reached(self, access: Access) -> "Yahoo":
        """The source as it is reached with `access`."""
        return replace(self, access=access)

    def symbols(self) -> tuple[str, ...]:
        """None: Yahoo gives no list."""
        return ()

    def currency(self, symbol: str) -> str:
        """The currency as Yahoo writes it: ISO codes, and GBp for pence.

        Raises
        ------
        UnknownSymbol
            Yahoo has no such symbol.
        """
        access = granted(self.access, self.name)
        what = f"yahoo: {symbol}"
        chart = _chart(access, symbol, pd.Timestamp(access.as_of.date()), what=what)
        if chart is None:
            raise UnknownSymbol(f"{what}: there is no such symbol.", "Yahoo was asked for it.", ASK_YAHOO)
        with understood(what):
            return str(chart["meta"]["currency"])

    def bars(self, symbols: Sequence[str], *, start: When | None = None, end: When | None = None) -> Bars:
        """Raw daily bars of `symbols` with dividends and splits, up to the last session that is over.

        Raises
        ------
        DataError
            The symbols are traded on different calendars, or on one that is not known here.
        """
        names, access = wanted(symbols), granted(self.access, self.name)
        today = pd.Timestamp(access.as_of.date())
        first = START if start is None else min(max(timestamp(start).normalize(), START), today)
        last = today if end is None else timestamp(end)

        def chart(symbol: str, since: pd.Timestamp) -> Chart | None:
            return _chart(access, symbol, since, what=f"yahoo: {symbol}, {since:%Y-%m-%d} .. {last:%Y-%m-%d}")

        charts = {symbol: chart(symbol, first) for symbol in names}
        with understood(f"yahoo: {', '.join(names)}"):
            calendar = _calendar(charts)
        asked = span(start, end, calendar=calendar, over_at=access.as_of - DELAY)

        def fetch(some: Sequence[str], sought: Span) -> dict[str, History]:
            given = {each: charts[each] if sought.first >= first else chart(each, START) for each in some}
            return {each: _history(found) for each, found in given.items() if found is not None}

        found = collected(self.name, names, asked, fetch)
        what = about(self.name, names, asked)
        return joined(self.name, found, what=what, licence=self.licence, caveat=self.caveat)


SOURCE = Yahoo()


def _calendar(charts: dict[str, Chart | None]) -> str:
    """The one calendar of all the symbols that there are."""
    places = {symbol: chart["meta"].get("exchangeName") for symbol, chart in charts.items() if chart}
    strange = [symbol for symbol, place in places.items() if place not in CALENDARS]
    if strange:
        raise DataError(
            f"yahoo: {strange[0]} is traded at {places[strange[0]]!r}, whose sessions are not known here.",
            f"Known are {', '.join(sorted(CALENDARS))}.",
            "Add its calendar to framework/data/sources/yahoo.py.",
        )
    calendars = {CALENDARS[place]: symbol for symbol, place in places.items()}
    if len(calendars) > 1:
        apart = " and ".join(f"{symbol} ({name})" for name, symbol in calendars.items())
        raise DataError(
            f"yahoo: {apart} have different sessions.",
            "Bars have one row a session of all their symbols.",
            "Load them apart.",
        )
    return next(iter(calendars), "XNYS")


def _chart(access: Access, symbol: str, since: pd.Timestamp, *, what: str) -> Chart | None:
    """All from `since` until now, since later splits are needed too; None where there is no such symbol."""
    client = _client(access)
    return ask(lambda: _question(client, access, symbol, since, what=what), access.patience, about=what)


def _question(
    client: "YfData", access: Access, symbol: str, since: pd.Timestamp, *, what: str
) -> Chart | None:
    from curl_cffi.requests.exceptions import RequestException
    from yfinance.exceptions import YFException

    question = {
        "period1": int(since.tz_localize("UTC").timestamp()) - 86_400,  # west of Greenwich a day begins later
        "period2": int(access.as_of.timestamp()) + 86_400,
        "interval": "1d",
        "events": "div,splits,capitalGains",
        "includePrePost": False,
    }
    try:
        reply = client.get(ADDRESS + symbol, params=question, timeout=access.patience.timeout_seconds)
        content = reply.json()
    except YFException as error:
        raise Again(" ".join(str(error).split())) from None
    except (RequestException, ValueError) as error:  # the latter: what is not JSON
        raise Again(f"no whole answer ({type(error).__name__})") from None
    return _result(reply.status_code, content, what)


def _result(status: int, content: Any, what: str) -> Chart | None:
    answer = content.get("chart") if isinstance(content, dict) else None
    if not isinstance(answer, dict):
        raise Again(f"HTTP {status} and no chart")
    error = answer.get("error") or {}
    if error.get("code") == "Not Found":
        return None
    if error:
        raise DataError(
            f"{what}: Yahoo refuses the question (HTTP {status}: {error.get('code')}, {error.get('description')}).",
            "It writes symbols its own way: BRK-B, ^GSPC, SAP.DE, BTC-USD.",
            ASK_YAHOO,
        )
    chart: Chart = answer["result"][0]
    return chart


def _client(access: Access) -> "YfData":
    """The client of yfinance, of which there is one a process; cookies and crumb are its own affair."""
    from yfinance.data import YfData

    return YfData(session=_session(access.keys.option("proxy", ""), access.keys.option("authority", "")))


@lru_cache(maxsize=4)
def _session(proxy: str, authority: str) -> "Session[Response]":
    from curl_cffi.requests import Session

    ways: dict[str, Any] = {"proxy": proxy or None, "verify": authority or True}
    return Session(impersonate="chrome", **ways)


def _history(chart: Chart) -> History:
    """Prices as they were traded: what Yahoo divided by later splits is multiplied by them again."""
    prices, events = _rows(chart), chart.get("events") or {}
    zone = chart["meta"]["exchangeTimezoneName"]
    splits = [
        (_day(event["date"], zone), float(event["numerator"]) / float(event["denominator"]))
        for event in (events.get("splits") or {}).values()
    ]
    later = [_later(day, splits) for day in prices.index]
    prices[list(PRICES)] = prices[list(PRICES)].mul(later, axis=0)
    prices["volume"] = prices["volume"].div(later)
    cash = [
        (_day(event["date"], zone), float(event["amount"]))
        for kind in ("dividends", "capitalGains")
        for event in (events.get(kind) or {}).values()
    ]
    return History(prices, [(day, amount * _later(day, splits)) for day, amount in cash], splits)


def _rows(chart: Chart) -> pd.DataFrame:
    """The rows with any number in them: a row of nothing is how Yahoo writes a day without trade."""
    given = chart["indicators"]["quote"][0]
    days = [_day(stamp, chart["meta"]["exchangeTimezoneName"]) for stamp in chart.get("timestamp") or []]
    columns = {name: pd.array(given.get(name) or [None] * len(days), dtype="Float64") for name in FIELDS}
    rows = pd.DataFrame(columns, index=pd.DatetimeIndex(days)).astype("f8")
    return rows.dropna(how="all", subset=list(PRICES))


def _later(day: pd.Timestamp, splits: Actions) -> float:
    """New shares, now, for one share of that day's close."""
    factor = 1.0
    for effective, ratio in splits:
        factor *= ratio if effective > day else 1.0
    return factor


def _day(stamp: float, zone: str) -> pd.Timestamp:
    return pd.Timestamp(stamp, unit="s", tz="UTC").tz_convert(zone).normalize().tz_localize(None)
