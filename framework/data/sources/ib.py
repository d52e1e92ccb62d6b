"""Interactive Brokers: US stocks and funds through TWS or IB Gateway, which must run and be logged in.

No keys: the login is that program's. In the folder ``ib`` of the keys there may be ``address`` (``127.0.0.1:4002``) and
``client_id``, a number that no other program uses on it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from math import ceil
from types import ModuleType
from typing import Any

import pandas as pd

from framework.access import Access
from framework.access.patience import Again, ask
from framework.data.bars import Bars
from framework.data.dates import When
from framework.data.sources._history import FIELDS, History, joined
from framework.data.sources._interactive import client
from framework.data.sources._vendor import Span, about, collected, granted, span, wanted
from framework.errors import DataError, KeyRefused, OpenbookError

CALENDAR = "XNYS"
EXCHANGES = ("NYSE", "NASDAQ", "ARCA", "AMEX", "BATS", "ISLAND")  # those with the sessions of that calendar
EXCHANGE_TIME = "America/New_York"
ADDRESS, CLIENT_ID = "127.0.0.1:4002", "71"
DELAY = timedelta(minutes=30)  # until the closing auction is in the day's bar
YEARS_AT_ONCE = 5
PACING_SECONDS = 15.0  # in which no question may be put twice
NO_SUCH_CONTRACT = 200
NOT_SUBSCRIBED = {354, 10089, 10186}
LOST = {1100: "no connection from TWS to IB", 2103: "market data farm lost", 2105: "history farm lost"}


@dataclass(frozen=True)
class InteractiveBrokers:
    """Daily bars of trades in regular hours; share classes with a space, ``BRK B``; ``KO@NYSE`` names the exchange."""

    access: Access | None = field(default=None, repr=False)
    name: str = "ib"
    licence: str = (
        "Interactive Brokers' and the exchanges' terms: the subscriber's own use, not to be passed on"
    )
    caveat: str = (
        "Splits are taken out of all prices, each one from its day on, and neither splits nor dividends are listed: a"
        " split rewrites history, and returns leave dividends out. Volume is as IB counts it."
    )

    def reached(self, access: Access) -> "InteractiveBrokers":
        """The source as it is reached with `access`."""
        return replace(self, access=access)

    def symbols(self) -> tuple[str, ...]:
        """None: IB gives no list."""
        return ()

    def bars(self, symbols: Sequence[str], *, start: When | None = None, end: When | None = None) -> Bars:
        """Daily bars of `symbols`, splits taken out, up to the last session that is over."""
        names, access = wanted(symbols), granted(self.access, self.name)
        asked = span(start, end, calendar=CALENDAR, over_at=access.as_of - DELAY)
        found = collected(self.name, names, asked, partial(_histories, access, client()))
        what = about(self.name, names, asked)
        return joined(self.name, found, what=what, licence=self.licence, caveat=self.caveat)


SOURCE = InteractiveBrokers()


def _histories(access: Access, api: ModuleType, symbols: Sequence[str], asked: Span) -> dict[str, History]:
    found = {}
    for symbol in symbols:
        what = about("ib", [symbol], asked)
        rows = ask(_Question(access, api, symbol, asked, what), access.patience, about=what)
        if rows:
            found[symbol] = History(_prices(rows))
    return found


@dataclass(frozen=True)
class _Question:
    """One symbol's bars over a connection of their own, which ends with the answer, whatever that is."""

    access: Access
    api: ModuleType
    symbol: str
    asked: Span
    what: str

    def __call__(self) -> list[Any]:
        return asyncio.run(self.answered())

    async def answered(self) -> list[Any]:
        """All bars in the span; none where there is no such contract.

        Raises
        ------
        Again
            Whatever may be otherwise in a moment.
        OpenbookError
            What will not.
        """
        try:
            return await asyncio.wait_for(self._connected(), self.access.patience.timeout_seconds)
        except TimeoutError:
            raise Again(f"no whole answer within {self.access.patience.timeout_seconds:g} s") from None
        except OSError as error:  # refused, reset, closed
            address = self.access.keys.option("address", ADDRESS)
            raise Again(f"no connection to TWS or IB Gateway at {address} ({type(error).__name__})") from None

    async def _connected(self) -> list[Any]:
        ib = self.api.IB()
        ib.RaiseRequestErrors = True  # or each would be an empty answer
        failed: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        ib.errorEvent += partial(_listen, failed)
        work = asyncio.ensure_future(self._work(ib))
        try:
            await asyncio.wait({work, failed}, return_when=asyncio.FIRST_COMPLETED)
            return await (work if work.done() else failed)
        except self.api.wrapper.RequestError as error:
            return self._judged(error.code, error.message)
        finally:
            work.cancel()
            failed.cancel()
            ib.disconnect()
            await asyncio.sleep(0.0)  # the transport closes in the loop's next round

    async def _work(self, ib: Any) -> list[Any]:
        host, _, port = self.access.keys.option("address", ADDRESS).rpartition(":")
        only = {"fetchFields": self.api.StartupFetchNONE} if hasattr(self.api, "StartupFetchNONE") else {}
        number = int(self.access.keys.option("client_id", CLIENT_ID))
        await ib.connectAsync(host, int(port), clientId=number, timeout=0, readonly=True, **only)
        contract = await self._contract(ib)
        rows: list[Any] = []
        last = self.asked.last
        while last >= self.asked.first:
            page = await self._page(ib, contract, last)
            if not page:
                break
            rows = page + rows
            last = pd.Timestamp(page[0].date) - timedelta(days=1)
        return rows

    async def _contract(self, ib: Any) -> Any:
        symbol, _, exchange = self.symbol.partition("@")
        details = await ib.reqContractDetailsAsync(
            self.api.Stock(symbol, "SMART", "USD", primaryExchange=exchange)
        )
        places = sorted({each.contract.primaryExchange for each in details})
        if len(places) != 1 or places[0] not in EXCHANGES:
            raise DataError(
                f"{self.what}: it is listed at {', '.join(places) or 'no exchange'}.",
                f"One of {', '.join(EXCHANGES)} is needed.",
                f"Name it, such as {symbol}@{next((place for place in places if place in EXCHANGES), 'NYSE')}.",
            )
        return details[0].contract

    async def _page(self, ib: Any, contract: Any, last: pd.Timestamp) -> list[Any]:
        """The bars of some years until `last`; TRADES, since ADJUSTED_LAST cannot be compared from day to day."""
        end = (last + pd.Timedelta(hours=23, minutes=59, seconds=59)).tz_localize(EXCHANGE_TIME)
        days = (last - self.asked.first).days + 1
        duration = f"{days} D" if days <= 365 else f"{min(ceil(days / 365), YEARS_AT_ONCE)} Y"
        try:
            page: list[Any] = await ib.reqHistoricalDataAsync(
                contract, end.to_pydatetime(), duration, "1 day", "TRADES", useRTH=True, timeout=0
            )
        except self.api.wrapper.RequestError as error:
            if "no data" not in error.message:
                raise
            return []
        return list(page)

    def _judged(self, code: int, said: str) -> list[Any]:
        """No bars where there is no such contract; otherwise what the error means."""
        if code == NO_SUCH_CONTRACT:
            return []
        if code in NOT_SUBSCRIBED or "permission" in said.lower():
            raise self._refused(code, said)
        raise Again(f"IB error {code}: {said}", PACING_SECONDS if "pacing" in said.lower() else None)

    def _refused(self, code: int, said: str) -> OpenbookError:
        return KeyRefused(
            f"{self.what}: IB refuses (error {code}: {said}).",
            "The account that TWS is logged in with has not subscribed to this exchange's data.",
            "Nothing was kept. Subscribe in IB's Client Portal (Market Data Subscriptions), or use another source.",
        )


def _listen(failed: "asyncio.Future[list[Any]]", _number: int, code: int, said: str, *_: Any) -> None:
    """Fail at once on what belongs to no question, or what the client takes for a warning and waits on."""
    if not failed.done() and (code in LOST or code in {321, 326}):
        failed.set_exception(Again(f"IB error {code}: {LOST.get(code, said)}"))


def _prices(rows: list[Any]) -> pd.DataFrame:
    days = pd.DatetimeIndex([pd.Timestamp(row.date) for row in rows])
    return pd.DataFrame({name: [float(getattr(row, name)) for row in rows] for name in FIELDS}, index=days)
