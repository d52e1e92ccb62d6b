"""What the vault holds: a row a series, a row a revision."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from framework.data.revisions import Kind
from framework.ledger.door import Door, row_of
from framework.ledger.schema import bar_blocks, bar_revisions, series

MEANING = {
    "split": "a split",
    "dividend": "a dividend, taken out of the prices before it",
    "scaled": "another scale",
    "corrected": "a correction",
}


@dataclass(frozen=True, kw_only=True)
class SeriesRow:
    """A symbol of a source, as far as the vault has it.

    Parameters
    ----------
    calendar, currency, licence, caveat : str
        What was said of it last.
    first_session, last_session : Timestamp
        Of its bars.
    bars : int
        On record, each revision counted.
    witnessed : int
        Those of them that were on record before the next session closed.
    known_from, known_at : datetime
        When the oldest and the newest of them became known.
    recorded_at : datetime
        When the server wrote the newest of them.
    """

    source: str
    symbol: str
    calendar: str
    currency: str
    licence: str
    caveat: str
    first_session: pd.Timestamp
    last_session: pd.Timestamp
    bars: int
    witnessed: int
    known_from: datetime
    known_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, kw_only=True)
class RevisionRow:
    """That a vendor changed bars of the past; `ratio` is new closes over old ones, where one factor explains them."""

    source: str
    symbol: str
    kind: Kind
    bars: int
    fields: list[str]
    first_session: pd.Timestamp
    last_session: pd.Timestamp
    ratio: float | None
    known_at: datetime
    backfilled: bool

    @property
    def sentence(self) -> str:
        """What happened, in one sentence."""
        counted = f"{self.bars:,} {'bar' if self.bars == 1 else 'bars'}"
        span = f"{self.first_session:%Y-%m-%d} to {self.last_session:%Y-%m-%d}"
        ratio = "" if self.ratio is None else f", ratio {self.ratio:g}"
        return (
            f"{self.source} changed {counted} of {self.symbol} ({span}), known since {self.known_at:%Y-%m-%d %H:%M} UTC"
            f"{ratio}: {MEANING[self.kind]}."
        )


class Coverage(Door):
    """Which bars there are, without reading one."""

    def series(self, source: str | None = None) -> list[SeriesRow]:
        """Every series with a bar on record, by source and symbol."""
        with self.transaction() as connection:
            found = connection.execute(_series(source)).mappings().all()
        return [_series_row(dict(row)) for row in found]

    def revisions(self, source: str | None = None) -> list[RevisionRow]:
        """Every revision on record, the newest first."""
        order = bar_revisions.c.known_at.desc(), bar_revisions.c.source, bar_revisions.c.sequence.desc()
        query = select(bar_revisions).order_by(*order)
        if source is not None:
            query = query.where(bar_revisions.c.source == source)
        with self.transaction() as connection:
            found = connection.execute(query).mappings().all()
        return [_revision_row(dict(row)) for row in found]

    def count(self) -> int:
        """How many bars there are, each revision counted."""
        with self.transaction() as connection:
            return int(connection.scalar(select(func.coalesce(func.sum(bar_blocks.c.bars), 0))) or 0)


def _series(source: str | None) -> Select[Any]:
    block = bar_blocks.c
    held = (
        select(
            block.source,
            block.symbol,
            func.min(block.first_session).label("first_session"),
            func.max(block.last_session).label("last_session"),
            func.sum(block.bars).label("bars"),
            func.coalesce(func.sum(block.bars).filter(~block.backfilled), 0).label("witnessed"),
            func.min(block.known_from).label("known_from"),
            func.max(block.known_at).label("known_at"),
            func.max(block.recorded_at).label("recorded_at"),
        )
        .group_by(block.source, block.symbol)
        .subquery()
    )
    said = (
        select(series)
        .ext(distinct_on(series.c.source, series.c.symbol))
        .order_by(series.c.source, series.c.symbol, series.c.sequence.desc())
        .subquery()
    )
    same = (held.c.source == said.c.source) & (held.c.symbol == said.c.symbol)
    query = select(held, said.c.calendar, said.c.currency, said.c.licence, said.c.caveat).join(said, same)
    query = query.order_by(held.c.source, held.c.symbol)
    return query if source is None else query.where(held.c.source == source)


def _series_row(found: dict[str, Any]) -> SeriesRow:
    return row_of(
        SeriesRow,
        found | _sessions(found) | {"bars": int(found["bars"]), "witnessed": int(found["witnessed"])},
    )


def _revision_row(found: dict[str, Any]) -> RevisionRow:
    return row_of(RevisionRow, found | _sessions(found))


def _sessions(found: dict[str, Any]) -> dict[str, pd.Timestamp]:
    return {name: pd.Timestamp(found[name]) for name in ("first_session", "last_session")}
