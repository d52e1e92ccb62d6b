"""Asking a venue again, a bounded number of times, with growing pauses and an end to each wait.

`ask` is for questions, which may be put twice; `send` for what must not arrive twice; `watch` for what takes its time.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from framework.errors import VendorDown


@dataclass(frozen=True)
class Patience:
    """How often and how long a venue is asked one question.

    Parameters
    ----------
    attempts : int
        Times that it is asked in all.
    first_wait_seconds : float
        Pause after the first failure; it doubles with each further one.
    longest_wait_seconds : float
        No pause is longer, and a venue that asks for a longer one is given up.
    timeout_seconds : float
        Until a whole answer must be there; a venue that sends a byte now and then does not extend it.
    sleep : callable
        What pauses, for that many seconds.
    """

    attempts: int = 5
    first_wait_seconds: float = 1.0
    longest_wait_seconds: float = 60.0
    timeout_seconds: float = 60.0
    sleep: Callable[[float], None] = time.sleep


class Again(Exception):
    """An answer after which it makes sense to ask again.

    Parameters
    ----------
    why : str
        What happened, without a secret.
    wait_seconds : float, optional
        The pause that the venue asked for.
    """

    def __init__(self, why: str, wait_seconds: float | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.wait_seconds = wait_seconds


class Lost(Exception):
    """No whole answer to what may have arrived: whether it did is not known.

    Parameters
    ----------
    why : str
        What happened, without a secret.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def ask[Answer](question: Callable[[], Answer], patience: Patience, *, about: str) -> Answer:
    """Ask until there is an answer, as often and as long as `patience` allows.

    Parameters
    ----------
    question : callable
        Gives the answer, or raises `Again`. It is called on a thread of its own, which is left behind where it outlasts
        the timeout: no vendor's client has a limit for a whole answer.
    patience : Patience
        The limits.
    about : str
        Vendor, symbols and range, for the error.

    Raises
    ------
    VendorDown
        No answer after the last attempt, or the venue asks for a longer pause than the longest.
    """
    return _repeated(question, patience, about, late=Again(_late(patience)))


def send[Answer](message: Callable[[], Answer], patience: Patience, *, about: str) -> Answer:
    """Send what must not arrive twice: again only where the venue says that it did not take it.

    Parameters
    ----------
    message : callable
        Gives the answer; raises `Again` only where it is certain that the venue took nothing, and `Lost` where it is
        not known. It runs on a thread of its own, which may still deliver it after the timeout.
    patience : Patience
        The limits.
    about : str
        Vendor and order, for the error.

    Raises
    ------
    Lost
        Whatever the venue may have taken; no answer within the timeout is one of these.
    VendorDown
        It took nothing at any attempt.
    """
    return _repeated(message, patience, about, late=Lost(_late(patience)))


def watch[Answer](
    question: Callable[[], Answer],
    is_settled: Callable[[Answer], bool],
    patience: Patience,
    *,
    seconds: float,
) -> Answer:
    """Ask until the answer is settled, or pauses of `seconds` in all have passed; the last answer, whatever it is."""
    pause, waited = patience.first_wait_seconds, 0.0
    while not is_settled(answer := question()) and waited < seconds:
        pause = min(pause, patience.longest_wait_seconds, seconds - waited)
        patience.sleep(pause)
        pause, waited = 2.0 * pause, waited + pause
    return answer


def _repeated[Answer](
    question: Callable[[], Answer], patience: Patience, about: str, *, late: Again | Lost
) -> Answer:
    pause = patience.first_wait_seconds
    for attempt in count(1):
        try:
            return _within(question, patience.timeout_seconds, late)
        except Again as again:
            wanted = pause if again.wait_seconds is None else again.wait_seconds
            if attempt >= patience.attempts or wanted > patience.longest_wait_seconds:
                raise _down(again, attempt, patience, about) from None
        patience.sleep(wanted)
        pause = min(2.0 * pause, patience.longest_wait_seconds)
    raise AssertionError  # pragma: no cover - count has no end


def _late(patience: Patience) -> str:
    return f"no whole answer within {patience.timeout_seconds:g} s"


def _within[Answer](question: Callable[[], Answer], seconds: float, late: Again | Lost) -> Answer:
    answers: list[Answer] = []
    faults: list[BaseException] = []

    def answer() -> None:
        try:
            answers.append(question())
        except BaseException as fault:  # noqa: BLE001 - raised below, on the thread of whoever asked
            faults.append(fault)

    asking = threading.Thread(target=answer, daemon=True, name="openbook-ask")
    asking.start()
    asking.join(seconds)
    if faults:
        raise faults[0]
    if not answers:
        raise late
    return answers[0]


def _down(again: Again, attempt: int, patience: Patience, about: str) -> VendorDown:
    if again.wait_seconds is not None and again.wait_seconds > patience.longest_wait_seconds:
        limit = f"It asks for a pause of {again.wait_seconds:g} s; the longest is {patience.longest_wait_seconds:g} s."
    else:
        limit = f"It was asked {attempt} of {patience.attempts} times."
    return VendorDown(
        f"{about}: {again.why.rstrip('.')}.",
        limit,
        "Nothing was kept. Try again later; what needs these bars pauses until then.",
    )
