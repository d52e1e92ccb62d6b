"""A published log read whole and held to its signed checkpoint; then, what it says of every row.

Memory is flat in the number of rows: the hashes of rows wait in a temporary file, 32 bytes each; in memory are only the
runs of neighbouring rows of a stream, of which each checkpoint adds as many as streams had grown.
"""

import tempfile
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, NamedTuple, Self

from framework.ledger.merkle import HASH_BYTES
from framework.ledger.notes import Checkpoint
from framework.ledger.tiles import ENTRY, TIME, WIDTH, Files, read_tile, split_bundle, tile_path, tiles_of
from framework.ledger.tree import Tree, damaged

NO_FLOOR = -(2**63)
BLOCK = 4_096  # hashes that are read at once


class Run(NamedTuple):
    """Neighbouring rows of a stream that are neighbours in the log too.

    Parameters
    ----------
    start : int
        Where in the log the first is.
    sequence : int
        Of the first.
    rows : int
        How many.
    floor : int
        Microseconds since 2000-01-01T00:00Z: none was recorded before that.
    """

    start: int
    sequence: int
    rows: int
    floor: int


class Audit:
    """What a log whose tiles, entries and checkpoint agree says of every row. Close it, or use it in a ``with`` block.

    Attributes
    ----------
    checkpoint : Checkpoint
        The newest one, to which everything was held.
    streams : dict of bytes to list of Run
        Every stream in the log, its rows in order.
    times : list of (int, int)
        Entries before each time in the log, and that time.
    roots : dict of int to bytes
        Roots of the earlier sizes that were asked for.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.streams: dict[bytes, list[Run]] = defaultdict(list)
        self.times: list[tuple[int, int]] = []
        self.roots: dict[int, bytes] = {}
        self._hashes: IO[bytes] = tempfile.TemporaryFile(buffering=1 << 16)  # noqa: SIM115 - closed by close

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the temporary file."""
        self._hashes.close()

    @property
    def floor(self) -> int:
        """No row that is not in the log yet was recorded before this time."""
        return self.times[-1][1] if self.times else NO_FLOOR

    @property
    def rows(self) -> int:
        """Rows in the log: its entries without the times."""
        return self.checkpoint.size - len(self.times)

    def count(self, stream: bytes) -> int:
        """How many rows of `stream` are in the log: those with the sequences 1 to this."""
        runs = self.streams.get(stream)
        return runs[-1].sequence + runs[-1].rows - 1 if runs else 0

    def note(self, index: int, entries: Sequence[bytes], files: Files) -> None:
        """Take up the entries from `index` on."""
        self._hashes.write(b"".join([entry[:HASH_BYTES] for entry in entries]))
        at = 0
        while at < len(entries):
            at += self._note_run(index + at, entries[at:], files)

    def _note_run(self, index: int, entries: Sequence[bytes], files: Files) -> int:
        if len(entries[0]) < ENTRY.size:
            raise damaged(files, f"entry {index:,} has {len(entries[0])} bytes", "Hash and number have 40.")
        known, number = ENTRY.unpack_from(entries[0])
        stream = entries[0][ENTRY.size :]
        if not stream:
            if known != TIME or number < self.floor:
                raise damaged(files, f"entry {index:,} is no later time", "Times go forward.")
            self.times.append((index, number))
            return 1
        if number != self.count(stream) + 1:
            name = stream.decode("utf-8", "replace")
            raise damaged(
                files,
                f"entry {index:,} is row {number} of {name}",
                f"After it has come row {self.count(stream)}.",
            )
        count = 1
        while (
            count < len(entries)
            and entries[count][HASH_BYTES:] == (number + count).to_bytes(8, "big") + stream
        ):
            count += 1
        self._extend(stream, Run(index, number, count, self.floor))
        return count

    def _extend(self, stream: bytes, run: Run) -> None:
        runs = self.streams[stream]
        if runs and runs[-1].start + runs[-1].rows == run.start:
            runs[-1] = runs[-1]._replace(rows=runs[-1].rows + run.rows)
        else:
            runs.append(run)

    def logged(self, stream: bytes) -> Iterator[tuple[bytes, int]]:
        """Hash and floor of each row of `stream`, from sequence 1 on."""
        for run in self.streams.get(stream, ()):
            for first in range(0, run.rows, BLOCK):
                count = min(BLOCK, run.rows - first)
                self._hashes.seek(HASH_BYTES * (run.start + first))
                block = self._hashes.read(HASH_BYTES * count)
                for at in range(0, len(block), HASH_BYTES):
                    yield block[at : at + HASH_BYTES], run.floor

    def place_of(self, stream: bytes, sequence: int) -> int:
        """Where in the log the row `sequence` of `stream` is, which is in it."""
        runs = self.streams[stream]
        run = runs[bisect_right(runs, sequence, key=lambda run: run.sequence) - 1]
        return run.start + sequence - run.sequence

    def hash_of(self, stream: bytes, sequence: int) -> bytes:
        """The hash that the log has for the row `sequence` of `stream`, which is in it."""
        self._hashes.seek(HASH_BYTES * self.place_of(stream, sequence))
        return self._hashes.read(HASH_BYTES)

    def sequence_of(self, stream: bytes, row_hash: bytes) -> int | None:
        """Which row of `stream` has this hash in the log, or None."""
        found = (
            number for number, (known, _) in enumerate(self.logged(stream), start=1) if known == row_hash
        )
        return next(found, None)

    def counts_at(self, size: int) -> dict[bytes, int]:
        """Rows of each stream among the first `size` entries."""
        ends = {
            stream: max((run.sequence + run.rows - 1 for run in runs if run.start < size), default=0)
            for stream, runs in self.streams.items()
        }
        return {stream: end for stream, end in ends.items() if end}


def audit(
    files: Files,
    checkpoint: Checkpoint,
    *,
    sizes: Iterable[int] = (),
    advance: Callable[[int], object] = lambda _: None,
) -> Audit:
    """Read a log whole and hold entries, tiles and root to each other and to `checkpoint`, whose signature is checked.

    Parameters
    ----------
    sizes : iterable of int
        Earlier sizes whose roots will be asked for.
    advance : callable of int
        Told how many more entries were read.

    Raises
    ------
    LogDamaged
        Something is missing or contradicts the rest; the file and the entry are named.
    NotVerified
        A file cannot be read.
    """
    found = Audit(checkpoint)
    tree = Tree(files, checkpoint.size, sorted(sizes))
    try:
        for number, width in tiles_of(0, checkpoint.size):
            bundle = read_tile(files, "entries", number, width)
            entries = split_bundle(bundle, width, name=tile_path("entries", number, width))
            tree.grow(number, entries)
            found.note(number * WIDTH, entries, files)
            advance(width)
        tree.finish(checkpoint.root)
    except BaseException:
        found.close()
        raise
    found.roots = tree.roots
    return found
