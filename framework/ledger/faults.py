"""The database's errors, said in our words."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError

from framework.errors import DatabaseMissing, LedgerError, OpenbookError, RecordRefused

GUARD = ("OB001", "OB002")
PRIVILEGE = "42501"
INTEGRITY = "23"
NO_SPACE = ("53100", "58030")
UNMIGRATED = ("3F000", "42P01", "42703", "28000")
RETRY = ("40001", "40P01", "55P03")


@contextmanager
def translated(url: URL) -> Iterator[None]:
    """Raise a `LedgerError` in place of whatever the driver or SQLAlchemy raises.

    Raises
    ------
    RecordRefused
        The guard, a privilege or a rule of the table said no.
    DatabaseMissing
        Nobody answers at `url`; the message names the host, never the password.
    LedgerError
        Anything else: a full disk, a lost connection, two writers in each other's way.
    """
    try:
        yield
    except (SQLAlchemyError, psycopg.Error) as error:
        raise _translate(error, url) from error


def place_of(url: URL) -> str:
    """The server and the database, without user and password."""
    host = url.host or url.query.get("host") or "the default socket"
    port = f":{url.port}" if url.port else ""
    return f"{host}{port}/{url.database or ''}"


def _translate(error: SQLAlchemyError | psycopg.Error, url: URL) -> OpenbookError:
    cause = error.orig if isinstance(error, StatementError) else error
    if isinstance(cause, OpenbookError):
        return cause  # a column refused a value
    state = getattr(cause, "sqlstate", None) or ""
    said = str(cause).strip().split("\n")[0].rstrip(".")
    if state in (*GUARD, PRIVILEGE) or state.startswith(INTEGRITY):
        return _refused(cause, said)
    if isinstance(error, DBAPIError) and error.statement is None and not state:
        return DatabaseMissing(
            f"No database answers at {place_of(url)}: {said}.",
            "The record needs a PostgreSQL server of version 16 or later.",
            "Start it, or correct OPENBOOK_DATABASE_URL; unset, the embedded server is used.",
        )
    return _failed(state, said, url)


def _refused(cause: BaseException | None, said: str) -> RecordRefused:
    detail = getattr(getattr(cause, "diag", None), "message_detail", None)
    return RecordRefused(
        f"The database refused a row: {said}.",
        f"{detail or 'The record is append-only, and its rows are unique.'}",
        "Append a new row that corrects the old one; if the row is already there, there is nothing to do.",
    )


def _failed(state: str, said: str, url: URL) -> LedgerError:
    if state in NO_SPACE:
        limit, remedy = "The server's disk is full or failing.", "Free some space; nothing was half-written."
    elif state in RETRY:
        limit, remedy = "Another writer was in the way.", "Run it again; nothing was half-written."
    elif state in UNMIGRATED:
        limit, remedy = "The database lacks a part of the record.", "Migrate it."
    else:
        limit = "The transaction was not confirmed."
        remedy = "See whether the server runs, then run it again: what is on record already is not doubled."
    return LedgerError(f"The record at {place_of(url)} failed: {said}.", limit, remedy)
