"""What several commands need: the settings, the ledger, the time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from framework.data.sessions import close_of
from framework.errors import SpecError
from framework.host import clock
from framework.host.settings import Settings
from framework.ledger.connect import open_ledger
from framework.ledger.ledger import Ledger


@contextmanager
def opened(current: Settings) -> Iterator[Ledger]:
    """The ledger that the settings name, closed at the end of the ``with`` block."""
    with open_ledger(
        url=current.database_url, admin_url=current.admin_database_url, home=current.home
    ) as ledger:
        yield ledger


def moment(text: str | None, calendar: str) -> datetime:
    """The time that ``--as-of`` names: now, the close of a session, or any time with its zone.

    Raises
    ------
    SpecError
        It does not parse, has no zone, is not a session of `calendar`, or lies in the future.
    """
    now = clock.now()
    if text is None:
        return now
    when = _parsed(text, calendar)
    if when > now:
        raise SpecError(
            f"--as-of {text} ({when:%Y-%m-%d %H:%M} UTC) lies in the future.",
            f"It is {now:%Y-%m-%d %H:%M} UTC.",
            "Name a session that has closed.",
        )
    return when


def _parsed(text: str, calendar: str) -> datetime:
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise SpecError(
            f"--as-of {text!r} is not a date: {error}.",
            "It is a session (2022-12-28, meaning its close) or a time with its zone (2022-12-28T21:00Z).",
            "Write it like 2022-12-28.",
        ) from error
    if len(text) <= len("2022-12-28"):
        return close_of(calendar, f"{when:%Y-%m-%d}")
    if when.tzinfo is None:
        raise SpecError(
            f"--as-of {text} has no time zone.",
            "What was known at a time depends on it.",
            f"Write {text}Z for UTC.",
        )
    return when.astimezone(UTC)
