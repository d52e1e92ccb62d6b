"""A second implementation of the canonical form and of the log, written from docs/record.md alone.

It takes values as a dump has them, as text or None, and shares no line with the first.
"""

import hashlib
import struct
from datetime import UTC, date, datetime, timedelta

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
INFINITE = {"infinity": 2**63 - 1, "-infinity": -(2**63)}


def microseconds(text: str) -> int:
    if text in INFINITE:
        return INFINITE[text]
    moment = datetime.fromisoformat(text)
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - EPOCH) // timedelta(microseconds=1)


BYTES = {
    "text": lambda text: text.encode(),
    "numeric": lambda text: text.encode(),
    "boolean": lambda text: {"true": b"\1", "false": b"\0"}[text],
    "integer": lambda text: int(text).to_bytes(4, "big", signed=True),
    "bigint": lambda text: int(text).to_bytes(8, "big", signed=True),
    "double precision": lambda text: struct.pack(">d", float(text)),
    "date": lambda text: (date.fromisoformat(text) - EPOCH.date()).days.to_bytes(4, "big", signed=True),
    "timestamp": lambda text: microseconds(text).to_bytes(8, "big", signed=True),
    "timestamptz": lambda text: microseconds(text).to_bytes(8, "big", signed=True),
    "bytea": lambda text: bytes.fromhex(text.removeprefix("\\x")),
}


def framed(kind: str, text: str | None) -> bytes:
    if text is None:
        return b"\xff\xff\xff\xff"
    content = BYTES[kind](text)
    return len(content).to_bytes(4, "big") + content


def payload_of(columns: list, public: list) -> bytes:
    """`columns` are [name, type, text or None], in the table's order."""
    return b"".join(framed(kind, text) for name, kind, text in columns if name not in public)


def metadata_of(table: str, row: dict, columns: list, public: list, payload_hash: str) -> bytes:
    chain = [
        ("text", table),
        ("text", row["stream"]),
        ("bigint", str(row["sequence"])),
        ("timestamptz", row["recorded_at"]),
        ("bytea", row["previous_hash"]),
        ("bytea", payload_hash),
    ]
    own = [(kind, text) for name, kind, text in columns if name in public]
    return b"".join(framed(kind, text) for kind, text in chain + own)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def row_entry(row: dict) -> bytes:
    """The log's entry for a row."""
    return bytes.fromhex(row["row_hash"]) + row["sequence"].to_bytes(8, "big") + row["stream"].encode()


def time_entry(text: str) -> bytes:
    """The log's entry for a time."""
    return bytes(32) + microseconds(text).to_bytes(8, "big", signed=True)


def root_of(entries: list[bytes]) -> bytes:
    """RFC 6962, section 2.1."""
    if len(entries) == 1:
        return hashlib.sha256(b"\0" + entries[0]).digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return hashlib.sha256(b"\1" + root_of(entries[:split]) + root_of(entries[split:])).digest()
