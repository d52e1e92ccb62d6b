"""Requests to Alpaca through alpaca-py's own client, one at a time, and what its answers mean."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from json import JSONDecodeError, loads
from typing import TYPE_CHECKING, Any

from framework.access import Access
from framework.access.patience import Again, Lost
from framework.broker._asking import Answer, read
from framework.errors import AccountRefused

if TYPE_CHECKING:
    from alpaca.common.exceptions import APIError
    from alpaca.common.rest import RESTClient

PAPER = "https://paper-api.alpaca.markets"
NO_STATUS = 0  # alpaca-py then never tries again itself: it would send an order again after a 504


@dataclass(frozen=True)
class Wire:
    """The way to an account.

    Parameters
    ----------
    access : Access
        Keys, address and patience.
    """

    access: Access

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
        request = partial(self.request, "get", path, question)
        return read(request, found, self.access, about=what, may_say_no=may_say_no)

    def request(self, method: str, path: str, data: dict[str, Any] | None, address: str = "") -> Answer:
        """One request; what was raised meanwhile holds the headers with the keys, so nothing is chained to it."""
        from alpaca.common.exceptions import APIError
        from requests.exceptions import RequestException

        try:
            return Answer(getattr(self._client(address), method)(path, data))
        except APIError as error:
            judged = self._judged(error)
        except RequestException as error:
            judged = Lost(f"no whole answer ({type(error).__name__})")
        if isinstance(judged, Exception):
            raise judged
        return judged

    def _judged(self, error: "APIError") -> Answer | Exception:
        status, text = error.status_code, self.access.keys.hide(" ".join(str(error).split())[:200])
        if status == 429:
            wait = error.response.headers.get("Retry-After", "")
            return Again(f"HTTP {status}: {text}", float(wait) if wait.isdigit() else None)
        if status == 401 or (status == 403 and not _has_code(str(error))):
            return AccountRefused(
                f"alpaca: it refuses the key (HTTP {status}: {text}).",
                f"It was read from {self.access.keys.folder}; it is wrong, expired, or of another account's address.",
                "Nothing was sent. Make a new key on Alpaca's page, and write it there.",
            )
        if status >= 500 or status == 408:
            return Lost(f"HTTP {status}: {text}")
        return Answer(status=status, said=f"HTTP {status}: {text}")

    def _client(self, address: str) -> "RESTClient":
        from alpaca.common.rest import RESTClient

        keys = self.access.keys
        return RESTClient(
            base_url=address or keys.option("trading_address", PAPER),
            api_key=keys.reveal("key_id"),
            secret_key=keys.reveal("secret_key"),
            raw_data=True,
            retry_exception_codes=[NO_STATUS],
        )


def _has_code(text: str) -> bool:
    """Whether a refusal is about the order, as Alpaca numbers those: 40310000 for want of money."""
    try:
        return "code" in loads(text)
    except JSONDecodeError:
        return False
