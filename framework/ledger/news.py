"""What is new in the record since a checkpoint, as entries of the log, after each new row was checked."""

import tempfile
from collections.abc import Iterator
from contextlib import closing
from typing import IO, Self

from sqlalchemy import Connection, Table

from framework.errors import LedgerError
from framework.ledger.anomaly import Case
from framework.ledger.audit import NO_FLOOR, Audit
from framework.ledger.door import Door
from framework.ledger.horizon import PATIENCE_SECONDS, horizon
from framework.ledger.schema import METADATA
from framework.ledger.snapshot import exists, rows_from, snapshot, streams
from framework.ledger.tiles import TIME, Entry
from framework.ledger.verify import verify


class News:
    """The rows that are not in the log yet, in the order in which they enter it, and behind them a time.

    Use it in a ``with`` block. They wait in a temporary file, so that memory does not grow with their number.

    Parameters
    ----------
    door : Door
        The record.
    before : Audit
        The log so far. Of each stream the last row that is in the log must still be as it was, and what is new must
        continue from there.
    patience_seconds : float
        How long to wait for transactions that write, so that a later time can be given than last.

    Attributes
    ----------
    rows : int
        How many are new.

    Raises
    ------
    NotVerified
        Of the kind that was done to the record.
    """

    def __init__(self, door: Door, before: Audit, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self.rows = 0
        self._before = before
        self._spool: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        try:
            moment = horizon(door, patience_seconds=patience_seconds)
            self._time = max(before.floor, NO_FLOOR if moment is None else moment)
            self._collect(door)
        except BaseException:
            self._spool.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._spool.close()

    def entries(self) -> Iterator[bytes]:
        """The entries, encoded."""
        self._spool.seek(0)
        while length := self._spool.read(2):
            yield self._spool.read(int.from_bytes(length, "big"))
        yield Entry(TIME, self._time, b"").encoded()

    def _collect(self, door: Door) -> None:
        with snapshot(door) as connection:
            tables = [table for table in METADATA.sorted_tables if exists(connection, table)]
            places = [(table, stream) for table in tables for stream in sorted(streams(connection, table))]
            gone = self._before.streams.keys() - {stream for _, stream in places}
            continued = not gone and all(
                self._continued(connection, table, stream) for table, stream in places
            )
        if not continued:
            raise _departure(door, self._before)

    def _continued(self, connection: Connection, table: Table, stream: bytes) -> bool:
        """Whether the stream goes on from its last row in the log; what is new is kept."""
        count = self._before.count(stream)
        with closing(rows_from(connection, table, stream, max(count, 1))) as found:
            case = Case(stream, self._before, latest=self._before.floor)
            if count:
                head = next(found, None)
                if head is None or not head.sound or head.row_hash != self._before.hash_of(stream, count):
                    return False
                case = Case(
                    stream, self._before, count + 1, head.row_hash, max(head.recorded_at, self._before.floor)
                )
            for row in found:
                if not case.continued_by(row):
                    return False
                case.advance(row)
                entry = Entry(row.row_hash, row.sequence, stream).encoded()
                self._spool.write(len(entry).to_bytes(2, "big") + entry)
                self.rows += 1
        return True


def _departure(door: Door, before: Audit) -> LedgerError:
    verify(door, before).check()
    return LedgerError(
        "The record does not continue what was signed, and yet all that was signed is there.",
        "Rows are written by the server alone, each stream one row behind the other.",
        "Run it again: somebody may have changed the record meanwhile.",
    )
