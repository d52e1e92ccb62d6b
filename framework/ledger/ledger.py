"""The Ledger: the only door to PostgreSQL. It appends and reads; there is no update and no delete."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Literal, Self

from sqlalchemy import Engine, func, select, union

from framework.ledger.door import append, row_of
from framework.ledger.nights import Nights
from framework.ledger.research import Research
from framework.ledger.rows import SuspensionRow
from framework.ledger.runs import Runs
from framework.ledger.schema import METADATA, migrations, suspensions
from framework.ledger.vault import Vault


class Ledger(Runs, Nights, Research):
    """Everything on record, and nothing but appending to it.

    Get one with `framework.ledger.connect.open_ledger`. It keeps no connection open between calls, so that its
    process may fork.

    Attributes
    ----------
    vault : Vault
        Bars, as known at any moment.
    """

    def __init__(
        self, engine: Engine, *, cache: Path | None = None, on_close: Callable[[], None] | None = None
    ) -> None:
        super().__init__(engine)
        self.vault = Vault(engine, cache=cache)
        self._on_close = on_close

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database; the embedded server may then stop."""
        self._engine.dispose()
        if self._on_close is not None:
            self._on_close()

    def append_suspension(
        self,
        strategy: str,
        *,
        action: Literal["suspend", "resume"],
        reason: str,
        reviewer: str,
        known_at: datetime,
    ) -> None:
        """Append that a strategy may not trade, or may again; reason and reviewer are not empty."""
        row = SuspensionRow(
            strategy=strategy, action=action, reason=reason, reviewer=reviewer, known_at=known_at
        )
        with self.transaction() as connection:
            append(connection, suspensions, [row])

    def is_suspended(self, strategy: str) -> SuspensionRow | None:
        """The suspension in force, or None."""
        of_strategy = select(suspensions).where(suspensions.c.strategy == strategy)
        found = self.one(of_strategy.order_by(suspensions.c.sequence.desc()))
        return row_of(SuspensionRow, found) if found is not None and found["action"] == "suspend" else None

    def suspended_at(self, strategy: str, recorded_at: datetime) -> SuspensionRow | None:
        """The suspension that was in force when the server's clock stood at `recorded_at`, or None."""
        query = select(suspensions).where(
            suspensions.c.strategy == strategy, suspensions.c.recorded_at <= recorded_at
        )
        found = self.one(query.order_by(suspensions.c.sequence.desc()))
        return row_of(SuspensionRow, found) if found is not None and found["action"] == "suspend" else None

    def suspensions(self, strategy: str) -> list[SuspensionRow]:
        """Every suspension and resumption of a strategy, in the order in which they were appended."""
        of_strategy = select(suspensions).where(suspensions.c.strategy == strategy)
        with self.transaction() as connection:
            found = connection.execute(of_strategy.order_by(suspensions.c.sequence)).mappings()
            return [row_of(SuspensionRow, dict(row)) for row in found]

    def guard(self) -> Literal["full", "partial"]:
        """How far the guard reached when the record was migrated last, as the record has it.

        It is partial where no superuser was there to own it: whoever owns the tables could then take it away.
        """
        with self.transaction() as connection:
            newest = select(migrations.c.guard).order_by(migrations.c.sequence.desc()).limit(1)
            return "full" if connection.scalar(newest) == "full" else "partial"

    def strategies(self) -> list[str]:
        """Names of all strategies with anything on record, sorted."""
        tables = [table for table in METADATA.sorted_tables if "strategy" in table.c]
        names = union(*(select(table.c.strategy) for table in tables))
        with self.transaction() as connection:
            return sorted(str(name) for name in connection.scalars(names))

    def counts(self) -> dict[str, int]:
        """Rows of each table, by name."""
        tables = METADATA.sorted_tables
        query = select(*(select(func.count()).select_from(table).scalar_subquery() for table in tables))
        with self.transaction() as connection:
            found = connection.execute(query).one()
        return dict(sorted(zip((table.name for table in tables), found, strict=True)))
