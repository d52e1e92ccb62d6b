"""A second implementation of the canonical form and of the log, written from docs/record.md alone.

It takes values as a dump has them, as text or None, and shares no line with the first.
"""

import base64
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


def rotated(word: int, by: int) -> int:
    return (word >> by | word << 32 - by) & 0xFFFFFFFF


def root_digits(power: int, count: int) -> list[int]:
    """The first 32 bits behind the point of the square (2) or cube (3) roots of the first primes."""
    primes = [n for n in range(2, 400) if all(n % d for d in range(2, n))][:count]
    roots = []
    for prime in primes:
        wanted, low, high = prime << 32 * power, 0, 1 << 40
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if middle**power <= wanted else (low, middle - 1)
        roots.append(low & 0xFFFFFFFF)
    return roots


def state_after(content: bytes) -> bytes:
    """FIPS 180-4, section 6.2.2, step by step: the state of SHA-256 after whole blocks, without padding."""
    state, constants = root_digits(2, 8), root_digits(3, 64)
    for at in range(0, len(content), 64):
        w = list(struct.unpack(">16I", content[at : at + 64]))
        for t in range(16, 64):
            small_0 = rotated(w[t - 15], 7) ^ rotated(w[t - 15], 18) ^ w[t - 15] >> 3
            small_1 = rotated(w[t - 2], 17) ^ rotated(w[t - 2], 19) ^ w[t - 2] >> 10
            w.append((small_1 + w[t - 7] + small_0 + w[t - 16]) % 2**32)
        a, b, c, d, e, f, g, h = state
        for t in range(64):
            large_1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
            t1 = h + large_1 + ((e & f) ^ (~e & g)) + constants[t] + w[t]
            large_0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
            t2 = large_0 + ((a & b) ^ (a & c) ^ (b & c))
            a, b, c, d, e, f, g, h = (t1 + t2) % 2**32, a, b, c, (d + t1) % 2**32, e, f, g
        state = [(x + y) % 2**32 for x, y in zip(state, (a, b, c, d, e, f, g, h), strict=True)]
    return struct.pack(">8I", *state)


def nodes_beside(entries: list[bytes], wanted: set[int], start: int = 0) -> list[bytes]:
    """docs/bundle.md: the root of each largest subtree without a wanted leaf, left before right."""
    if not wanted & {*range(start, start + len(entries))}:
        return [root_of(entries)]
    if len(entries) == 1:
        return []
    split = 1
    while split * 2 < len(entries):
        split *= 2
    left, right = entries[:split], entries[split:]
    return nodes_beside(left, wanted, start) + nodes_beside(right, wanted, start + split)


def bundle_of(vectors: dict, judged: dict, sign) -> dict:
    """The bundle of docs/bundle.md: rows of `demo` that a strategy's page shows, the last one a backtest.

    The log is that of `vectors`, then the backtest `judged`, then its last time again; `sign` signs a text as a note.
    """
    rows, log = [*vectors["rows"], judged], vectors["log"]
    entries = [bytes.fromhex(entry) for entry in log["entries"]]
    entries += [row_entry(judged), entries[-1]]
    told: dict[str, list] = {}
    wanted = set()
    for leaf, row in zip([*range(5), *range(6, 10), 11], rows, strict=True):
        if not row["stream"].endswith(":demo") or row["table"] == "trials":
            continue
        wanted.add(leaf)
        values = [value for *_, value in row["columns"]]
        second_night = row["table"] == "portfolio_worth" and row["sequence"] == 2
        previous = None if second_night else row["previous_hash"]
        one = [row["sequence"], row["recorded_at"], previous, row["row_hash"], leaf]
        if row["public"]:
            one += [values[: len(row["public"])], {"payload_hash": row["payload_hash"]}]
        elif row["table"] == "backtest_results":
            at = [name for name, *_ in row["columns"]].index("positions_last")
            head = payload_of(row["columns"][:at], [])
            length = (len(head) - 1) // 64 * 64
            state = state_after(head[:length]).hex()
            one += [values[at:], {"skipped": length, "state": state, "rest": head[length:].hex()}]
        else:
            one += [values]
        told.setdefault(row["stream"], []).append(one)
    root = base64.b64encode(root_of(entries)).decode()
    return {
        "format": "openbook-bundle/1",
        "page": "strategies/demo/",
        "checkpoint": sign(f"log.example/record\n{len(entries)}\n{root}\n"),
        "keys": [f"{log['verifier_key']}\n"],
        "proof": [node.hex() for node in nodes_beside(entries, wanted)],
        "rows": told,
    }
