"""Bars from their sources into the vault, for all that the jobs name."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from framework.data.bars import Bars
from framework.data.sources import find
from framework.job import spec
from framework.ledger.ledger import Ledger
from framework.strategy.load import load

Series = tuple[str, str]  # source and calendar


def ingest(ledger: Ledger, root: Path) -> dict[str, int]:
    """Append what the vault does not have yet of every job's universe and benchmark.

    Symbols of one source that have the same sessions and fields go in together.

    Returns
    -------
    dict
        Bars appended, by ``source: symbols``; zero where all was there. Doing it twice appends nothing twice.
    """
    return {
        f"{source}: {', '.join(alike)}": ledger.vault.append_bars(
            find(source).bars(alike), calendar=calendar
        ).bars
        for (source, calendar), symbols in named(root).items()
        for alike in _groups(source, symbols)
    }


def named(root: Path) -> dict[Series, tuple[str, ...]]:
    """The symbols that a job trades or is measured against, by source and calendar, sorted, each once."""
    found: defaultdict[Series, set[str]] = defaultdict(set)
    for job in (spec.load(name, root) for name in spec.names(root)):
        found[job.data, job.calendar].update(load(job.strategy).universe)
        if job.benchmark.source is not None and job.benchmark.symbol is not None:
            found[job.benchmark.source, job.calendar].add(job.benchmark.symbol)
    return {series: tuple(sorted(found[series])) for series in sorted(found)}


def _groups(source: str, symbols: Iterable[str]) -> list[tuple[str, ...]]:
    groups: defaultdict[object, list[str]] = defaultdict(list)
    for symbol in symbols:
        groups[_shape(find(source).bars((symbol,)))].append(symbol)
    return [tuple(alike) for alike in groups.values()]


def _shape(bars: Bars) -> object:
    """What two symbols must share to stand in the same Bars without losing a field or gaining a gap."""
    return bars.sessions.asi8.tobytes(), bars.fields
