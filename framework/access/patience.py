"""Asking a venue again, a bounded number of times, with growing pauses and an end to each wait."""

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
    pause = patience.first_wait_seconds
    for attempt in count(1):
        try:
            return _within(question, patience.timeout_seconds)
        except Again as again:
            wanted = pause if again.wait_seconds is None else again.wait_seconds
            if attempt >= patience.attempts or wanted > patience.longest_wait_seconds:
                raise _down(again, attempt, patience, about) from None
        patience.sleep(wanted)
        pause = min(2.0 * pause, patience.longest_wait_seconds)
    raise AssertionError  # pragma: no cover - count has no end


def _within[Answer](question: Callable[[], Answer], seconds: float) -> Answer:
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
        raise Again(f"no whole answer within {seconds:g} s")
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
