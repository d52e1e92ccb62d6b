"""A dump, of which nothing is executed: its rows, and nothing else, are laid out in tables of our own.

Three kinds are read: `openbook dump` (JSON Lines), and what pg_dump writes, plain (SQL with COPY blocks) and custom;
the first two also compressed with gzip. A dump may come from a stranger, and SQL as superuser can do anything: so
only the data are taken, through COPY, and the server's own input functions judge each value.
"""

import gzip
import itertools
import json
import operator
import re
import subprocess
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql
from sqlalchemy import Table

from framework.errors import NotVerified
from framework.ledger.canonical import kind_of, own_columns
from framework.ledger.cluster import ENVIRONMENT, SUPERUSER
from framework.ledger.door import Door
from framework.ledger.embedded import DATABASE
from framework.ledger.engine import engine_for
from framework.ledger.place import programs
from framework.ledger.schema import CHAIN, METADATA, PUBLIC
from framework.ledger.scratch import scratch_server

FORMAT = "openbook-dump/1"
LONGEST_LINE = 500_000_000  # bytes
PIECE = 1 << 16  # bytes that are sent to the server at once
BLOCK = re.compile(rb"COPY (\w+)\.(\w+) \(([\w, ]+)\) FROM stdin;\r?\n")
END = b"\\.\n"
CHAIN_TYPES = {"stream": "text", "sequence": "bigint", "recorded_at": "timestamptz"}
TABLES = {table.name: table for table in METADATA.sorted_tables}
MALFORMED = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)

type Advance = Callable[[int], object]


@contextmanager
def laid_out(dump: Path, *, advance: Advance = lambda _: None) -> Iterator[Door]:
    """A scratch database with the rows of `dump`, in which the column `withheld` says whose payload is not there.

    Raises
    ------
    NotVerified
        It is not a dump, or is cut short or malformed; where is said.
    """
    with scratch_server() as server:
        host = str(server.place.sockets)
        with psycopg.connect(host=host, user=SUPERUSER, dbname=DATABASE, autocommit=True) as connection:
            lay(dump, connection, advance=advance)
        yield Door(engine_for(server.url(user=SUPERUSER)))


def lay(dump: Path, connection: psycopg.Connection[Any], *, advance: Advance = lambda _: None) -> None:
    """Make the tables in an empty database, and put the rows of `dump` into them; raises as `laid_out`."""
    for table in TABLES.values():
        connection.execute(_made(table))
    with _explained(dump), _opened(dump) as lines:
        first = _line(lines, dump)
        rows = (_lay_jsonl if first.startswith(b"{") else _lay_blocks)(
            connection, first, lines, dump, advance
        )
    if not rows:
        raise _refused(dump, "it has no row of the record")


def _lay_blocks(
    connection: psycopg.Connection[Any], first: bytes, lines: IO[bytes], dump: Path, advance: Advance
) -> int:
    """The COPY blocks of a plain dump of pg_dump."""
    rows, line = 0, first
    while line:
        match = BLOCK.fullmatch(line)
        if match:
            schema, table, columns = (part.decode() for part in match.groups())
            into = _copy_into(connection, table, columns.split(", "), dump) if schema == "public" else None
            rows += _lay_block(connection, into, lines, dump, advance)
        line = _line(lines, dump)
    return rows


def _copy_into(
    connection: psycopg.Connection[Any], name: str, columns: list[str], dump: Path
) -> sql.Composed | None:
    """The statement that takes a block's rows, or None if it is no table of the record."""
    if name not in TABLES:
        return None
    if not _complete(name, columns, dump):
        connection.execute(
            sql.SQL("ALTER TABLE {} ALTER withheld SET DEFAULT true").format(sql.Identifier(name))
        )
    return _copy_of(name, columns)


def _copy_of(table: str, columns: list[str]) -> sql.Composed:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)


def _complete(name: str, columns: list[str], dump: Path) -> bool:
    """Whether all columns of a table are there; refused is one that is unknown, or a public one that lacks."""
    if name not in TABLES:
        raise _refused(dump, f"there is no table {name[:60]!r}")
    public, payload = ({column.name for column in part} for part in own_columns(TABLES[name]))
    given = {*columns}
    if {*CHAIN, *public} - given or given - {*CHAIN, *public, *payload}:
        raise _refused(
            dump, f"the table {name} has other columns than this code knows ({', '.join(columns)})"
        )
    return payload <= given


def _lay_block(
    connection: psycopg.Connection[Any],
    into: sql.Composed | None,
    lines: IO[bytes],
    dump: Path,
    advance: Advance,
) -> int:
    if into is None:
        return 0 * sum(1 for _ in _block_lines(lines, dump))
    rows, piece = 0, bytearray()
    with connection.cursor() as cursor, cursor.copy(into) as copy:
        for line in _block_lines(lines, dump):
            rows += 1
            piece += line
            if len(piece) >= PIECE:
                copy.write(bytes(piece))
                piece.clear()
                advance(rows)
        copy.write(bytes(piece))
    return rows


def _block_lines(lines: IO[bytes], dump: Path) -> Iterator[bytes]:
    while (line := _line(lines, dump)) not in (END, b""):
        yield line
    if not line:
        raise _refused(dump, "it ends within a table's rows")


def _lay_jsonl(
    connection: psycopg.Connection[Any], first: bytes, lines: IO[bytes], dump: Path, advance: Advance
) -> int:
    """The lines of `openbook dump`."""
    header = json.loads(first)
    if header["format"] != FORMAT:
        raise _refused(dump, f"its format is {str(header['format'])[:40]!r}, not {FORMAT!r}")
    reader = _JsonRows(
        lines, dump, {name: [n for n, _ in told["columns"]] for name, told in header["tables"].items()}
    )
    for table, rows in itertools.groupby(reader, key=operator.itemgetter(0)):
        columns = reader.columns[table]
        _complete(table, [*CHAIN, *columns], dump)
        into = _copy_of(table, [*CHAIN, *columns, "withheld"])
        with connection.cursor() as cursor, cursor.copy(into) as copy:
            for _, values in rows:
                copy.write_row(values)
    advance(reader.rows)
    return reader.rows


class _JsonRows:
    """Table and values of each line, held to the count in the last."""

    def __init__(self, lines: IO[bytes], dump: Path, columns: dict[str, list[str]]) -> None:
        self.rows = 0
        self.columns = columns
        self._lines = lines
        self._dump = dump

    def __iter__(self) -> Iterator[tuple[str, list[str | None]]]:
        withheld = 0
        while line := _line(self._lines, self._dump):
            told = json.loads(line)
            if isinstance(told, dict):
                if (told["rows"], told["withheld"]) != (self.rows, withheld) or _line(
                    self._lines, self._dump
                ):
                    raise _refused(self._dump, f"it says it has {told['rows']} rows, and has {self.rows}")
                return
            table, stream, sequence, recorded_at, previous, payload, row, is_withheld, values = told
            hashes = [f"\\x{bytes.fromhex(digest).hex()}" for digest in (payload, previous, row)]
            names = self.columns[table]
            hidden = [
                value for name, value in zip(names, values, strict=True) if name not in PUBLIC.get(table, ())
            ]
            if is_withheld and any(value is not None for value in hidden):
                raise _refused(self._dump, f"row {self.rows + 1} has a payload that it says is withheld")
            self.rows += 1
            withheld += bool(is_withheld)
            chain = [str(stream), str(int(sequence)), str(recorded_at), *hashes]
            yield table, [*chain, *values, str(bool(is_withheld))]
        raise _refused(self._dump, "it is cut short: its last line does not count the rows")


def _made(table: Table) -> sql.Composed:
    public, payload = own_columns(table)
    types = {column.name: kind_of(column) for column in public + payload}
    types |= {name: CHAIN_TYPES.get(name, "bytea") for name in CHAIN}
    columns = [sql.SQL(f"{{}} {kind}").format(sql.Identifier(name)) for name, kind in types.items()]
    columns.append(sql.SQL("withheld boolean NOT NULL DEFAULT false").format())
    return sql.SQL("CREATE UNLOGGED TABLE {} ({})").format(
        sql.Identifier(table.name), sql.SQL(", ").join(columns)
    )


@contextmanager
def _opened(dump: Path) -> Iterator[IO[bytes]]:
    """The dump as lines: decompressed, and if it is of the custom kind, as pg_restore prints its data."""
    with dump.open("rb") as file:
        head = file.read(32)
        if head.startswith(b"age-encryption.org"):
            raise _refused(dump, "it is encrypted", "Decrypt it first: age --decrypt.")
        if head.startswith(b"PGDMP"):
            with _restored(dump) as lines:
                yield lines
            return
        file.seek(0)
        if head.startswith(b"\x1f\x8b"):
            with gzip.open(file) as lines:
                yield lines  # type: ignore[misc]
        else:
            yield file


@contextmanager
def _restored(dump: Path) -> Iterator[IO[bytes]]:
    """What pg_restore prints of a dump's data; it executes nothing."""
    command = [str(programs(None) / "pg_restore"), "--data-only", "--file=-", str(dump.resolve())]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603 - our own words
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, env=ENVIRONMENT, cwd="/"
        )
        with process:
            yield process.stdout  # type: ignore[misc]
        if process.returncode != 0:
            said.seek(0)
            lines = said.read(2_000).decode("utf-8", "replace").strip().splitlines()
            raise _refused(dump, f"pg_restore says: {lines[0] if lines else process.returncode}")


def _line(lines: IO[bytes], dump: Path) -> bytes:
    line = lines.readline(LONGEST_LINE)
    if len(line) == LONGEST_LINE:
        raise _refused(dump, f"a line has more than {LONGEST_LINE:,} bytes")
    return line


@contextmanager
def _explained(dump: Path) -> Iterator[None]:
    """Whatever is wrong with a file, said as our own error."""
    try:
        yield
    except psycopg.DataError as error:
        where = (error.diag.context or "").splitlines()[:1]
        raise _refused(dump, f"{str(error).splitlines()[0]} ({' '.join(where)})") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _refused(dump, f"it cannot be decompressed: {error}") from error
    except OSError as error:
        raise _refused(dump, str(error.strerror or error)) from error
    except MALFORMED as error:
        raise _refused(dump, f"a line is not as openbook dump writes it ({type(error).__name__})") from error


def _refused(
    dump: Path, why: str, remedy: str = "Have it made and copied again, and compare the files."
) -> NotVerified:
    return NotVerified(
        f"{dump} cannot be verified: {why}.",
        "A dump is what openbook dump or pg_dump (plain or custom, with COPY) has written, whole.",
        remedy,
    )
