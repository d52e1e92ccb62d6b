"""The state of every series: what it covers, what it lacks, what its vendor changed, and which gates it passes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from framework.data.gates import Finding, delisted, findings, in_currency
from framework.data.licence import may_be_passed_on
from framework.data.sessions import session_at, sessions_between
from framework.errors import AlteredBlock
from framework.ledger.coverage import RevisionRow, SeriesRow
from framework.ledger.vault import Vault

JUDGED = 21  # sessions: what lies before them was judged by the nights that decided on it
Name = tuple[str, str]  # source and symbol


@dataclass(frozen=True, kw_only=True)
class SeriesState:
    """A series as it was known at a moment.

    Parameters
    ----------
    row : SeriesRow
        What was said of it, and what is on record by now.
    first, last : Timestamp
        The days of its first and its last bar.
    bars : int
        Each bar counted once, whatever revisions it has; 0 where a block was altered, so that none can be believed.
    gaps : tuple of Timestamp
        Sessions of its calendar that it lacks between them, however long ago.
    found : tuple of Finding
        Why nothing should be decided on it now, in its last `JUDGED` sessions.
    ended : bool
        Whether its bars ended while its source went on: listed no more, and not late.
    revisions : tuple of RevisionRow
        What its vendor changed, the newest first.
    """

    row: SeriesRow
    first: pd.Timestamp
    last: pd.Timestamp
    bars: int
    gaps: tuple[pd.Timestamp, ...]
    found: tuple[Finding, ...]
    ended: bool
    revisions: tuple[RevisionRow, ...]

    @property
    def passes(self) -> bool:
        """Whether every gate passes it."""
        return not self.found

    @property
    def is_free(self) -> bool:
        """Whether its licence allows its prices to be passed on."""
        return may_be_passed_on(self.row.licence)


def states(
    vault: Vault, *, as_of: datetime, accounts: Mapping[Name, str] | None = None
) -> Iterator[SeriesState]:
    """Each series of which a bar was known at `as_of`, by source and symbol, one read after the other.

    Parameters
    ----------
    vault : Vault
        The record; nothing is written.
    as_of : datetime, aware
        The moment at which somebody might decide on them.
    accounts : mapping of (source, symbol) to str, optional
        The currency of the account that trades a series; others are not held to any.
    """
    revised: dict[Name, list[RevisionRow]] = {}
    for revision in vault.revisions():
        if revision.known_at <= as_of:
            revised.setdefault((revision.source, revision.symbol), []).append(revision)
    rows = [row for row in vault.series() if row.known_from <= as_of]
    newest: dict[str, pd.Timestamp] = {}
    for row in rows:
        day = row.last_session.normalize()
        newest[row.source] = max(day, newest.get(row.source, day))
    for row in rows:
        name = (row.source, row.symbol)
        account = (accounts or {}).get(name, row.currency)
        revisions = tuple(revised.get(name, ()))
        yield _state(vault, row, as_of=as_of, newest=newest[row.source], account=account, revisions=revisions)


def _state(
    vault: Vault,
    row: SeriesRow,
    *,
    as_of: datetime,
    newest: pd.Timestamp,
    account: str,
    revisions: tuple[RevisionRow, ...],
) -> SeriesState:
    try:
        bars = vault.bars((row.symbol,), source=row.source, as_of=as_of)
    except AlteredBlock as error:
        return _altered(row, error, revisions)
    found = findings(bars, calendar=row.calendar, as_of=as_of, newest=newest)
    since = _judged_since(row.calendar, as_of)
    wrong = tuple(one for one in found if one.gate in ("stale", "future-dated") or one.session > since)
    last = bars.sessions[-1].normalize()
    return SeriesState(
        row=row,
        first=bars.sessions[0].normalize(),
        last=last,
        bars=len(bars),
        gaps=tuple(one.session for one in found if one.gate == "gapped"),
        found=(*wrong, *in_currency({row.symbol: row.currency}, account, last)),
        ended=bool(delisted(bars, calendar=row.calendar, as_of=as_of, newest=newest)),
        revisions=revisions,
    )


def _altered(row: SeriesRow, error: AlteredBlock, revisions: tuple[RevisionRow, ...]) -> SeriesState:
    """What the rows beside the bars say; of the bars themselves nothing is believed."""
    first, last = row.first_session.normalize(), row.last_session.normalize()
    return SeriesState(
        row=row,
        first=first,
        last=last,
        bars=0,
        gaps=(),
        found=(Finding("altered", row.symbol, last, error.what),),
        ended=False,
        revisions=revisions,
    )


def _judged_since(calendar: str, as_of: datetime) -> pd.Timestamp:
    """The session before the last `JUDGED` ones."""
    last = session_at(calendar, as_of)
    return sessions_between(calendar, last - timedelta(days=3 * JUDGED), last)[-JUDGED - 1 :][0]
