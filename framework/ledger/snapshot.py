"""The record read in one snapshot, for whoever hashes it anew."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, Table, text
from sqlalchemy.exc import DBAPIError

from framework.errors import DiskDamaged
from framework.ledger.canonical import Row, read_canonical, select_canonical
from framework.ledger.door import Door

DAMAGED = "XX001"
SNAPSHOT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
EXISTS = text("SELECT to_regclass(:name) IS NOT NULL")
STREAMS = """
    WITH RECURSIVE found AS (
        (SELECT stream FROM public.{table} ORDER BY stream LIMIT 1)
        UNION ALL
        SELECT (SELECT stream FROM public.{table} WHERE stream > found.stream ORDER BY stream LIMIT 1)
        FROM found WHERE found.stream IS NOT NULL
    )
    SELECT stream FROM found WHERE stream IS NOT NULL
"""


@contextmanager
def snapshot(door: Door) -> Iterator[Connection]:
    """A transaction that sees the whole record as at one moment, and writes nothing."""
    with door.transaction() as connection:
        connection.execute(SNAPSHOT)
        yield connection


def exists(connection: Connection, table: Table) -> bool:
    """Whether the table is there."""
    return bool(connection.scalar(EXISTS, {"name": f"public.{table.name}"}))


def streams(connection: Connection, table: Table) -> list[bytes]:
    """The streams of a table, found by its primary key without reading every row."""
    with _naming(table):
        return [name.encode() for name in connection.scalars(text(STREAMS.format(table=table.name)))]


def rows(connection: Connection, table: Table, *, withheld: str = "false") -> Generator[Row]:
    """Every row of a table, each stream's together and in order. Memory does not grow with their number.

    Raises
    ------
    DiskDamaged
        The server finds a page damaged.
    Edited
        A row lacks a part of its chain.
    """
    return _copied(connection, table, select_canonical(table, withheld=withheld), ())


def rows_from(connection: Connection, table: Table, stream: bytes, sequence: int) -> Generator[Row]:
    """The rows of a stream from `sequence` on; raises as `rows`."""
    where = "WHERE stream = %s AND sequence >= %s"
    return _copied(connection, table, select_canonical(table, where=where), (stream.decode(), sequence))


def _copied(connection: Connection, table: Table, statement: str, given: tuple[Any, ...]) -> Generator[Row]:
    driver: psycopg.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    with _naming(table), driver.cursor() as cursor, cursor.copy(statement.encode(), given or None) as blocks:
        yield from read_canonical(blocks, table)


@contextmanager
def _naming(table: Table) -> Iterator[None]:
    """Name the table in which the server finds a damaged page."""
    try:
        yield
    except (psycopg.Error, DBAPIError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if getattr(cause, "sqlstate", None) != DAMAGED:
            raise
        raise DiskDamaged(
            f"A page of the table {table.name} is damaged: {str(cause).splitlines()[0]}.",
            "The server keeps a checksum of each page, and this one does not have it.",
            "Restore the last backup on another disk, verify it, and look at this disk.",
        ) from error
