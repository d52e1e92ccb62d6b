"""Rows in the canonical form of docs/record.md, hashed here and not by the server that keeps them.

PostgreSQL's binary COPY frames every value as the canonical form does: a length of four bytes, then the bytes, or -1
for NULL. Only NUMERIC differs, of which the text is hashed. So a row that is selected as below is, from its stream on,
what ``row_hash`` was computed from, followed by what ``payload_hash`` was computed from.

    withheld, row_hash | stream, sequence, recorded_at, previous_hash, payload_hash, public columns | payload columns
"""

import struct
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Column, DateTime, Double, Enum, Integer, LargeBinary, Table
from sqlalchemy.types import BigInteger, Boolean, Date, Numeric, TypeDecorator, TypeEngine

from framework.errors import Edited
from framework.ledger.schema import CHAIN, PUBLIC

type Block = bytes | bytearray | memoryview

HEADER = b"PGCOPY\n\xff\r\n\x00"
HEADER_BYTES = 19
TRAILER = b"\xff\xff"
STREAM_AT = 43  # field count 2, withheld 5, row_hash 36
LENGTH = struct.Struct(">i").unpack_from
FIXED_LENGTHS = (32, 8, 8, 32, 32)


class Row(NamedTuple):
    """A row's place in its chain, and whether it hashes to what it says.

    Parameters
    ----------
    stream : bytes
        UTF-8.
    sequence : int
    recorded_at : int
        Microseconds since 2000-01-01T00:00Z.
    previous_hash, row_hash : bytes
        As stored.
    sound : bool
        Whether payload and row hash to what is stored; a payload that is withheld is taken at its hash.
    withheld : bool
    """

    stream: bytes
    sequence: int
    recorded_at: int
    previous_hash: bytes
    row_hash: bytes
    sound: bool
    withheld: bool


def own_columns(table: Table) -> tuple[list[Column[Any]], list[Column[Any]]]:
    """The public columns of a record table and those of its payload, each in the table's order."""
    own = [column for column in table.columns if column.name not in CHAIN]
    public = PUBLIC.get(table.name, ())
    return [c for c in own if c.name in public], [c for c in own if c.name not in public]


def kind_of(column: Column[Any]) -> str:
    """The canonical form's name for the column's type; an enumeration is text."""
    kind: TypeEngine[Any] = column.type
    while isinstance(kind, TypeDecorator):
        kind = kind.impl_instance
    if isinstance(kind, DateTime):
        return "timestamptz" if kind.timezone else "timestamp"
    if isinstance(kind, Enum):
        return "text"
    return next((name for sort, name in KINDS if isinstance(kind, sort)), "text")


def select_canonical(table: Table, *, withheld: str = "false", where: str = "") -> str:
    """The statement that gives a table's rows as above, each stream's together and in order.

    Parameters
    ----------
    withheld : str
        A column of `table` that says whether the payload is withheld, where there is one.
    where : str
        Which rows; may have placeholders.
    """
    public, payload = own_columns(table)
    chain = ["stream", "sequence", "recorded_at", "previous_hash", "payload_hash"]
    columns = ", ".join([withheld, "row_hash", *chain, *(_selected(column) for column in public + payload)])
    return (
        f"COPY (SELECT {columns} FROM public.{table.name} {where} ORDER BY stream, sequence)"  # noqa: S608 - our names
        " TO STDOUT (FORMAT binary)"
    )


def read_canonical(blocks: Iterable[Block], table: Table) -> Iterator[Row]:
    """Rows from the answer to `select_canonical`, one a block, each hashed anew.

    Raises
    ------
    Edited
        A row lacks a part of its chain.
    """
    public, _ = own_columns(table)
    end_of = _end_of_public(public)
    named = sha256(len(table.name).to_bytes(4, "big") + table.name.encode())
    stream_bytes, fixed = 0, _fixed(0)
    for whole in blocks:
        block = whole[HEADER_BYTES:] if whole[: len(HEADER)] == HEADER else whole
        if len(block) <= len(TRAILER):
            continue
        try:
            if LENGTH(block, STREAM_AT)[0] != stream_bytes:
                stream_bytes = LENGTH(block, STREAM_AT)[0]
                fixed = _fixed(stream_bytes)
            withheld, a, row_hash, stream, b, sequence, c, recorded_at, d, previous_hash, e, payload_hash = (
                fixed.unpack_from(block)
            )
            end = end_of(block, fixed.size)
        except struct.error:
            raise _torn(table) from None
        if (a, b, c, d, e) != FIXED_LENGTHS:
            raise _torn(table)
        begun = named.copy()
        begun.update(block[STREAM_AT:end])
        sound = begun.digest() == row_hash and (withheld or _hashes_to(payload_hash, block[end:]))
        yield Row(stream, sequence, recorded_at, previous_hash, row_hash, sound, withheld)


def _fixed(stream_bytes: int) -> struct.Struct:
    """From `withheld` to ``payload_hash``, in the rows of streams whose names have so many bytes."""
    return struct.Struct(f">6x?i32s4x{stream_bytes}siqiqi32si32s")


EMPTY = sha256()  # a copy of a begun hash takes 0.6 of the time of a new one
KINDS: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
    (Boolean, "boolean"),
    (BigInteger, "bigint"),
    (Integer, "integer"),
    (Double, "double precision"),
    (Numeric, "numeric"),
    (Date, "date"),
    (LargeBinary, "bytea"),
)
"""Of a subclass before its base: BIGINT is an INTEGER to SQLAlchemy, DOUBLE a NUMERIC."""
WIDTHS = {
    "boolean": 1,
    "integer": 4,
    "date": 4,
    "bigint": 8,
    "double precision": 8,
    "timestamp": 8,
    "timestamptz": 8,
}


def _hashes_to(expected: bytes, content: Block) -> bool:
    begun = EMPTY.copy()
    begun.update(content)
    return begun.digest() == expected


def _selected(column: Column[Any]) -> str:
    return f"numeric_out({column.name})" if kind_of(column) == "numeric" else column.name


def _end_of_public(public: list[Column[Any]]) -> Callable[[Block, int], int]:
    """What tells, from where the public columns of a row begin, where they end."""
    widths = [None if column.nullable else WIDTHS.get(kind_of(column)) for column in public]
    varying = max((number for number, width in enumerate(widths, start=1) if width is None), default=0)
    rest = sum(4 + width for width in widths[varying:] if width is not None)

    def end_of(block: Block, at: int) -> int:
        for _ in range(varying):
            at += 4 + max(LENGTH(block, at)[0], 0)
        return at + rest

    return end_of


def _torn(table: Table) -> Edited:
    return Edited(
        f"A row of {table.name} lacks a part of its chain, or its columns have other types than they had.",
        "Every row has stream, sequence, time and three hashes, and the types of docs/record.md.",
        "Compare the table with the migration; whoever changed it was its owner or a superuser.",
    )
