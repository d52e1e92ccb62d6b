"""Reaching a database: its URL, its version, its revision."""

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError

from framework.errors import DatabaseTooOld, LedgerError
from framework.ledger.faults import place_of, translated
from framework.ledger.transport import refuse_open_network

OLDEST = 16
APPLICATION = "openbook_app"

REVISION_TABLE = text("SELECT to_regclass('guard.alembic_version') IS NOT NULL")
REVISION = text("SELECT version_num FROM guard.alembic_version")
MEMBER = text("SELECT pg_has_role(oid, 'SET') FROM pg_roles WHERE rolname = 'openbook_app'")


def engine_for(url: str, *, role: str | None = None) -> Engine:
    """An engine that keeps no connection open between uses, so that its process may fork.

    Parameters
    ----------
    url : str
        ``postgresql://...``; the driver is ours.
    role : str, optional
        Act as this role, which the URL's user must be a member of.

    Raises
    ------
    LedgerError
        `url` does not name a PostgreSQL database, or leads over a network that could be listened to.
    """
    address = address_of(url)
    refuse_open_network(address)
    arguments = {"connect_timeout": 10, "application_name": "openbook"}
    if role is not None and address.username != role:
        arguments["options"] = f"-c role={role}"
    return create_engine(address, poolclass=NullPool, connect_args=arguments)


def address_of(url: str) -> URL:
    """The URL, parsed, with our driver."""
    try:
        address = make_url(url)
    except ArgumentError:
        address = URL.create("unknown")
    if address.get_backend_name() not in ("postgresql", "postgres"):
        raise LedgerError(
            "The database's URL cannot be read (it is not shown, as it may hold a password).",
            "It looks like postgresql://user@host:5432/openbook.",
            "Correct OPENBOOK_DATABASE_URL, or unset it to use the embedded server.",
        ) from None
    return address.set(drivername="postgresql+psycopg")


def revision_of(url: str) -> str | None:
    """The revision that the database at `url` was migrated to; None if it never was.

    Raises
    ------
    DatabaseMissing, DatabaseTooOld, LedgerError
    """
    engine = engine_for(url)
    with translated(engine.url), engine.connect() as connection:
        return revision(connection)


def revision(connection: Connection) -> str | None:
    """As `revision_of`, over a connection."""
    number = connection.scalar(text("SHOW server_version_num"))
    check_version(int(str(number)), place_of(connection.engine.url))
    member = connection.scalar(MEMBER)
    if member is None:
        return None
    if not member:
        raise LedgerError(
            f"{connection.scalar(text('SELECT session_user'))} may not act as {APPLICATION} at "
            f"{place_of(connection.engine.url)}.",
            "Everything but a migration runs as that role.",
            f"As superuser: GRANT {APPLICATION} TO that user, or let OPENBOOK_DATABASE_URL name another.",
        )
    connection.execute(text(f"SET ROLE {APPLICATION}"))
    found = connection.scalar(REVISION) if connection.scalar(REVISION_TABLE) else None
    connection.execute(text("RESET ROLE"))
    return None if found is None else str(found)


def check_version(number: int, place: str) -> None:
    """Refuse a server whose ``server_version_num`` is below 160000.

    Raises
    ------
    DatabaseTooOld
    """
    if number < OLDEST * 10_000:
        raise DatabaseTooOld(
            f"The server at {place} is PostgreSQL {number // 10_000}.{number % 10_000}.",
            f"The record needs version {OLDEST} or later.",
            "Upgrade it, or unset OPENBOOK_DATABASE_URL to use the embedded server.",
        )
