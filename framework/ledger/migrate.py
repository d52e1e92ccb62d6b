"""Bring a database to the present revision: as superuser, or with a partial guard as the database's owner."""

from pathlib import Path

from sqlalchemy import text

from framework.errors import LedgerError
from framework.ledger.engine import engine_for, revision
from framework.ledger.faults import place_of, translated

HEAD = "0001"
ABLE = text("""
    SELECT rolsuper OR rolcreaterole AND EXISTS (
        SELECT FROM pg_database WHERE datname = current_database() AND pg_has_role(datdba, 'USAGE')
    ) FROM pg_roles WHERE rolname = current_user
""")
MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(admin_url: str) -> list[str]:
    """Apply the migrations that the database lacks, oldest first, in one transaction.

    Parameters
    ----------
    admin_url : str
        Names a superuser, to whom the guard will belong. Where there is none to be had, the database's owner, who may
        create roles, will do: the guard is then partial, as that owner could take it down.

    Returns
    -------
    list of str
        The revisions applied; empty if there was nothing to do.

    Raises
    ------
    LedgerError
        The user may not migrate, or the database is of a later revision than this code.
    DatabaseMissing, DatabaseTooOld
    """
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = engine_for(admin_url)
    with translated(engine.url), engine.begin() as connection:
        before = revision(connection)
        if not connection.scalar(ABLE):
            raise _unable(place_of(engine.url))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise LedgerError(
                f"The database {place_of(engine.url)} is at revision {before}: {error}.",
                f"This code knows revisions up to {HEAD}.",
                "Run the newer code that migrated it.",
            ) from error
        after = revision(connection)
    steps = ScriptDirectory.from_config(config).iterate_revisions(after, before)
    return [str(step.revision) for step in steps][::-1]


def _unable(place: str) -> LedgerError:
    return LedgerError(
        f"The user of the admin URL is no superuser at {place}, nor the owner of the database with CREATEROLE.",
        "A migration makes roles and tables, and a guard that must not belong to whoever it guards against.",
        "Name a superuser in OPENBOOK_ADMIN_DATABASE_URL.",
    )
