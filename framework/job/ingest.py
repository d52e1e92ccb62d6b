"""Bars from their sources into the vault, for all that the jobs name."""

from pathlib import Path

from framework.data.sources import find
from framework.job import spec
from framework.ledger.ledger import Ledger
from framework.strategy.load import load


def ingest(ledger: Ledger, root: Path) -> dict[str, int]:
    """Append what the vault does not have yet of every job's universe and benchmark.

    Returns
    -------
    dict
        Rows appended, by ``source/symbol``; zero where all was there. Doing it twice appends nothing twice.
    """
    return {
        f"{source}/{symbol}": ledger.vault.append_bars(find(source).bars((symbol,)), calendar=calendar)
        for source, symbol, calendar in named(root)
    }


def named(root: Path) -> tuple[tuple[str, str, str], ...]:
    """Source, symbol and calendar of every series that a job trades or is measured against, sorted, each once."""
    series = set()
    for job in (spec.load(name, root) for name in spec.names(root)):
        series.add((job.benchmark.source, job.benchmark.symbol, job.calendar))
        series.update((job.data, symbol, job.calendar) for symbol in load(job.strategy).universe)
    return tuple(sorted(series))
