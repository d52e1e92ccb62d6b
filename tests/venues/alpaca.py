"""Alpaca on loopback: market data as alpaca-py asks for it. Trading will be routes of the same venue."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
from venues import reach
from venues.http import HttpVenue, Reply, Request, Route
from venues.market import Market

from framework.data.sources.base import Source

SYMBOLS = ("AAPL", "BRK.B", "KO")
KEYS = {"key_id": "canary-alpaca-id", "secret_key": "canary-alpaca-secret"}
UNKNOWN = {"key_id": "canary-other-id", "secret_key": "canary-other-secret"}  # is told its own key back
EXPIRED = {"key_id": "canary-expired-id", "secret_key": "canary-expired-secret"}
WRONG = (UNKNOWN, EXPIRED)
PAYS_AFTER = pd.Timedelta(days=30)  # actions are listed by the day they are processed
BARS_A_PAGE, ACTIONS_A_PAGE = 100, 2  # fewer than anybody asks for


class Venue(HttpVenue):
    """It knows one pair of keys."""

    NAME = "alpaca"
    STORM_WAIT = 7.0  # seconds that it asks for

    def __init__(self) -> None:
        super().__init__(Market(SYMBOLS))

    def keys(self, files: dict[str, str] | None = None) -> dict[str, str]:
        """The files that reach it."""
        return {**(files or KEYS), "address": self.address}

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
