"""What changed in a series, as the rows that say so: blocks of bars, and an event where a past price is another one."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection, insert, text

from framework.data.revisions import explained
from framework.data.sessions import close_of, session_at
from framework.ledger.blocks import compress, hash_of, pack
from framework.ledger.history import History
from framework.ledger.schema import bar_blocks, bar_revisions

LOCK = text(
    "SELECT pg_advisory_xact_lock(hashtextextended('openbook/vault/' || :source || '/' || :symbol, 0))"
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Appended:
    """What was appended: bars in all, and of how many symbols a past bar has another number than before."""

    bars: int = 0
    revised: int = 0

    def __add__(self, other: "Appended") -> "Appended":
        return Appended(self.bars + other.bars, self.revised + other.revised)


def lock_series(connection: Connection, source: str, symbol: str) -> None:
    """Let nobody else append to this series until the transaction ends: two at once would both find nothing known."""
    connection.execute(LOCK, {"source": source, "symbol": symbol})


def witnessed_from(calendar: str, now: datetime | None) -> int | None:
    """The last close before `now`, in microseconds since 1970: what became known then or later was witnessed."""
    return None if now is None else microseconds(close_of(calendar, session_at(calendar, now)))


def append_changes(
    connection: Connection,
    of: tuple[str, str],
    changed: History,
    *,
    other: np.ndarray,
    known: History,
    witnessed: int | None,
) -> Appended:
    """Append the bars of `changed`, those that were witnessed and those that were not apart, and what was revised.

    Parameters
    ----------
    of : source and symbol
        The series.
    changed, other : as `changes` gives them
        Which bars, and which of them were known with other numbers.
    known : History
        What was known before.
    witnessed : int or None
        As `witnessed_from` gives it.
    """
    if len(changed) == 0:
        return Appended()
    seen = changed.known_at >= witnessed if witnessed is not None else np.zeros(len(changed), dtype=bool)
    for rows, backfilled in ((~seen, True), (seen, False)):
        if rows.any():
            connection.execute(insert(bar_blocks), _block(of, changed[rows], backfilled=backfilled))
    if not other.any():
        return Appended(bars=len(changed))
    connection.execute(
        insert(bar_revisions), _revision(of, changed[other], known, backfilled=not seen[other].all())
    )
    return Appended(bars=len(changed), revised=1)


def _block(of: tuple[str, str], bars: History, *, backfilled: bool) -> dict[str, Any]:
    content = pack(bars.columns(), dict(bars.fields))
    return {
        **_range(of, bars),
        "fields": list(bars.fields),
        "known_from": moment(int(bars.known_at.min())),
        "backfilled": backfilled,
        "content_hash": hash_of(content),
        "content": compress(content),
    }


def _revision(of: tuple[str, str], bars: History, known: History, *, backfilled: bool) -> dict[str, Any]:
    before = known.aligned(bars.session)
    fields = [name for name, values in bars.fields.items() if _differ(values, before.fields[name])]
    closes = bars.fields["close"] != before.fields["close"]
    found = explained(before.fields["close"][closes], bars.fields["close"][closes]) if closes.any() else None
    return {
        **_range(of, bars),
        "kind": "corrected" if found is None else found.kind,
        "ratio": None if found is None else found.ratio,
        "fields": fields,
        "backfilled": backfilled,
    }


def _range(of: tuple[str, str], bars: History) -> dict[str, Any]:
    return {
        "source": of[0],
        "symbol": of[1],
        "bars": len(bars),
        "first_session": moment(int(bars.session[0])).replace(tzinfo=None),
        "last_session": moment(int(bars.session[-1])).replace(tzinfo=None),
        "known_at": moment(int(bars.known_at.max())),
    }


def _differ(values: np.ndarray, before: np.ndarray) -> bool:
    return bool(((values != before) & ~np.isnan(before)).any())


def microseconds(when: datetime) -> int:
    """Since 1970, in UTC."""
    return (when - EPOCH) // timedelta(microseconds=1)


def moment(since: int) -> datetime:
    """The time `since` microseconds after the beginning of 1970, in UTC."""
    return EPOCH + timedelta(microseconds=since)
