"""Binance: spot pairs through its own SDK. No keys: prices are public, and a key that may trade is not shown about.

An ``address`` in the folder ``binance`` of the keys names another host than the one for market data alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from framework.access import Access
from framework.access.patience import Again, ask
from framework.data.bars import Bars
from framework.data.dates import When
from framework.data.sources._history import FIELDS, History, joined
from framework.data.sources._vendor import Span, about, collected, granted, span, wanted
from framework.errors import DataError

if TYPE_CHECKING:
    from binance_common.errors import Error
    from binance_sdk_spot import Spot

CALENDAR = "24/7"
ADDRESS = "https://data-api.binance.vision"  # market data alone: no orders, no keys
KLINES_A_PAGE = 1000
DAY_MS = 86_400_000
WEIGHT_A_MINUTE = 6000  # of questions, an address; beyond it come 429, and a ban for who goes on
FULL = 0.8  # of it, after which a pause lets the minute pass
QUOTES = (
    "FDUSD",
    "USDT",
    "USDC",
    "TUSD",
    "BUSD",
    "USD",
    "EUR",
    "GBP",
    "TRY",
    "BRL",
    "JPY",
    "BTC",
    "ETH",
    "BNB",
)
UNKNOWN_SYMBOL = {-1121, -1100}  # no such pair; characters that no pair has


@dataclass(frozen=True)
class Binance:
    """Daily bars of spot pairs, from midnight to midnight UTC; base and quote as one word: ``BTCUSDT``."""

    access: Access | None = field(default=None, repr=False)
    name: str = "binance"
    licence: str = "Binance terms of use: market data for the user's own use, not to be passed on"
    caveat: str = (
        "Trades of this exchange alone, in its quote currency (USDT is not USD). Pairs that were delisted are gone, so"
        " that what is left has survived."
    )

    def reached(self, access: Access) -> "Binance":
        """The source as it is reached with `access`."""
        return replace(self, access=access)

    def symbols(self) -> tuple[str, ...]:
        """None: what Binance lists is what can be traded today, not what it has prices of."""
        return ()

    def currency(self, symbol: str) -> str:
        """The quote currency of a pair: what comes last in its name.

        Raises
        ------
        DataError
            It ends in none that is known here.
        """
        quote = next((quote for quote in QUOTES if symbol.endswith(quote) and symbol != quote), None)
        if quote is None:
            raise DataError(
                f"binance: {symbol} ends in no currency that is known here.",
                f"Known are {', '.join(QUOTES)}.",
                "Add it to framework/data/sources/binance.py.",
            )
        return quote

    def bars(self, symbols: Sequence[str], *, start: When | None = None, end: When | None = None) -> Bars:
        """Daily bars of `symbols`, up to the last day (UTC) that is over; volume in the base currency."""
        names, access = wanted(symbols), granted(self.access, self.name)
        asked = span(start, end, calendar=CALENDAR, over_at=access.as_of)
        found = collected(self.name, names, asked, partial(_histories, access))
        what = about(self.name, names, asked)
        return joined(self.name, found, what=what, licence=self.licence, caveat=self.caveat)


SOURCE = Binance()


def _histories(access: Access, symbols: Sequence[str], asked: Span) -> dict[str, History]:
    client = _client(access)
    found = {symbol: _klines(client, access, symbol, asked) for symbol in symbols}
    return {symbol: History(_prices(klines)) for symbol, klines in found.items() if klines}


def _client(access: Access) -> "Spot":
    from binance_common.configuration import ConfigurationRestAPI
    from binance_sdk_spot import Spot

    configuration = ConfigurationRestAPI(
        base_path=access.keys.option("address", ADDRESS),
        timeout=int(access.patience.timeout_seconds * 1000),
        retries=0,  # it would sleep
    )
    return Spot(config_rest_api=configuration)


def _klines(client: "Spot", access: Access, symbol: str, asked: Span) -> list[list[Any]]:
    """All pages of one symbol: each begins after the last opening of the one before."""
    klines: list[list[Any]] = []
    what, at, last = about("binance", [symbol], asked), _milliseconds(asked.first), _milliseconds(asked.last)
    while at <= last:
        page, weight = ask(partial(_page, client, symbol, at, last, what), access.patience, about=what)
        if not page:
            break
        if page[-1][0] < at:
            raise DataError(
                f"{what}: the page after {at} ms ends before it begins.",
                "Pages go forward in time.",
                "Nothing was kept. Report it to Binance.",
            )
        klines += page
        at = page[-1][0] + DAY_MS
        if weight > FULL * WEIGHT_A_MINUTE:
            access.patience.sleep(60.0)
    return klines


def _page(client: "Spot", symbol: str, start: int, end: int, what: str) -> tuple[list[list[Any]], int]:
    """One page of klines, and the weight of all questions of this minute; no page where there is no such pair."""
    from binance_common.errors import Error
    from binance_sdk_spot.rest_api.models import KlinesIntervalEnum

    daily = KlinesIntervalEnum.INTERVAL_1d
    try:
        reply = client.rest_api.klines(
            symbol=symbol, interval=daily, start_time=start, end_time=end, limit=KLINES_A_PAGE
        )
        page: object = reply.data()
    except Error as error:
        if getattr(error, "status_code", None) in UNKNOWN_SYMBOL:
            return [], 0
        raise _refusal(error, what) from None
    except ValueError as error:
        raise Again(f"no answer in JSON ({type(error).__name__})") from None
    if not isinstance(page, list):
        raise Again("an answer that is no list")
    used = [limit.count for limit in reply.rate_limits or [] if limit.rateLimitType == "REQUEST_WEIGHT"]
    return page, max(used, default=0)


def _refusal(error: "Error", what: str) -> DataError | Again:
    from binance_common.errors import (
        ForbiddenError,
        NetworkError,
        RateLimitBanError,
        ServerError,
        TooManyRequestsError,
    )

    said = " ".join(str(error).split())[:200]
    if isinstance(error, TooManyRequestsError | RateLimitBanError):
        return Again(f"{type(error).__name__}: {said}", error.retry_after)
    if isinstance(
        error, NetworkError | ServerError | ForbiddenError
    ):  # its firewall says 403 to who asks too often
        return Again(f"no whole answer ({type(error).__name__}: {said})")
    return DataError(
        f"{what}: Binance refuses the question ({type(error).__name__}: {said}).",
        "It serves spot pairs, written as one word, to most countries.",
        "Nothing was kept. Look at Binance's message; from some places it answers nobody.",
    )


def _prices(klines: list[list[Any]]) -> pd.DataFrame:
    opened = pd.DatetimeIndex(pd.to_datetime([row[0] for row in klines], unit="ms"))
    columns = {name: [float(row[at]) for row in klines] for at, name in enumerate(FIELDS, start=1)}
    return pd.DataFrame(columns, index=opened)


def _milliseconds(day: pd.Timestamp) -> int:
    return int(day.tz_localize("UTC").timestamp()) * 1000
