"""The tree over a log's entries, rebuilt while they are read, and held to each tile that is served."""

from collections.abc import Sequence

from framework.errors import LogDamaged
from framework.ledger.merkle import HASH_BYTES, Frontier, complete_root, leaf_hash
from framework.ledger.tiles import WIDTH, Files, read_tile, tile_path


class Tree:
    """The tree over the entries, rebuilt while they are read, and held to each tile that is complete."""

    def __init__(self, files: Files, size: int, sizes: Sequence[int]) -> None:
        self.roots: dict[int, bytes] = {}
        self._files = files
        self._size = size
        self._sizes = sizes
        self._frontier = Frontier()
        self._above: list[
            list[bytes]
        ] = []  # of each level above 0, the hashes of a tile that is not complete yet

    def grow(self, number: int, entries: Sequence[bytes]) -> None:
        """Append bundle `number`, and hold it to its tile."""
        leaves = list(map(leaf_hash, entries))
        tile = read_tile(self._files, 0, number, len(leaves))
        if b"".join(leaves) != tile:
            raise self._contradiction(number, leaves, tile)
        self._keep_roots(leaves)
        if len(leaves) == WIDTH:
            root = complete_root(leaves)
            self._frontier.append(root, level=8)
            self._rise(1, root)
        else:
            for leaf in leaves:
                self._frontier.append(leaf)

    def finish(self, root: bytes) -> None:
        """Hold the last, partial tiles to what lies below them, and the whole to `root`."""
        for level, hashes in enumerate(self._above, start=1):
            if hashes:
                self._compare(level, hashes)
        if self._frontier.root() != root:
            raise damaged(
                self._files,
                f"the entries have another root than the checkpoint of {self._size:,} signs",
                "Entries and tiles agree with each other, so both were made anew, by somebody without the key.",
            )

    def _keep_roots(self, leaves: Sequence[bytes]) -> None:
        start = self._frontier.size
        for size in (size for size in self._sizes if start < size <= start + len(leaves)):
            partial = self._frontier.copy()
            for leaf in leaves[: size - start]:
                partial.append(leaf)
            self.roots[size] = partial.root()

    def _rise(self, level: int, root: bytes) -> None:
        if level > len(self._above):
            self._above.append([])
        hashes = self._above[level - 1]
        hashes.append(root)
        if len(hashes) == WIDTH:
            self._compare(level, hashes)
            self._above[level - 1] = []
            self._rise(level + 1, complete_root(hashes))

    def _compare(self, level: int, hashes: Sequence[bytes]) -> None:
        number = ((self._frontier.size >> 8 * level) - 1) // WIDTH
        if read_tile(self._files, level, number, len(hashes)) != b"".join(hashes):
            name = tile_path(level, number, len(hashes))
            raise damaged(
                self._files,
                f"{name} differs from the tiles below it",
                "A tile above holds the roots of those below.",
            )

    def _contradiction(self, number: int, leaves: Sequence[bytes], tile: bytes) -> LogDamaged:
        """Which of the two was changed: the tile above knows, or for the last one, the root."""
        hashes = [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]
        at = next(at for at, leaf in enumerate(leaves) if leaf != hashes[at])
        entries, tiles = tile_path("entries", number, len(leaves)), tile_path(0, number, len(leaves))
        which = f"{entries} was changed" if self._upheld(number, hashes) else f"{tiles} was changed"
        return damaged(
            self._files,
            f"entry {number * WIDTH + at:,} does not hash to what {tiles} has for it; {which}",
            "A tile of level 0 holds the hash of each entry.",
        )

    def _upheld(self, number: int, hashes: Sequence[bytes]) -> bool:
        if len(hashes) < WIDTH:
            return False
        above, at = divmod(number, WIDTH)
        width = min(WIDTH, (self._size >> 8) - above * WIDTH)
        tile = read_tile(self._files, 1, above, width)
        return tile[at * HASH_BYTES : (at + 1) * HASH_BYTES] == complete_root(hashes)


def damaged(files: Files, what: str, limit: str) -> LogDamaged:
    """The error for a log that contradicts itself: how, and which rule it breaks."""
    return LogDamaged(
        f"The log at {files} contradicts itself: {what}.",
        limit,
        "Fetch it again; if it stays, keep it as evidence and ask whoever serves it.",
    )
