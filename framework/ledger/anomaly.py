"""What was done to a stream, told from where it departs from its chain and from the log."""

from dataclasses import dataclass, field

from framework.errors import BackDated, Deleted, Edited, NotVerified, Reordered, Rewritten, Truncated
from framework.ledger.audit import NO_FLOOR, Audit
from framework.ledger.canonical import Row
from framework.ledger.merkle import HASH_BYTES

KEPT = 10_000  # rows of a kind that are remembered: enough to tell kinds apart, and memory stays flat

REMEDIES = {
    Edited: "Restore the row from a backup that verifies, and find out who could write to the table.",
    Deleted: "Restore the rows from a backup that verifies, and find out who could delete them.",
    Reordered: "Restore the stream from a backup that verifies, and find out who could write to the table.",
    BackDated: "Do not rely on this row: it was put there later than it says.",
    Truncated: "Restore a newer backup, one that reaches at least as far as the checkpoint.",
    Rewritten: "Rely on nothing in this stream from this row on, and restore a backup that verifies.",
}


@dataclass(frozen=True)
class Finding:
    """One thing that does not verify.

    Parameters
    ----------
    kind : type of NotVerified
        What was done.
    stream : str
        Where.
    sequence : int
        The first row that it was done to.
    said : str
        How it shows.
    """

    kind: type[NotVerified]
    stream: str
    sequence: int
    said: str

    def error(self, limit: str) -> NotVerified:
        """As an error; `limit` names the checkpoint."""
        what = f"{self.stream}, row {self.sequence:,}: {self.said}."
        return self.kind(what, limit, REMEDIES[self.kind])


@dataclass
class Case:
    """How far a stream was followed, and how it departs from its chain and from the log.

    Parameters
    ----------
    stream : bytes
    audit : Audit
        What the log says.
    expected : int
        The sequence that comes next.
    before : bytes
        Hash of the row before.
    latest : int
        When that was recorded.
    """

    stream: bytes
    audit: Audit
    expected: int = 1
    before: bytes = bytes(HASH_BYTES)
    latest: int = NO_FLOOR
    edited: list[int] = field(default_factory=list)
    moved: dict[int, int] = field(default_factory=dict)  # place -> where the log has that row
    missing: list[tuple[int, int]] = field(default_factory=list)
    strange: list[int] = field(default_factory=list)  # whole in themselves, and not those of the log
    returned: bool = False  # a row as logged follows a strange one
    doubled: list[int] = field(default_factory=list)
    unlinked: list[int] = field(default_factory=list)
    early: list[int] = field(default_factory=list)

    def continued_by(self, row: Row) -> bool:
        """Whether the row is sound and comes next, behind the last one and no earlier."""
        return (
            row.sound
            and row.sequence == self.expected
            and row.previous_hash == self.before
            and row.recorded_at >= self.latest
        )

    def advance(self, row: Row) -> None:
        """Expect the row that follows this one."""
        self.expected, self.before, self.latest = row.sequence + 1, row.row_hash, row.recorded_at

    def add(self, row: Row, floor: int) -> None:
        """Take up a row that is not as expected, or comes behind one that was not."""
        if row.sequence > self.expected:
            _keep(self.missing, (self.expected, row.sequence - 1))
        elif row.sequence < self.expected:
            _keep(self.doubled, row.sequence)
        logged = row.sequence <= self.audit.count(self.stream) and row.sequence > 0
        known = self.audit.hash_of(self.stream, row.sequence) if logged else None
        if not row.sound:
            self._unsound(row, known)
        elif known is None:
            self._beyond(row, floor)
        elif known != row.row_hash:
            _keep(self.strange, row.sequence)
        else:
            self.returned = self.returned or bool(self.strange)
            if row.recorded_at < max(self.latest, floor):
                _keep(self.early, row.sequence)

    def _unsound(self, row: Row, known: bytes | None) -> None:
        origin = None
        if known != row.row_hash and len(self.moved) < KEPT:
            origin = self.audit.sequence_of(self.stream, row.row_hash)
        if origin is None:
            _keep(self.edited, row.sequence)
        else:
            self.moved[row.sequence] = origin

    def _beyond(self, row: Row, floor: int) -> None:
        if row.recorded_at < max(self.latest, floor):
            _keep(self.early, row.sequence)
        elif row.previous_hash != self.before and row.sequence == self.expected:
            _keep(self.unlinked, row.sequence)

    def finding(self) -> Finding | None:
        """What it was."""
        for judge in (self._moved, self._changed, self._gone, self._strange, self._late):
            found = judge()
            if found is not None:
                kind, sequence, said = found
                return Finding(kind, self.stream.decode("utf-8", "replace"), sequence, said)
        return None

    def _moved(self) -> tuple[type[NotVerified], int, str] | None:
        if not self.moved:
            return None
        place = min(self.moved)
        origin = self.moved[place]
        if origin == place - 1 and origin in self.strange + self.edited:
            return BackDated, origin, "it was put in later, and the rows behind it were renumbered"
        if place in self.moved.values():
            return Reordered, place, f"in its place stands the row that was recorded as number {origin:,}"
        return (
            Deleted,
            place,
            f"it is gone, and in its place stands the row that was recorded as number {origin:,}",
        )

    def _changed(self) -> tuple[type[NotVerified], int, str] | None:
        if self.edited:
            return Edited, self.edited[0], "its content does not hash to what was recorded"
        if self.strange and self.returned:
            said = (
                "content and hash were changed, and the row behind it still follows the one that was recorded"
            )
            return Edited, self.strange[0], said
        if self.unlinked:
            said = f"row {self.unlinked[0]:,} was recorded behind another one than this"
            return Edited, max(self.unlinked[0] - 1, 1), said
        return None

    def _gone(self) -> tuple[type[NotVerified], int, str] | None:
        if self.missing:
            first, last = self.missing[0]
            which = f"rows {first:,} to {last:,} are missing" if last > first else "it is missing"
            return Deleted, first, f"{which}, and the stream goes on behind"
        return None

    def _strange(self) -> tuple[type[NotVerified], int, str] | None:
        if self.doubled:
            return BackDated, self.doubled[0], "two rows say that they are this one"
        if self.strange:
            return (
                Rewritten,
                self.strange[0],
                "from here on the chain is whole, but it is not the one that was signed",
            )
        return None

    def _late(self) -> tuple[type[NotVerified], int, str] | None:
        if self.early:
            return BackDated, self.early[0], "it says it was recorded before rows that were there before it"
        rows = self.audit.count(self.stream)
        if self.expected <= rows:
            said = f"the stream ends here; {rows - self.expected + 1:,} rows that were signed are missing"
            return Truncated, self.expected, said
        return None


def _keep[T](among: list[T], one: T) -> None:
    if len(among) < KEPT:
        among.append(one)
