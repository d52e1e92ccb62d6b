"""A bundle held to what its log has signed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Table

from framework.errors import Edited, LogDamaged
from framework.ledger import framing
from framework.ledger.bundle import Bundle, BundledRow, malformed
from framework.ledger.canonical import kind_of, own_columns
from framework.ledger.digest import BLOCK, decoded, resumed
from framework.ledger.framing import Typed
from framework.ledger.merkle import leaf_hash
from framework.ledger.notes import VerifierKey
from framework.ledger.schema import METADATA
from framework.ledger.shared_proof import shared_root
from framework.ledger.tiles import Entry
from framework.ledger.witness import Sighting, sighted

TABLES: Final = {table.name: table for table in METADATA.sorted_tables}
SHORTENED: Final = {"backtest_results": "positions_last"}
"""Tables whose rows are too long, and the first payload column that is in a bundle if those before it are skipped."""


@dataclass(frozen=True)
class ProvenRow:
    """A row that the log has signed, with the values of it that were in the bundle, by column."""

    table: str
    strategy: str
    sequence: int
    values: Mapping[str, str | None]


@dataclass(frozen=True)
class Proven:
    """What a bundle has proven: rows of a log, under the signature of one of its keys."""

    page: str
    rows: tuple[ProvenRow, ...]
    sighting: Sighting


def prove(bundle: Bundle, *, pins: tuple[VerifierKey, ...] = ()) -> Proven:
    """Hash each row anew, follow the proof to the root, and check the signature of the root.

    Parameters
    ----------
    pins : tuple of VerifierKey
        Keys that the reader trusts: one of them must be the log's. Without one, the bundle's own key is believed.

    Raises
    ------
    Edited
        A row does not hash to what the bundle says.
    LogDamaged
        The rows are whole, and yet not what was signed; or a signature does not hold, or the key is another.
    NotVerified
        A part cannot be read.
    """
    if not bundle.rows:
        raise malformed("it has no row")
    hashes = {(row.stream, row.sequence): row.row_hash for row in bundle.rows}
    if len({row.leaf for row in bundle.rows}) < len(bundle.rows) or len(hashes) < len(bundle.rows):
        raise malformed("a row or a place in the log is there twice")
    rows = tuple(_proven(row, hashes) for row in bundle.rows)
    shown = sighted(_Own(bundle), pins=pins)
    leaves = {row.leaf: leaf_hash(_entry(row)) for row in bundle.rows}
    root = shared_root(leaves, shown.checkpoint.size, [bytes.fromhex(node) for node in bundle.proof])
    if root != shown.checkpoint.root:
        raise LogDamaged(
            "Rows and proof of the bundle lead to another root than the checkpoint signs.",
            "Each row is in the log at the place that the bundle says, and the proof shows it.",
            "Fetch the page again; if it stays, rows or proof were changed after the signature: keep them as evidence.",
        )
    return Proven(bundle.page, rows, shown)


class _Own:
    """The log's files that a bundle carries."""

    def __init__(self, bundle: Bundle) -> None:
        self._files = {f"keys/{number}": note.encode() for number, note in enumerate(bundle.keys)}
        self._files["checkpoint"] = bundle.checkpoint.encode()

    def __str__(self) -> str:
        return "the bundle"

    def read(self, path: str) -> bytes | None:
        """The file at `path`, or None if it is not carried."""
        return self._files.get(path)


def _proven(row: BundledRow, hashes: Mapping[tuple[str, int], str]) -> ProvenRow:
    table = TABLES.get(row.table)
    if table is None:
        raise malformed(f"there is no table {row.table[:60]!r}")
    previous = row.previous_hash or hashes.get((row.stream, row.sequence - 1))
    if previous is None or row.sequence < 1:
        raise malformed(f"{row} does not say the hash of the row before it")
    public, payload = typed(table)
    try:
        found = _hashed(row, previous, public, payload)
    except ValueError as error:
        raise malformed(f"{row}: {error}") from error
    if found.hex() != row.row_hash:
        raise Edited(
            f"{row}, is not the row that was recorded: it hashes to another value than the bundle says.",
            "A row's hash covers its place, its time and every value in it.",
            "Fetch the page again; if it stays, keep it as evidence: openbook verify says what the record has.",
        )
    names = [name for name, _ in (payload if row.payload_hash is None else public)]
    shown = dict(zip(names[-len(row.values) :], row.values, strict=True))
    return ProvenRow(row.table, row.name, row.sequence, shown)


def typed(table: Table) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Name and type of the public columns of a record table, and of those of its payload."""
    public, payload = own_columns(table)
    return [(c.name, kind_of(c)) for c in public], [(c.name, kind_of(c)) for c in payload]


def _hashed(
    row: BundledRow, previous: str, public: Sequence[tuple[str, str]], payload: Sequence[tuple[str, str]]
) -> bytes:
    """The row's hash, from what the bundle has of it."""
    shown: list[Typed] = []
    if row.payload_hash is not None:
        shown = _paired(public, row.values)
        content = bytes.fromhex(row.payload_hash)
    elif public:
        raise ValueError(f"the payload of a row of {row.table} is left out")
    elif row.skipped is not None:
        content = _resumed(row, payload)
    else:
        content = framing.payload_hash(_paired(payload, row.values))
    place = {
        "table": row.table,
        "stream": row.stream,
        "sequence": str(row.sequence),
        "recorded_at": row.recorded_at,
        "previous_hash": previous,
    }
    return framing.row_hash(place, content, shown)


def _resumed(row: BundledRow, payload: Sequence[tuple[str, str]]) -> bytes:
    """The hash of a payload of which only the last columns are there.

    The column before them is text, in which no byte is zero, and a length below 16 MiB begins with one: so where the
    first value begins, one began that was hashed; and which one it is, the number of those behind it says.
    """
    assert row.skipped is not None  # noqa: S101 - asked for where there is one
    rest = bytes.fromhex(row.skipped.rest)
    names = [name for name, _ in payload]
    count = len(names) - names.index(SHORTENED[row.table]) if row.table in SHORTENED else 0
    if count != len(row.values) or row.values[0] is None or not rest or 0 in rest:
        raise ValueError("it does not say where its first value begins")
    if row.skipped.length < BLOCK or row.skipped.length % BLOCK:
        raise ValueError("what it skips does not end with a block")
    values = framing.framed_all(_paired(payload[-count:], row.values))
    state = decoded(bytes.fromhex(row.skipped.state))
    return resumed(state, hashed=row.skipped.length, rest=rest + values)


def _paired(columns: Sequence[tuple[str, str]], values: Sequence[str | None]) -> list[Typed]:
    if len(columns) != len(values):
        raise ValueError(f"it has {len(values)} values for {len(columns)} columns")
    return [(kind, value) for (_, kind), value in zip(columns, values, strict=True)]


def _entry(row: BundledRow) -> bytes:
    return Entry(bytes.fromhex(row.row_hash), row.sequence, row.stream.encode()).encoded()
