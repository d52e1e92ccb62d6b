"""Bring a database to the present revision, as superuser."""

from pathlib import Path

from sqlalchemy import text

from framework.errors import LedgerError
from framework.ledger.engine import engine_for, revision
from framework.ledger.faults import place_of, translated

HEAD = "0001"
MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(admin_url: str) -> list[str]:
    """Apply the migrations that the database lacks, oldest first, in one transaction.

    Parameters
    ----------
    admin_url : str
        Names a superuser: the guard's functions must belong to one.

    Returns
    -------
    list of str
        The revisions applied; empty if there was nothing to do.

    Raises
    ------
    LedgerError
        The user is not a superuser, or the database is of a later revision than this code.
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
        _check_superuser(bool(connection.scalar(text("SHOW is_superuser")) == "on"), place_of(engine.url))
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


def _check_superuser(superuser: bool, place: str) -> None:  # noqa: FBT001 - what the server said
    if not superuser:
        raise LedgerError(
            f"The user of the admin URL is no superuser at {place}.",
            "The guard of the record must belong to one, or the tables' owner could take it down.",
            "Name a superuser in OPENBOOK_ADMIN_DATABASE_URL.",
        )
