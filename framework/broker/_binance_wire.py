"""Requests to Binance through its own SDK, one at a time, and what its answers mean.

They go through the function that signs and sends for every method of the SDK: it has no method for what a key may do,
and its own `send_signed_request` (13.3) fails before it sends.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from framework.access import Access
from framework.access.patience import Again, Lost
from framework.broker._asking import Answer, read
from framework.errors import AccountRefused

if TYPE_CHECKING:
    from binance_common.configuration import ConfigurationRestAPI
    from binance_common.errors import Error
    from binance_common.models import ApiResponse

ADDRESS = "https://api.binance.com"
KEY_REFUSED = {-2014, -2015, -1022}  # no such key; not from here or not for this; signed with another secret
CLOCK_WRONG = -1021  # signed too early or too late: it took nothing
STATUS_UNKNOWN = {-1000, -1001, -1006, -1007}  # "execution status unknown" and its kin


@dataclass(frozen=True)
class Wire:
    """The way to an account.

    Parameters
    ----------
    access : Access
        Keys, address and patience.
    """

    access: Access

    @property
    def address(self) -> str:
        """Where the account is."""
        return self.access.keys.option("trading_address", ADDRESS)

    def read[Found](
        self,
        path: str,
        found: Callable[[Answer], Found],
        question: dict[str, Any] | None = None,
        *,
        what: str,
        may_say_no: bool = False,
    ) -> Found:
        """What `found` reads in the answer to a question about the account."""
        request = partial(self.request, "GET", path, question or {})
        return read(request, found, self.access, about=what, may_say_no=may_say_no)

    def public[Found](
        self, path: str, found: Callable[[Answer], Found], question: dict[str, Any], *, what: str
    ) -> Found:
        """What `found` reads in the answer to a question that needs no key, and may be refused."""
        request = partial(self.request, "GET", path, question, is_signed=False)
        return read(request, found, self.access, about=what, may_say_no=True)

    def request(self, method: str, path: str, data: dict[str, Any], *, is_signed: bool = True) -> Answer:
        """One request; what was raised meanwhile holds the headers with the key, so nothing is chained to it."""
        from binance_common.errors import Error
        from binance_common.utils import send_request
        from requests import Session

        try:
            with Session() as session:
                reply: ApiResponse[Any] = send_request(
                    session, self._configuration(), method, path, data, is_signed=is_signed
                )
            return Answer(reply.data())
        except Error as error:
            judged = self._judged(error)
        except ValueError as error:
            judged = Lost(f"no answer in JSON ({type(error).__name__})")
        if isinstance(judged, Exception):
            raise judged
        return judged

    def _judged(self, error: "Error") -> Answer | Exception:
        """What an error means; a network error's text holds the address with the signature, and is not told."""
        from binance_common.errors import RateLimitBanError, TooManyRequestsError

        kind, code = type(error).__name__, getattr(error, "status_code", None)
        said = self.access.keys.hide(" ".join(str(getattr(error, "error_message", "")).split())[:200])
        if isinstance(error, TooManyRequestsError | RateLimitBanError):
            return Again(f"{kind}: {said}", error.retry_after)
        if code == CLOCK_WRONG:
            return Again(f"{code}: {said}")
        if code in KEY_REFUSED or kind == "UnauthorizedError":
            return AccountRefused(
                f"binance: it refuses the key ({code}: {said}).",
                f"It was read from {self.access.keys.folder}; it is wrong, expired, or not for this use.",
                "Nothing was sent. Make a key on Binance's page that may read and trade spot, and write it there.",
            )
        if kind in {"BadRequestError", "NotFoundError"} and code is not None and code not in STATUS_UNKNOWN:
            return Answer(status=code, said=f"{code}: {said}")
        return Lost(f"no whole answer ({kind})")

    def _configuration(self) -> "ConfigurationRestAPI":
        from binance_common.configuration import ConfigurationRestAPI

        keys = self.access.keys
        return ConfigurationRestAPI(
            api_key=keys.reveal("api_key"),
            api_secret=keys.reveal("api_secret"),
            base_path=self.address,
            timeout=int(self.access.patience.timeout_seconds * 1000),
            retries=0,  # it would sleep
        )
