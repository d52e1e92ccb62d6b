"""How Alembic reaches the database: over the connection that `framework.ledger.migrate` hands it.

Whatever a migration does is marked, or the guard would refuse it, and leaves a row in the record.
"""

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo
from alembic.script import Script
from sqlalchemy import Connection, insert, text

from framework.ledger.about import REACH
from framework.ledger.schema import METADATA, migrations

LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('openbook/migrate', 0))")
MARK = text("SET LOCAL openbook.migration = on")
WHO = text("SELECT session_user AS migrated_by, current_setting('server_version') AS server")


def run(connection: Connection) -> None:
    """Apply what is missing, one migrator at a time."""
    connection.execute(LOCK)
    connection.execute(MARK)
    connection.execute(text("CREATE SCHEMA IF NOT EXISTS guard"))
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        version_table_schema="guard",
        on_version_apply=leave_a_row,
    )
    context.run_migrations()


def leave_a_row(
    ctx: MigrationContext,
    step: MigrationInfo,
    heads: Collection[Any],  # noqa: ARG001 - Alembic's signature
    run_args: Mapping[str, Any],  # noqa: ARG001
) -> None:
    """Append what was done, by whom, and how far the guard reaches since."""
    connection, script = ctx.connection, step.up_revision
    assert connection is not None  # noqa: S101 - the one of `run`
    assert isinstance(script, Script)  # noqa: S101 - there are no downgrades
    row = {
        "revision": script.revision,
        "description": script.doc,
        "source_hash": hashlib.sha256(Path(script.path).read_bytes()).hexdigest(),
        "guard": "full" if connection.scalar(REACH) else "partial",
        **connection.execute(WHO).mappings().one(),
    }
    connection.execute(insert(migrations), row)


run(context.config.attributes["connection"])
