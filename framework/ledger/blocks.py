"""Blocks: the columns of many bars or values of one series, compressed into one value of a row.

What a block holds, and how it is hashed, is described in docs/record.md; these functions are its definition.
"""

import hashlib
import zlib

import numpy as np

from framework.errors import AlteredBlock

LEVEL = 1  # of zlib: prices as they come shrink to 0.43 at level 1, to 0.38 at six times the time at level 6
NOT_A_NUMBER = np.array(np.nan, dtype="<f8")


def pack(times: dict[str, np.ndarray], numbers: dict[str, np.ndarray]) -> bytes:
    """The content of a block.

    Parameters
    ----------
    times : dict of array of int64, shape (rows,)
        Microseconds since 1970. The first column is stored as differences from row to row, each other one as
        differences to the first.
    numbers : dict of array of float64, shape (rows,)
        Stored as they are, bit for bit, but for NaN, which has one form.
    """
    first, *others = (np.asarray(column, dtype="<i8") for column in times.values())
    columns = [np.diff(first, prepend=0), *(column - first for column in others)]
    for column in numbers.values():
        values = np.asarray(column, dtype="<f8")
        columns.append(np.where(np.isnan(values), NOT_A_NUMBER, values))
    return b"".join(column.tobytes() for column in columns)


def unpack(
    content: bytes, rows: int, *, times: tuple[str, ...], numbers: tuple[str, ...]
) -> dict[str, np.ndarray]:
    """The columns that `pack` was given, by name; numbers are views of `content`."""
    columns = np.frombuffer(content, dtype="<i8").reshape(len(times) + len(numbers), rows)
    first = columns[0].cumsum()
    found = {times[0]: first}
    found |= {name: columns[row] + first for row, name in enumerate(times[1:], start=1)}
    values = columns.view("<f8")
    return found | {name: values[row] for row, name in enumerate(numbers, start=len(times))}


def compress(content: bytes) -> bytes:
    """As it is stored."""
    return zlib.compress(content, LEVEL)


def expand(stored: bytes, content_hash: str, *, where: str) -> bytes:
    """The content, proven to be that of `content_hash`.

    Raises
    ------
    AlteredBlock
        It is not: somebody altered it.
    """
    try:
        content = zlib.decompress(stored)
    except zlib.error:
        content = b""
    if hash_of(content) != content_hash:
        raise AlteredBlock(
            f"The block {where} does not hold what its content hash says.",
            f"Its SHA-256 should be {content_hash}.",
            "Somebody altered the record: run openbook verify, and restore a backup.",
        )
    return content


def hash_of(content: bytes) -> str:
    """SHA-256 of the content before its compression, in hex."""
    return hashlib.sha256(content).hexdigest()
