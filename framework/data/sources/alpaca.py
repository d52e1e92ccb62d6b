"""Alpaca: US stocks and funds through alpaca-py, raw, with dividends and splits.

Keys: ``key_id`` and ``secret_key`` in the folder ``alpaca``; besides, if wanted, ``feed`` (``sip``) and ``address``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from framework.access import Access
from framework.access.patience import Again, ask
from framework.data.bars import Bars
from framework.data.dates import When
from framework.data.sources._history import FIELDS, Actions, History, joined
from framework.data.sources._vendor import Span, about, collected, granted, span, wanted
from framework.errors import DataError, KeyRefused, OpenbookError, UnknownSymbol

if TYPE_CHECKING:
    from alpaca.common.exceptions import APIError
    from alpaca.common.rest import RESTClient

CALENDAR = "XNYS"
EXCHANGE_TIME = "America/New_York"  # a daily bar is stamped with its midnight
ADDRESS = "https://data.alpaca.markets"
DELAY = timedelta(minutes=15)  # of the consolidated feed: a bar asked for earlier lacks the last trades
AT_ONCE = 100  # symbols in one question, which is an address with a length
BARS_A_PAGE, ACTIONS_A_PAGE = 10_000, 1_000
PROCESSED_WITHIN = timedelta(days=180)  # actions are listed by the day they are paid, well after the ex-date
KINDS = "forward_split,reverse_split,stock_dividend,cash_dividend"
COLUMNS = {"o": "open", "h": "high", "l": "low", "c": "close", "v": "volume"}
NO_STATUS = 0  # alpaca-py then never tries again itself: it would sleep, and not for as long as it is told to


@dataclass(frozen=True)
class Alpaca:
    """Daily bars since 2016 of what Alpaca trades; share classes with a point: ``BRK.B``."""

    access: Access | None = field(default=None, repr=False)
    name: str = "alpaca"
    licence: str = "Alpaca Market Data Agreement: for the subscriber's own use, not to be passed on"
    caveat: str = (
        "Raw prices of the consolidated feed since 2016, with cash and stock dividends and splits by ex-date; spin-offs"
        " and mergers are not in them. Alpaca revises bars and actions without notice."
    )

    def reached(self, access: Access) -> "Alpaca":
        """The source as it is reached with `access`."""
        return replace(self, access=access)

    def symbols(self) -> tuple[str, ...]:
        """None: what Alpaca lists is what can be traded today, not what it has prices of."""
        return ()

    def bars(self, symbols: Sequence[str], *, start: When | None = None, end: When | None = None) -> Bars:
        """Raw daily bars of `symbols` with dividends and splits, up to the last session that is over."""
        names, access = wanted(symbols), granted(self.access, self.name)
        asked = span(start, end, calendar=CALENDAR, over_at=access.as_of - DELAY)
        found = collected(self.name, names, asked, partial(_histories, access))
        return joined(
            self.name, found, what=about(self.name, names, asked), licence=self.licence, caveat=self.caveat
        )


SOURCE = Alpaca()


def _histories(access: Access, symbols: Sequence[str], asked: Span) -> dict[str, History]:
    found: dict[str, History] = {}
    for at in range(0, len(symbols), AT_ONCE):
        some = symbols[at : at + AT_ONCE]
        rows, events = _rows(access, some, asked), _events(access, some, asked)
        found |= {
            symbol: History(_prices(rows[symbol]), *_actions(symbol, events, asked))
            for symbol in some
            if rows.get(symbol)
        }
    return found


def _rows(access: Access, symbols: Sequence[str], asked: Span) -> dict[str, list[dict[str, Any]]]:
    question = {
        "symbols": ",".join(symbols),
        "timeframe": "1Day",
        "adjustment": "raw",
        "feed": access.keys.option("feed", "sip"),
        "start": _midnight(asked.first),
        "end": _midnight(asked.last),  # included: the stamp of the last session's bar
        "limit": BARS_A_PAGE,
    }
    rows: dict[str, list[dict[str, Any]]] = {}
    for page in _pages(access, "v2", "/stocks/bars", question, what=about("alpaca", symbols, asked)):
        for symbol, more in (page.get("bars") or {}).items():
            rows.setdefault(symbol, []).extend(more)
    return rows


def _events(access: Access, symbols: Sequence[str], asked: Span) -> dict[str, list[dict[str, Any]]]:
    question = {
        "symbols": ",".join(symbols),
        "types": KINDS,
        "start": f"{asked.first:%Y-%m-%d}",
        "end": f"{asked.last + PROCESSED_WITHIN:%Y-%m-%d}",
        "limit": ACTIONS_A_PAGE,
    }
    events: dict[str, list[dict[str, Any]]] = {}
    for page in _pages(access, "v1", "/corporate-actions", question, what=about("alpaca", symbols, asked)):
        for kind, more in (page.get("corporate_actions") or {}).items():
            events.setdefault(kind, []).extend(more)
    return events


def _prices(rows: list[dict[str, Any]]) -> pd.DataFrame:
    stamps = pd.DatetimeIndex(pd.to_datetime([row["t"] for row in rows], utc=True)).tz_convert(EXCHANGE_TIME)
    columns = {name: [float(row[letter]) for row in rows] for letter, name in COLUMNS.items()}
    return pd.DataFrame(columns, index=stamps.normalize().tz_localize(None))[list(FIELDS)]


def _actions(symbol: str, events: dict[str, list[dict[str, Any]]], asked: Span) -> tuple[Actions, Actions]:
    """Dividends and splits of one symbol that take effect in the span."""

    def each(kind: str) -> Iterator[tuple[pd.Timestamp, dict[str, Any]]]:
        for event in events.get(kind, []):
            day = pd.Timestamp(event["ex_date"])
            if event["symbol"] == symbol and asked.first <= day <= asked.last:
                yield day, event

    cash = [(day, float(event["rate"])) for day, event in each("cash_dividends")]
    splits = [
        (day, float(event["new_rate"]) / float(event["old_rate"]))
        for kind in ("forward_splits", "reverse_splits")
        for day, event in each(kind)
    ]
    splits += [(day, 1.0 + float(event["rate"])) for day, event in each("stock_dividends")]
    return cash, splits


def _pages(
    access: Access, version: str, path: str, question: dict[str, Any], *, what: str
) -> Iterator[dict[str, Any]]:
    """All pages of an answer, each asked for as often as it takes."""
    client, token = _client(access, version), None
    while True:
        page = ask(
            partial(_page, client, path, question | {"page_token": token}, access, what),
            access.patience,
            about=what,
        )
        yield page
        before, token = token, page.get("next_page_token")
        if token is None:
            return
        if token == before:
            raise DataError(
                f"{what}: the page after {token!r} is itself.",
                "An answer in pages has a last one.",
                "Nothing was kept. Report it to Alpaca.",
            )


def _client(access: Access, version: str) -> "RESTClient":
    from alpaca.common.rest import RESTClient

    return RESTClient(
        base_url=access.keys.option("address", ADDRESS),
        api_key=access.keys.reveal("key_id"),
        secret_key=access.keys.reveal("secret_key"),
        api_version=version,
        raw_data=True,
        retry_exception_codes=[NO_STATUS],
    )


def _page(
    client: "RESTClient", path: str, question: dict[str, Any], access: Access, what: str
) -> dict[str, Any]:
    """One page; what was raised meanwhile holds the headers with the keys, so nothing is chained to it."""
    from alpaca.common.exceptions import APIError
    from requests.exceptions import RequestException

    try:
        page = client.get(path, question)
    except APIError as error:
        raise _refusal(error, access, what) from None
    except RequestException as error:
        raise Again(f"no whole answer ({type(error).__name__})") from None
    if not isinstance(page, dict) or not {"bars", "corporate_actions"} & page.keys():
        raise Again("an answer without bars or actions")
    return page


def _refusal(error: "APIError", access: Access, what: str) -> OpenbookError | Again:
    status, said = error.status_code, access.keys.hide(" ".join(str(error).split())[:200])
    if status == 429 or status >= 500:
        wait = error.response.headers.get("Retry-After", "")
        return Again(f"HTTP {status}: {said}", float(wait) if wait.isdigit() else None)
    if status in {401, 403}:
        return KeyRefused(
            f"{what}: Alpaca refuses the key (HTTP {status}: {said}).",
            f"It was read from {access.keys.folder}; it is wrong, expired, or not allowed this feed.",
            "Nothing was kept. Make a new key on Alpaca's page and write it there, or write 'iex' into the file feed.",
        )
    kind = UnknownSymbol if "invalid symbol" in said else DataError
    return kind(
        f"{what}: Alpaca refuses the question (HTTP {status}: {said}).",
        "It writes symbols its own way: BRK.B, no suffix for the exchange.",
        "Nothing was kept. Look the symbol up on Alpaca's page.",
    )


def _midnight(day: pd.Timestamp) -> str:
    return day.tz_localize(EXCHANGE_TIME).tz_convert("UTC").strftime("%Y-%m-%dT%H:%M:%SZ")
