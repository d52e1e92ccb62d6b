"""A connection to TWS or IB Gateway for one piece of work, which ends with it, whatever comes of it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

from framework.access import Access
from framework.access.patience import Again
from framework.broker._asking import learn
from framework.data.sources._interactive import client
from framework.errors import AccountRefused

ADDRESS, CLIENT_ID = "127.0.0.1:4002", "72"  # another client than the one that reads bars
SIMULATED = "D"  # how the numbers of paper accounts begin
BROKEN = {
    1100: "TWS has lost IB",
    2110: "TWS has lost IB",
    504: "not connected",
    326: "this client id is in use",
}
TOO_FAST = 100
PACING_SECONDS = 15.0


@dataclass(frozen=True)
class Link:
    """A connection while it lasts.

    Parameters
    ----------
    ib : IB
        The vendor's client.
    api : module
        Its package.
    account : str
        The account that is traded.
    client_id : int
        Our number; an order can be cancelled only under the number that placed it.
    """

    ib: Any
    api: ModuleType
    account: str
    client_id: int


Work = Callable[[Link], Awaitable[Any]]


@dataclass(frozen=True)
class Wire:
    """The way to an account.

    Parameters
    ----------
    access : Access
        Address, client id, account and patience.
    """

    access: Access

    def read(self, work: Work, *, what: str) -> Any:
        """What comes of work that orders nothing, done as often as patience allows."""
        return learn(partial(self.once, work), self.access, about=what)

    def once(self, work: Work) -> Any:
        """What comes of some work.

        Raises
        ------
        Again
            The connection did not last, or TWS could not answer now.
        """
        return asyncio.run(self._in_time(work))

    async def _in_time(self, work: Work) -> Any:
        seconds = self.access.patience.timeout_seconds
        try:
            return await asyncio.wait_for(self._connected(work, client()), seconds)
        except TimeoutError:
            raise Again(f"no whole answer within {seconds:g} s") from None
        except OSError as error:  # refused, reset, closed
            address = self.access.keys.option("address", ADDRESS)
            raise Again(f"no connection to TWS or IB Gateway at {address} ({type(error).__name__})") from None

    async def _connected(self, work: Work, api: ModuleType) -> Any:
        ib = api.IB()
        ib.RaiseRequestErrors = True  # or each would be an empty answer
        broken: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        ib.errorEvent += partial(_listen, broken)
        ib.disconnectedEvent += partial(_hung_up, broken)
        working = asyncio.ensure_future(self._worked(work, ib, api))
        try:
            await asyncio.wait({working, broken}, return_when=asyncio.FIRST_COMPLETED)
            return await (working if working.done() else broken)
        except api.wrapper.RequestError as error:
            raise Again(f"IB error {error.code}: {error.message}") from None
        finally:
            working.cancel()
            broken.cancel()
            ib.disconnect()
            await asyncio.sleep(0.0)  # the transport closes in the loop's next round

    async def _worked(self, work: Work, ib: Any, api: ModuleType) -> Any:
        keys = self.access.keys
        host, _, port = keys.option("address", ADDRESS).rpartition(":")
        only = {"fetchFields": api.StartupFetchNONE} if hasattr(api, "StartupFetchNONE") else {}
        number = int(keys.option("client_id_for_orders", CLIENT_ID))
        await ib.connectAsync(host, int(port), clientId=number, timeout=0, readonly=True, **only)
        return await work(Link(ib, api, self._chosen(ib.managedAccounts()), number))

    def _chosen(self, accounts: list[str]) -> str:
        """The account that the key file names, or the only one."""
        wanted = self.access.keys.option("account", "")
        if wanted in accounts or (not wanted and len(accounts) == 1):
            return wanted or accounts[0]
        raise AccountRefused(
            f"ib: TWS has the accounts {', '.join(accounts)}; asked for is {wanted or 'none of them'}.",
            "Orders go to one account, which is named where there are several.",
            f"Nothing was sent. Write its number into {self.access.keys.folder / 'account'}.",
        )


def _listen(broken: "asyncio.Future[Any]", number: int, code: int, said: str, *_: Any) -> None:
    """Fail at once on what ends all work on this connection."""
    if broken.done():
        return
    if code in BROKEN:
        broken.set_exception(Again(f"IB error {code}: {BROKEN[code]}"))
    elif code == TOO_FAST and number < 0:
        broken.set_exception(Again(f"IB error {code}: {said}", PACING_SECONDS))


def _hung_up(broken: "asyncio.Future[Any]") -> None:
    if not broken.done():
        broken.set_exception(Again("TWS has closed the connection"))
