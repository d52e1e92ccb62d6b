"""How Alembic reaches the database: over the connection that `framework.ledger.migrate` hands it."""

from alembic import context
from sqlalchemy import Connection, text

from framework.ledger.schema import METADATA

LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('openbook/migrate', 0))")


def run(connection: Connection) -> None:
    """Apply what is missing, one migrator at a time."""
    connection.execute(LOCK)
    connection.execute(text("CREATE SCHEMA IF NOT EXISTS guard"))
    context.configure(connection=connection, target_metadata=METADATA, version_table_schema="guard")
    context.run_migrations()


run(context.config.attributes["connection"])
