"""Blocks out of the table, and histories out of blocks."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import psycopg
from sqlalchemy import Connection

from framework.ledger.blocks import expand, unpack
from framework.ledger.history import TIMES, History
from framework.ledger.intake import microseconds

BLOCKS = """
    SELECT symbol, sequence, fields, bars, content_hash, content FROM public.bar_blocks
    WHERE stream = ANY (%(streams)s) AND source = %(source)s AND known_from <= %(as_of)s
    ORDER BY stream, sequence
"""
LEAVES = """
    SELECT row_hash, known_at <= %(as_of)s FROM public.bar_blocks
    WHERE stream = ANY (%(streams)s) AND known_from <= %(as_of)s
    UNION ALL
    SELECT row_hash, known_at <= %(as_of)s FROM public.feature_blocks
    WHERE feature = ANY (%(features)s) AND known_from <= %(as_of)s
    ORDER BY row_hash
"""


def read_histories(
    connection: Connection, source: str, symbols: tuple[str, ...], *, as_of: datetime | None = None
) -> dict[str, History]:
    """Of each of `symbols` what was known at `as_of`, or is by now; an empty history where nothing was.

    Raises
    ------
    AlteredBlock
        A block does not hold what its content hash says.
    """
    parts: dict[str, list[dict[str, np.ndarray]]] = {symbol: [] for symbol in symbols}
    bound = {
        "streams": [f"bar_blocks:{source}:{symbol}" for symbol in symbols],
        "source": source,
        "as_of": "infinity" if as_of is None else as_of,
    }
    with _cursor(connection) as cursor:
        for row in cursor.execute(BLOCKS, bound):
            if row[0] in parts:
                parts[row[0]].append(_columns(source, row))
    until = None if as_of is None else microseconds(as_of)
    return {symbol: History.of(blocks, as_of=until) for symbol, blocks in parts.items()}


def leaves(
    connection: Connection, source: str, symbols: tuple[str, ...], features: tuple[str, ...], as_of: datetime
) -> list[list[str]]:
    """The row hash of each block that an answer as of `as_of` rests on, and as of when, where not all of it counts."""
    bound = {
        "streams": [f"bar_blocks:{source}:{symbol}" for symbol in symbols],
        "features": list(features),
        "as_of": as_of,
    }
    with _cursor(connection) as cursor:
        return [
            [bytes(row_hash).hex(), "" if whole else as_of.astimezone(UTC).isoformat()]
            for row_hash, whole in cursor.execute(LEAVES, bound)
        ]


def _columns(source: str, row: tuple[Any, ...]) -> dict[str, np.ndarray]:
    symbol, sequence, fields, bars, content_hash, stored = row
    content = expand(stored, content_hash, where=f"{sequence} of {source}:{symbol}")
    return unpack(content, bars, times=TIMES, numbers=tuple(_names(fields)))


def _names(fields: str) -> list[str]:
    import json

    return list(json.loads(fields))


def _cursor(connection: Connection) -> "psycopg.Cursor[tuple[Any, ...]]":
    """A cursor that fetches bytes as bytes."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101 - engine_for chose the driver
    return driver.cursor(binary=True)
