"""A local cache of what was read: files of bars by content hash, and which question each of them answers.

The record stays in PostgreSQL. A question names the rows that its answer rests on, by their hashes, so that an answer
can never be older than the record; and a file that does not hold what its name says is thrown away.
"""

import contextlib
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile

from framework.data import snapshot
from framework.data.bars import Bars
from framework.errors import DataError

SMALLEST = 200_000  # bars: below, reading from the record is as quick
LARGEST_BYTES = 4_000_000_000


class Cache:
    """Bars in a folder.

    Parameters
    ----------
    folder : Path, optional
        None caches nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def get(self, question: object, read: Callable[[], Bars]) -> Bars:
        """The answer to `question`, from the folder or else from `read`, whose answer is then kept if it is large.

        A folder that cannot be written to, or a full disk, costs time and nothing else.
        """
        if self._folder is None:
            return read()
        answers = self._folder / f"{_hash(question)}.answer"
        with contextlib.suppress(OSError, UnicodeDecodeError, DataError):
            return self._kept(answers.read_text("ascii"))
        bars = read()
        if len(bars) * len(bars.symbols) >= SMALLEST:
            with contextlib.suppress(OSError):
                self._keep(bars, answers)
        return bars

    def _kept(self, content_hash: str) -> Bars:
        if self._folder is None or len(content_hash) != 64 or not content_hash.isalnum():
            raise DataError("An answer names no snapshot.", "It is a content hash.", "It is read anew.")
        path = self._folder / f"{content_hash}.bars"
        try:
            bars = snapshot.read(path)
        except DataError:
            path.unlink(missing_ok=True)
            raise
        if bars.content_hash != content_hash:
            path.unlink(missing_ok=True)
            raise DataError(
                f"{path.name} holds other bars.", "A file is named by its hash.", "It is read anew."
            )
        return bars

    def _keep(self, bars: Bars, answers: Path) -> None:
        path = answers.parent / f"{bars.content_hash}.bars"
        if not path.exists():
            snapshot.write(bars, path)
        with NamedTemporaryFile("w", dir=answers.parent, prefix=".writing-", delete=False) as file:
            file.write(bars.content_hash)
        Path(file.name).replace(answers)
        self._make_room(path)

    def _make_room(self, newest: Path) -> None:
        files = sorted(newest.parent.glob("*.bars"), key=lambda path: path.stat().st_mtime, reverse=True)
        taken = 0
        for path in files:
            taken += path.stat().st_size
            if taken > LARGEST_BYTES and path != newest:
                path.unlink(missing_ok=True)


def _hash(question: object) -> str:
    return hashlib.sha256(json.dumps(question, sort_keys=True).encode()).hexdigest()
