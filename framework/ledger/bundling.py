"""Bundles made of the record and of the log that covers it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from sqlalchemy import Table, Text, cast, select, text

from framework.errors import Edited, NotVerified
from framework.ledger import framing
from framework.ledger.audit import audit
from framework.ledger.bundle import LARGEST, Bundle, BundledRow, Skipped
from framework.ledger.digest import BLOCK, START, absorbed, encoded
from framework.ledger.door import Door
from framework.ledger.dump import SETTINGS
from framework.ledger.keys import published
from framework.ledger.schema import METADATA, PUBLIC
from framework.ledger.shared_proof import shared_proof
from framework.ledger.tiles import Files, subtrees_of
from framework.ledger.unbundle import SHORTENED, typed
from framework.ledger.witness import sighted

LONG: Final = 4_096  # bytes of a payload above which its first columns are skipped where they can be


@dataclass(frozen=True)
class Made:
    """A bundle, and how many of the rows that were wanted it does not hold: too many, or not signed yet."""

    bundle: Bundle
    left_out: int
    unsigned: int


class Bundler:
    """Rows of a record, looked up in its signed log. Close it, or use it in a ``with`` block.

    Parameters
    ----------
    door : Door
        The record.
    files : Files
        The log as it is published. All of it is read once, and held to its checkpoint.

    Raises
    ------
    NotVerified, LogDamaged
        The log contradicts itself or its signature.
    """

    def __init__(self, door: Door, files: Files) -> None:
        self._door = door
        self._checkpoint = sighted(files).checkpoint
        keys = [files.read(f"keys/{number}") for number in range(len(published(files)))]
        self._keys = tuple(key.decode() for key in keys if key is not None)
        self._note = (files.read("checkpoint") or b"").decode()
        self._subtrees = subtrees_of(files, self._checkpoint.size)
        self._log = audit(files, self._checkpoint)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._log.close()

    def rows(
        self,
        stream: str,
        *,
        where: Mapping[str, Collection[str]] | None = None,
        newest: int | None = None,
    ) -> list[BundledRow]:
        """Rows of a stream, the newest first, each with its place in the log, or -1 where it is not signed yet.

        Parameters
        ----------
        where : mapping of str to collection of str, optional
            Columns, and the values that one of them must have.
        newest : int, optional
            How many at most.

        Raises
        ------
        Edited
            The record has another row than the log.
        """
        table = METADATA.tables[f"public.{stream.partition(':')[0]}"]
        public, payload = typed(table)
        shown = [name for name, _ in public or payload]
        chain = [table.c.sequence, cast(table.c.recorded_at, Text), *(table.c[name] for name in HASHES)]
        query = select(*chain, *(cast(table.c[name], Text) for name in shown)).where(table.c.stream == stream)
        for name, values in (where or {}).items():
            query = query.where(cast(table.c[name], Text).in_(values))
        with self._door.transaction() as connection:
            for setting in SETTINGS:
                connection.execute(text(setting))
            found = connection.execute(query.order_by(table.c.sequence.desc()).limit(newest)).all()
        return [self._row(table, stream, tuple(one)) for one in found]

    def bundle(self, page: str, rows: Sequence[BundledRow]) -> Made | None:
        """The bundle of a page with as many of `rows`, in order, as it may hold; None if none of them is signed."""
        signed = list({(row.stream, row.sequence): row for row in rows if row.leaf >= 0}.values())
        low, high = 0, len(signed)
        while low < high:
            middle = (low + high + 1) // 2
            fits = len(self._made(page, signed[:middle]).encoded()) <= LARGEST
            low, high = (middle, high) if fits else (low, middle - 1)
        if not low:
            return None
        unsigned = sum(row.leaf < 0 for row in rows)
        return Made(self._made(page, signed[:low]), len(signed) - low, unsigned)

    def _made(self, page: str, rows: Sequence[BundledRow]) -> Bundle:
        there = {(row.stream, row.sequence) for row in rows}
        short = [
            replace(row, previous_hash=None) if (row.stream, row.sequence - 1) in there else row
            for row in rows
        ]
        proof = shared_proof(self._subtrees, sorted(row.leaf for row in rows), self._checkpoint.size)
        return Bundle(
            page=page,
            rows=tuple(sorted(short, key=lambda row: row.leaf)),
            proof=tuple(node.hex() for node in proof),
            checkpoint=self._note,
            keys=self._keys,
        )

    def _row(self, table: Table, stream: str, found: tuple[object, ...]) -> BundledRow:
        sequence, recorded_at, previous, payload_hash, row_hash = found[: 2 + len(HASHES)]
        values = found[2 + len(HASHES) :]
        assert isinstance(sequence, int)  # noqa: S101 - a bigint
        row = BundledRow(
            stream=stream,
            sequence=sequence,
            recorded_at=str(recorded_at),
            previous_hash=_hex(previous),
            row_hash=_hex(row_hash),
            leaf=self._leaf(stream, sequence, _hex(row_hash)),
            values=tuple(None if value is None else str(value) for value in values),
            payload_hash=_hex(payload_hash) if table.name in PUBLIC else None,
        )
        return shortened(row, table) if table.name in SHORTENED else row

    def _leaf(self, stream: str, sequence: int, row_hash: str) -> int:
        if sequence > self._log.count(stream.encode()):
            return -1
        if self._log.hash_of(stream.encode(), sequence).hex() != row_hash:
            raise Edited(
                f"{stream}, row {sequence}, is another one in the log.",
                "A page shows rows that were signed as they are.",
                "Find out what was done to the record: openbook verify.",
            )
        return self._log.place_of(stream.encode(), sequence)


HASHES: Final = ("previous_hash", "payload_hash", "row_hash")


def shortened(row: BundledRow, table: Table) -> BundledRow:
    """The row without the payload columns that its table's are shortened by, if it is long and they end with text."""
    _, payload = typed(table)
    at = [name for name, _ in payload].index(SHORTENED[table.name])
    head = framing.framed_all(
        (kind, value) for (_, kind), value in zip(payload[:at], row.values, strict=False)
    )
    length = (len(head) - 1) // BLOCK * BLOCK
    rest = head[length:]
    if len(head) < LONG or 0 in rest or row.values[at] is None:
        return row
    state = encoded(absorbed(START, head[:length]))
    return replace(row, values=row.values[at:], skipped=Skipped(length, state.hex(), rest.hex()))


def _hex(value: object) -> str:
    if not isinstance(value, bytes | memoryview):
        raise NotVerified("A row has no hash.", "Every row has three.", "See what was done: openbook verify.")
    return bytes(value).hex()
