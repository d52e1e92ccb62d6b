"""Values as text, as a dump has them, turned into the bytes that are hashed: the canonical form of docs/record.md.

`framework.ledger.canonical` reads the same form from a server's binary COPY; this is for whoever has no server.
"""

import re
import struct
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Final

EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
INFINITE: Final = {"infinity": 2**63 - 1, "-infinity": -(2**63)}
NULL: Final = b"\xff\xff\xff\xff"
TRUTH: Final = {"true": b"\1", "false": b"\0"}
HEX: Final = re.compile(r"(?:[0-9a-f]{2})*")

type Typed = tuple[str, str | None]
"""A type of the canonical form, and a value of it as text; None is NULL."""


def framed(kind: str, text: str | None) -> bytes:
    """The length of a value in four bytes, then its bytes.

    Raises
    ------
    ValueError
        `text` is no value of this type, or there is no such type.
    """
    if text is None:
        return NULL
    if kind not in ENCODERS:
        raise ValueError(f"there is no type {kind}")
    try:
        content = ENCODERS[kind](text)
    except (KeyError, OverflowError, struct.error) as error:
        raise ValueError(f"{text[:40]!r} is no {kind}") from error
    return len(content).to_bytes(4, "big") + content


def framed_all(values: Iterable[Typed]) -> bytes:
    """Values one after another."""
    return b"".join(framed(kind, text) for kind, text in values)


def payload_hash(values: Iterable[Typed]) -> bytes:
    """Hash of a row's payload columns."""
    return sha256(framed_all(values)).digest()


def row_hash(place: "Mapping[str, str]", payload: bytes, public: Iterable[Typed]) -> bytes:
    """Hash of a row.

    Parameters
    ----------
    place : mapping of str to str
        ``table``, ``stream``, ``sequence``, ``recorded_at`` and ``previous_hash`` (in hexadecimal), as text.
    payload : bytes
        The hash of its payload.
    public : iterable of (type, text)
        Its public columns.
    """
    chain = [(kind, place[name]) for name, kind in CHAIN]
    return sha256(framed_all([*chain, ("bytea", payload.hex()), *public])).digest()


CHAIN: Final = (
    ("table", "text"),
    ("stream", "text"),
    ("sequence", "bigint"),
    ("recorded_at", "timestamptz"),
    ("previous_hash", "bytea"),
)


def _microseconds(text: str) -> bytes:
    number = INFINITE.get(text)
    if number is None:
        moment = datetime.fromisoformat(text)
        number = (moment.replace(tzinfo=moment.tzinfo or UTC) - EPOCH) // timedelta(microseconds=1)
    return number.to_bytes(8, "big", signed=True)


def _bytes(text: str) -> bytes:
    content = text.removeprefix("\\x")
    if not HEX.fullmatch(content):
        raise ValueError(f"{text[:40]!r} is not hexadecimal")
    return bytes.fromhex(content)


def _integer(width: int) -> Callable[[str], bytes]:
    return lambda text: int(text).to_bytes(width, "big", signed=True)


def _days(text: str) -> bytes:
    return (date.fromisoformat(text) - EPOCH.date()).days.to_bytes(4, "big", signed=True)


ENCODERS: Final[Mapping[str, Callable[[str], bytes]]] = {
    "text": str.encode,
    "numeric": str.encode,
    "boolean": TRUTH.__getitem__,
    "integer": _integer(4),
    "bigint": _integer(8),
    "double precision": lambda text: struct.pack(">d", float(text)),
    "date": _days,
    "timestamp": _microseconds,
    "timestamptz": _microseconds,
    "bytea": _bytes,
}
