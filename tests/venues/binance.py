"""Binance on loopback: spot market data as its SDK asks for it. Trading will be routes of the same venue."""

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

SYMBOLS = ("BTCUSDT", "ETHUSDT", "BNBUSDT")
KEYS: dict[str, str] = {}  # prices are public
WRONG: tuple[dict[str, str], ...] = ()
KLINES_A_PAGE = 100  # fewer than anybody asks for
WEIGHT = 2  # of a question for klines


class Venue(HttpVenue):
    """It counts the weight of what it is asked, and can ban."""

    NAME = "binance"
    STORM_WAIT = 7.0  # seconds that it asks for

    def __init__(self) -> None:
        super().__init__(Market(SYMBOLS, "24/7", actions=False))
        self.weight = 0
        self.banned_for: int | None = None

    def keys(self, files: dict[str, str] | None = None) -> dict[str, str]:
        """The files that reach it."""
        return {**(files or KEYS), "address": self.address}

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

    ROUTES: ClassVar[dict[tuple[str, str], Route]] = {("GET", "/api/v3/klines"): _klines}


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
