"""How the brokers speak to a venue: questions are put again, orders are not, and errors name what was lost: nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from framework.access import Access
from framework.access.patience import Again, Lost, Patience, ask, send, watch
from framework.broker.base import Broker, Report, State
from framework.errors import VendorDown, VenueDown


@dataclass(frozen=True)
class Answer:
    """A venue's answer to one request; `said` is why there is no `body`."""

    body: Any = None
    status: int = 200
    said: str = ""


def read[Found](
    request: Callable[[], Answer],
    found: Callable[[Answer], Found],
    access: Access,
    *,
    about: str,
    may_say_no: bool = False,
) -> Found:
    """What `found` reads in the answer to a question, put as often as patience allows.

    Parameters
    ----------
    request : callable
        Puts it once.
    found : callable
        Reads the answer; whatever it stumbles over is an answer in another form.
    access : Access
        The patience.
    about : str
        Venue and question, for the error.
    may_say_no : bool
        Whether `found` reads a refusal too, such as "there is no such order".
    """

    def asked() -> Found:
        answer = request()
        if answer.said and not may_say_no:
            raise Again(answer.said)
        with understood():
            return found(answer)

    return learn(asked, access, about=about)


def learn[Found](question: Callable[[], Found], access: Access, *, about: str) -> Found:
    """Put a question as often as patience allows; `Lost`, raised by it, is no harm to a question.

    Raises
    ------
    VenueDown
        There was no whole answer.
    """

    def harmless() -> Found:
        try:
            return question()
        except Lost as lost:
            raise Again(lost.why) from None

    try:
        return ask(harmless, access.patience, about=about)
    except VendorDown as down:
        raise _down(down, "It was only asked. Try again later; what trades here pauses until then.") from None


def hand_over(message: Callable[[], Answer], access: Access, *, about: str) -> Answer:
    """Send a message that must not arrive twice, again only while the venue says that it takes nothing.

    Raises
    ------
    Lost
        It may have arrived.
    VenueDown
        It has not.
    """
    try:
        return send(message, access.patience, about=about)
    except VendorDown as down:
        raise _down(down, "It was not taken. Submit it again later, under the same id.") from None


@contextmanager
def understood() -> Iterator[None]:
    """Take an answer that has another form than it should for one that was lost."""
    try:
        yield
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise Lost(f"an answer in another form than it should have ({type(error).__name__})") from None


def resolved(broker: Broker, client_id: str, symbol: str, patience: Patience) -> Report:
    """Look an order up until the venue knows it, for as long as it may be missing; nothing is sent.

    Parameters
    ----------
    broker : Broker
        The account.
    client_id, symbol : str
        The order.
    patience : Patience
        Its pauses.

    Returns
    -------
    Report
        UNKNOWN where the venue still does not know it: then a human has to look, and nobody may send it again.
    """
    return watch(
        lambda: broker.order(client_id, symbol),
        lambda report: report.state is not State.UNKNOWN,
        patience,
        seconds=broker.visibility_seconds,
    )


def _down(down: VendorDown, remedy: str) -> VenueDown:
    return VenueDown(down.what, down.limit, remedy)
