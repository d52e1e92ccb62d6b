"""The record as one file that can be verified without a database; docs/record.md has the form."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, Table, text

from framework.data.licence import FREE
from framework.errors import LedgerError
from framework.ledger.canonical import kind_of
from framework.ledger.door import Door
from framework.ledger.engine import revision
from framework.ledger.schema import CHAIN, METADATA, PUBLIC

FORMAT = "openbook-dump/1"
SETTINGS = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
    "SET LOCAL TimeZone = 'UTC'",
    "SET LOCAL DateStyle = 'ISO, YMD'",
    "SET LOCAL bytea_output = 'hex'",
    "SET LOCAL extra_float_digits = 1",
    "SET LOCAL client_encoding = 'UTF8'",
)
ROWS = """
    SELECT withheld::int || json_build_array('{table}', stream, sequence, recorded_at::text,
        encode(previous_hash, 'hex'), encode(payload_hash, 'hex'), encode(row_hash, 'hex'), withheld,
        json_build_array({values}))::text
    FROM ({source}) AS marked ORDER BY stream COLLATE "C", sequence
"""
ALL = "SELECT *, false AS withheld FROM public.{table}"
CLOSED = """EXISTS (
    SELECT FROM regexp_split_to_table(licence, ' *; *') AS part
    WHERE NOT EXISTS (SELECT FROM unnest(%(free)s::text[]) AS word WHERE starts_with(lower(part), lower(word)))
)"""
BARS = """
    WITH said AS (
        SELECT DISTINCT ON (source, symbol) source, symbol, licence FROM public.series
        ORDER BY source, symbol, sequence DESC
    )
    SELECT bar_blocks.*, licence IS NULL OR {closed} AS withheld
    FROM public.bar_blocks LEFT JOIN said USING (source, symbol)
"""
FEATURES = "SELECT *, {closed} AS withheld FROM public.feature_blocks"
RESTRICTED = {"bar_blocks": BARS.format(closed=CLOSED), "feature_blocks": FEATURES.format(closed=CLOSED)}


@dataclass(frozen=True)
class Dumped:
    """How many rows a dump has, and of how many the payload is withheld."""

    rows: int
    withheld: int


def dump(door: Door, target: Path, *, public: bool) -> Dumped:
    """Write the record to `target`, which must not exist; it is there whole or not at all.

    Parameters
    ----------
    door : Door
        The record.
    target : Path
        By habit ``.jsonl.gz``.
    public : bool
        Withhold every block of bars and of features whose licence does not begin as one of `FREE`.

    Raises
    ------
    LedgerError
        `target` exists, or the record cannot be read.
    """
    if target.exists():
        raise LedgerError(f"{target} exists.", "A dump is never overwritten.", "Name another file.")
    unfinished = target.with_name(f".{target.name}.part")
    try:
        with (
            unfinished.open("xb") as raw,
            gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as file,
            door.transaction() as at,
        ):
            done = _written(at, file, public=public)
        unfinished.rename(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return done


def _written(connection: Connection, file: gzip.GzipFile, *, public: bool) -> Dumped:
    for setting in SETTINGS:
        connection.execute(text(setting))
    tables = METADATA.sorted_tables
    told = {
        table.name: {"columns": _columns(table), "public": list(PUBLIC.get(table.name, ()))}
        for table in tables
    }
    file.write(_line({"format": FORMAT, "revision": revision(connection), "tables": told}))
    rows = withheld = 0
    for table in tables:
        for line in _rows(connection, table, public=public):
            rows += 1
            withheld += line.startswith(b"1")
            file.write(line[1:] + b"\n")
    file.write(_line({"rows": rows, "withheld": withheld}))
    return Dumped(rows, withheld)


def _rows(connection: Connection, table: Table, *, public: bool) -> Iterator[bytes]:
    """Each row's line, after a byte that says whether its payload is withheld."""
    own = [column.name for column in table.columns if column.name not in CHAIN]
    shown = PUBLIC.get(table.name, ())
    values = [
        f'"{name}"::text' if name in shown else f'CASE WHEN NOT withheld THEN "{name}"::text END'
        for name in own
    ]
    restricted = RESTRICTED.get(table.name) if public else None
    source = restricted or ALL.format(table=table.name)
    rows = ROWS.format(table=table.name, values=", ".join(values), source=source)
    statement = f"COPY ({rows}) TO STDOUT (FORMAT binary)"
    driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
    bound = {"free": list(FREE)} if restricted else None
    with driver.cursor() as cursor, cursor.copy(statement.encode(), bound) as copy:
        copy.set_types(["text"])
        for (line,) in copy.rows():
            yield line.encode()


def _columns(table: Table) -> list[list[str]]:
    return [[column.name, kind_of(column)] for column in table.columns if column.name not in CHAIN]


def _line(told: object) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
