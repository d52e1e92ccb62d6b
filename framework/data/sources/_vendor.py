"""What the sources across a network have in common: the symbols and sessions asked for, and what is refused of them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from framework.access import Access
from framework.data.dates import When, timestamp
from framework.data.sessions import END, START, session_at, sessions_between
from framework.data.sources._history import History, check
from framework.errors import DataError, SpecError, UnknownSymbol

SHOWN = 5  # symbols named in a message

Fetch = Callable[[Sequence[str], "Span"], dict[str, History]]


@dataclass(frozen=True)
class Span:
    """The sessions that are asked for, both ends included.

    Parameters
    ----------
    calendar : str
        Whose sessions.
    first, last : Timestamp
        Days to ask the vendor for: within the calendar, and not after the last session that is over.
    over : Timestamp
        That last session.
    start, end : Timestamp, optional
        Days as they were asked for; None is as far as there are prices.
    """

    calendar: str
    first: pd.Timestamp
    last: pd.Timestamp
    over: pd.Timestamp
    start: pd.Timestamp | None = None
    end: pd.Timestamp | None = None

    @property
    def is_empty(self) -> bool:
        """Whether no session that is over lies in it."""
        return self.first > self.last

    def whole(self) -> "Span":
        """All sessions that are over."""
        return Span(self.calendar, START, self.over, self.over)

    def __str__(self) -> str:
        return f"{self.start or self.first:%Y-%m-%d} .. {self.end or self.last:%Y-%m-%d}"


def span(start: When | None, end: When | None, *, calendar: str, over_at: datetime) -> Span:
    """What to ask for: from `start` to `end`, of the sessions of `calendar` that were over at `over_at`."""
    first, last = (None if when is None else timestamp(when).normalize() for when in (start, end))
    over = session_at(calendar, over_at)
    return Span(calendar, max(first or START, START), min(last or over, over), over, first, last)


def wanted(symbols: Sequence[str]) -> list[str]:
    """The symbols asked for, if there is one and none stands twice."""
    names = [symbols] if isinstance(symbols, str) else list(symbols)
    if not names:
        raise SpecError("No symbol was asked for.", "At least one is needed.", "Name one, such as 'KO'.")
    twice = next((name for position, name in enumerate(names) if name in names[:position]), None)
    if twice is not None:
        raise DataError(f"{twice} was asked for twice.", "Each symbol has one column.", "Name it once.")
    return names


def granted(access: Access | None, name: str) -> Access:
    """The access that a source needs before it can be asked anything."""
    if access is None:
        raise SpecError(
            f"The source {name!r} is not reached yet.",
            "It needs the time and the keys of whoever asks.",
            f"In a notebook: load_bars(..., source={name!r}). In code: find({name!r}, access).",
        )
    return access


def about(name: str, symbols: Sequence[str], asked: Span) -> str:
    """Vendor, symbols and range, for messages."""
    more = f" and {len(symbols) - SHOWN} more" if len(symbols) > SHOWN else ""
    return f"{name}: {', '.join(symbols[:SHOWN])}{more}, {asked}"


@contextmanager
def understood(what: str) -> Iterator[None]:
    """Turn the errors of reading an answer that has another form than it should into one that says so."""
    try:
        yield
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise DataError(
            f"{what}: the answer has another form than it should ({type(error).__name__}: {error}).",
            "The vendor's interface has changed, or its client has.",
            "Nothing was kept. Look for a newer version of the client, and of openbook.",
        ) from error


def collected(name: str, symbols: Sequence[str], asked: Span, fetch: Fetch) -> dict[str, History]:
    """What the vendor has of each symbol in the span, checked; an empty history where a life lies outside.

    Raises
    ------
    UnknownSymbol
        It has no price of one of them, ever.
    DataError
        It lacks a session at either end of the span.
    BadBars
        Out of order, a session twice, a day that is no session, a price that is not above zero, a jump.
    """
    found = _final(name, symbols, asked, fetch)
    missing = [symbol for symbol in symbols if symbol not in found]
    known = _final(name, missing, asked.whole(), fetch)
    for symbol in missing:
        if symbol not in known:
            raise _unknown(name, symbol, asked)
    for symbol, history in found.items():
        check(about(name, [symbol], asked), history, asked.calendar)
    _check_reach(name, symbols, asked, found, fetch)
    return {symbol: found[symbol] if symbol in found else _empty(known[symbol]) for symbol in symbols}


def _final(name: str, symbols: Sequence[str], asked: Span, fetch: Fetch) -> dict[str, History]:
    """What lies in the span, of the symbols that have a bar there; that of a session that is not over is none."""
    with understood(about(name, symbols, asked)):
        given = fetch(symbols, asked) if symbols and not asked.is_empty else {}
    cut = {symbol: history.between(asked.first, asked.last) for symbol, history in given.items()}
    return {symbol: history for symbol, history in cut.items() if len(history.prices)}


def _empty(history: History) -> History:
    return History(history.prices.iloc[:0], history.dividends, history.splits)


def _unknown(name: str, symbol: str, asked: Span) -> UnknownSymbol:
    return UnknownSymbol(
        f"{about(name, [symbol], asked)}: there is no such symbol, or no price of it.",
        f"{name} was asked for all sessions until {asked.over:%Y-%m-%d}.",
        "Look the symbol up at the vendor: each writes share classes and pairs in its own way.",
    )


def _check_reach(
    name: str, symbols: Sequence[str], asked: Span, found: dict[str, History], fetch: Fetch
) -> None:
    """A range may begin or end outside the prices by holidays and weekends, never by a trading session."""
    if found and not _leaves_out(asked, found):
        return
    days = [history.sessions for history in _final(name, symbols, asked.whole(), fetch).values()]
    first, last = min(index[0] for index in days), max(index[-1] for index in days)
    raise DataError(
        f"{about(name, symbols, asked)}: not all of these sessions are there, or over.",
        f"Its final prices of {', '.join(symbols[:SHOWN])} run from {first:%Y-%m-%d} to {last:%Y-%m-%d}.",
        "Ask for a range within that one, or leave start and end out.",
    )


def _leaves_out(asked: Span, found: dict[str, History]) -> bool:
    days = [history.sessions for history in found.values()]
    first, last = min(index.min() for index in days), max(index.max() for index in days)
    sessions = sessions_between(asked.calendar, max(asked.start or first, START), min(asked.end or last, END))
    return bool((sessions < first).any() or (sessions > last).any())
