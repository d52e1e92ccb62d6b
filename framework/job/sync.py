"""The vault brought up to date, for all that the jobs name: a symbol at a time, all of it or nothing."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from framework.data.bars import Bars
from framework.data.quality import final
from framework.data.sessions import sessions_between
from framework.data.sources.base import Quoted, Source
from framework.errors import KeyRefused, OpenbookError, VendorDown
from framework.job import spec
from framework.job.reach import reached
from framework.ledger.coverage import SeriesRow
from framework.ledger.intake import Appended
from framework.ledger.ledger import Ledger
from framework.strategy.load import load

OVERLAP = 10  # sessions that are asked for again each time, so that a changed past shows

NOTHING = Appended()

Series = tuple[str, str]  # source and calendar


@dataclass(frozen=True)
class Synced:
    """What became of one series: what was appended, or the error for which nothing was."""

    source: str
    symbol: str
    appended: Appended = NOTHING
    error: OpenbookError | None = None


def sync(
    ledger: Ledger, root: Path, *, now: datetime, reach: Callable[[str], Source] = reached
) -> Iterator[Synced]:
    """Append what the vault lacks of every job's universe and benchmark, and tell of each series as it is done.

    A series is asked for from its last sessions on; where one of these has another number than on record, the whole
    series is fetched again, since a split or a dividend changes all that went before. A vendor that is down, or that
    does not accept the key, is not asked for its other symbols. Each is a transaction of its own:
    killed at any time, the next run goes on where this one ended, and two at once append nothing twice.

    Parameters
    ----------
    ledger : Ledger
        Where the bars go.
    root : Path
        The project whose jobs name the series.
    now : datetime, aware
        Bars of sessions that had not closed by then are left out, as they are not final.
    reach : callable
        Gives a source by name; with the time and keys of this machine, unless told otherwise.
    """
    known = {(row.source, row.symbol): row for row in ledger.vault.series()}
    for (source, calendar), symbols in named(root).items():
        gone: OpenbookError | None = None
        for symbol in symbols:
            if gone is not None:
                yield Synced(source, symbol, error=gone)
                continue
            try:
                vendor = reach(source)
                bars = _fetched(ledger, vendor, symbol, calendar, known.get((source, symbol)), now)
                currency = _currency(vendor, symbol)
                appended = ledger.vault.append_bars(bars, calendar=calendar, currency=currency, now=now)
            except OpenbookError as error:
                gone = error if isinstance(error, KeyRefused | VendorDown) else None
                yield Synced(source, symbol, error=error)
            else:
                yield Synced(source, symbol, appended)


def named(root: Path) -> dict[Series, tuple[str, ...]]:
    """The symbols that a job trades or is measured against, by source and calendar, sorted, each once."""
    found: defaultdict[Series, set[str]] = defaultdict(set)
    for job in (spec.load(name, root) for name in spec.names(root)):
        found[job.data, job.calendar].update(load(job.strategy).universe)
        if job.benchmark.source is not None and job.benchmark.symbol is not None:
            found[job.benchmark.source, job.calendar].add(job.benchmark.symbol)
    return {series: tuple(sorted(found[series])) for series in sorted(found)}


def _fetched(
    ledger: Ledger, source: Source, symbol: str, calendar: str, known: SeriesRow | None, now: datetime
) -> Bars:
    """What is new and a little of what is known, or everything where that has changed."""
    if known is not None:
        newest = final(source.bars([symbol], start=_overlap(calendar, known)), calendar=calendar, now=now)
        if not ledger.vault.revises(newest):
            return newest
    return final(source.bars([symbol]), calendar=calendar, now=now)


def _overlap(calendar: str, known: SeriesRow) -> pd.Timestamp:
    """The session some sessions before the last that is known, or the first."""
    last = known.last_session
    sessions = sessions_between(calendar, last - pd.Timedelta(days=3 * OVERLAP), last)
    return max(sessions[-OVERLAP:][0], known.first_session)


def _currency(source: Source, symbol: str) -> str:
    return source.currency(symbol) if isinstance(source, Quoted) else "USD"
