"""A log in a folder that entries are appended to: bundles of entries, tiles, and from them the next root.

What belongs to a signed size is never written again. Files beyond it are put there whole before the checkpoint that
needs them is signed, and put there again if that was cut short.
"""

import os
from collections.abc import Iterable
from itertools import count
from pathlib import Path

from framework.ledger.files import sync
from framework.ledger.merkle import HASH_BYTES, complete_root, leaf_hash, tree_root
from framework.ledger.notes import Checkpoint
from framework.ledger.tiles import (
    WIDTH,
    Folder,
    bundled,
    read_tile,
    split_bundle,
    subtrees_of,
    tile_path,
)


def grown(folder: Path, last: Checkpoint, entries: Iterable[bytes]) -> Checkpoint:
    """Append `entries` to the log in `folder`, which ends with `last`; the checkpoint to be signed then."""
    growth = _Growth(folder, last.size)
    for entry in entries:
        growth.append(entry)
    growth.finish()
    size = last.size + growth.appended
    return Checkpoint(last.origin, size, tree_root(subtrees_of(Folder(folder), size), size))


class _Growth:
    """The partial tiles at the right edge, filled up."""

    def __init__(self, folder: Path, size: int) -> None:
        self.appended = 0
        self._folder = folder
        self._size = size
        self._entries: list[bytes] = []
        self._levels: list[list[bytes]] = []
        self._written: list[Path] = []
        files = Folder(folder)
        number, width = divmod(size, WIDTH)
        if width:
            bundle = read_tile(files, "entries", number, width)
            self._entries = split_bundle(bundle, width, name=tile_path("entries", number, width))
        for level in count():
            at_level = size >> 8 * level
            if not at_level:
                break
            number, width = divmod(at_level, WIDTH)
            tile = read_tile(files, level, number, width) if width else b""
            self._levels.append([tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)])

    def append(self, entry: bytes) -> None:
        self._entries.append(entry)
        self.appended += 1
        if len(self._entries) == WIDTH:
            self._write("entries", (self._size + self.appended) // WIDTH - 1, bundled(self._entries))
            self._entries = []
        self._rise(0, leaf_hash(entry))

    def _rise(self, level: int, root: bytes) -> None:
        if level == len(self._levels):
            self._levels.append([])
        hashes = self._levels[level]
        hashes.append(root)
        if len(hashes) == WIDTH:
            self._write(level, ((self._size + self.appended) >> 8 * (level + 1)) - 1, b"".join(hashes))
            self._levels[level] = []
            self._rise(level + 1, complete_root(hashes))

    def finish(self) -> None:
        """Write the partial tiles, and have all of it on the disk."""
        size = self._size + self.appended
        if self._entries:
            self._write("entries", size // WIDTH, bundled(self._entries), width=len(self._entries))
        for level, hashes in enumerate(self._levels):
            if hashes:
                number = (size >> 8 * level) // WIDTH
                self._write(level, number, b"".join(hashes), width=len(hashes))
        for path in self._written:
            _on_disk(path)
        for parent in {path.parent for path in self._written}:
            sync(parent)

    def _write(self, level: int | str, number: int, content: bytes, *, width: int = WIDTH) -> None:
        path = self._folder / tile_path(level, number, width)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}")
        unfinished.write_bytes(content)
        unfinished.rename(path)
        self._written.append(path)


def _on_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
