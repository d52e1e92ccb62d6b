"""Snapshots: which bars a strategy saw, by their content hash."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as insert_once

from framework.data.bars import Bars
from framework.errors import DataError
from framework.ledger.door import Door
from framework.ledger.schema import snapshots


class Snapshots(Door):
    """Each result names its bars by a hash; a snapshot says which symbols and sessions those were."""

    def append_snapshot(self, bars: Bars, *, strategy: str, known_at: datetime) -> str:
        """Append which bars a strategy saw, once, and return their content hash."""
        row = {
            "strategy": strategy,
            "snapshot_hash": bars.content_hash,
            "source": bars.source,
            "symbols": list(bars.symbols),
            "first_session": bars.sessions[0].to_pydatetime(),
            "last_session": bars.sessions[-1].to_pydatetime(),
            "sessions": len(bars),
            "licence": bars.licence,
            "caveat": bars.caveat,
            "known_at": known_at,
        }
        with self.transaction() as connection:
            connection.execute(insert_once(snapshots).on_conflict_do_nothing(), row)
        return bars.content_hash

    def seen(self, strategy: str) -> list[tuple[str, tuple[str, ...], str]]:
        """Source, symbols and licence of all the bars that a strategy saw, each combination once."""
        columns = snapshots.c.source, snapshots.c.symbols, snapshots.c.licence
        query = select(*columns).where(snapshots.c.strategy == strategy).distinct().order_by(*columns)
        with self.transaction() as connection:
            found = connection.execute(query).all()
        return [(source, tuple(symbols), licence) for source, symbols, licence in found]

    def snapshot(self, snapshot_hash: str, *, strategy: str) -> Mapping[str, Any]:
        """Source, symbols, first and last session and time of a snapshot.

        Raises
        ------
        DataError
            The strategy has no such snapshot.
        """
        found = self.one(
            select(snapshots).where(
                snapshots.c.strategy == strategy, snapshots.c.snapshot_hash == snapshot_hash
            )
        )
        if found is None:
            raise DataError(
                f"{strategy} has no snapshot {snapshot_hash[:12]} on record.",
                "A result names the bars that it saw by their hash.",
                "Take the hash from the strategy's page.",
            )
        return found
