"""The Merkle tree of RFC 6962: its root, proofs that a leaf is in it, proofs that a larger tree continues a smaller.

A leaf is ``SHA-256(0x00 || entry)``, a node ``SHA-256(0x01 || left || right)``. A tree of n leaves has on its left the
largest complete tree of fewer than n leaves. Proofs are made from *complete* subtrees alone: level 0 are the leaves,
and subtree ``index`` of level ``l`` spans the leaves from ``index * 2**l``.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256

from framework.errors import NotVerified

type Subtrees = Callable[[int, int], bytes]
"""Root of the complete subtree at (level, index)."""

HASH_BYTES = 32
EMPTY = sha256(b"").digest()
"""The root of a tree without leaves."""

LEAF, NODE = sha256(b"\x00"), sha256(b"\x01")  # a copy of a begun hash takes 0.6 of the time of a new one


def leaf_hash(entry: bytes) -> bytes:
    """Hash of a leaf."""
    begun = LEAF.copy()
    begun.update(entry)
    return begun.digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of a node from those of its children."""
    begun = NODE.copy()
    begun.update(left + right)
    return begun.digest()


def complete_root(hashes: Sequence[bytes]) -> bytes:
    """Root over neighbouring nodes of one level, of which there are 1, 2, 4, 8 ..."""
    while len(hashes) > 1:
        hashes = list(map(node_hash, hashes[::2], hashes[1::2]))
    return hashes[0]


class Frontier:
    """The complete subtrees of a growing tree, largest first: all that appending to it and its root need.

    Parameters
    ----------
    size : int
        Leaves so far.
    roots : iterable of bytes
        Root of each complete subtree, one for each bit that is set in `size`.
    """

    def __init__(self, size: int = 0, roots: Iterable[bytes] = ()) -> None:
        self.size = size
        self._roots = list(roots)

    def append(self, root: bytes, *, level: int = 0) -> None:
        """Append a leaf's hash, or the root of a complete subtree of ``2**level`` leaves at a multiple of that size."""
        size = self.size >> level
        while size & 1:
            root = node_hash(self._roots.pop(), root)
            size >>= 1
        self._roots.append(root)
        self.size += 1 << level

    def copy(self) -> "Frontier":
        """Another one that can grow apart from this."""
        return Frontier(self.size, self._roots)

    def root(self) -> bytes:
        """Root of the tree as it is."""
        if not self._roots:
            return EMPTY
        *larger, root = self._roots
        for left in reversed(larger):
            root = node_hash(left, root)
        return root


def range_root(subtrees: Subtrees, start: int, end: int) -> bytes:
    """Root of the tree over the leaves `start` to `end` (excluded), as the larger trees have it as a subtree."""
    width = end - start
    if width & (width - 1) == 0 and start % width == 0:
        level = width.bit_length() - 1
        return subtrees(level, start >> level)
    split = start + _split(width)
    return node_hash(range_root(subtrees, start, split), range_root(subtrees, split, end))


def tree_root(subtrees: Subtrees, size: int) -> bytes:
    """Root of the tree of the first `size` leaves."""
    return range_root(subtrees, 0, size) if size else EMPTY


def inclusion_proof(subtrees: Subtrees, index: int, size: int) -> list[bytes]:
    """The siblings on the way from leaf `index` to the root of the first `size` leaves (RFC 6962, 2.1.1)."""
    start, end, path = 0, size, []
    while end - start > 1:
        split = start + _split(end - start)
        if index < split:
            path.append(range_root(subtrees, split, end))
            end = split
        else:
            path.append(range_root(subtrees, start, split))
            start = split
    return path[::-1]


def consistency_proof(subtrees: Subtrees, old: int, new: int) -> list[bytes]:
    """Nodes from which both the root of `old` and that of `new` leaves follow (RFC 6962, 2.1.2); 0 < `old` <= `new`."""
    start, end, path, whole = 0, new, [], True
    while start + (rest := old - start) != end:
        split = _split(end - start)
        if rest <= split:
            path.append(range_root(subtrees, start + split, end))
            end = start + split
        else:
            path.append(range_root(subtrees, start, start + split))
            start += split
            whole = False
    if not whole:
        path.append(range_root(subtrees, start, end))
    return path[::-1]


def check_inclusion(leaf: bytes, *, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Return if `proof` leads from the hash `leaf` at `index` to `root` (RFC 9162, 2.1.3.2).

    Raises
    ------
    NotVerified
        It does not, or `index` is outside the tree.
    """
    if not 0 <= index < size or len(leaf) != HASH_BYTES:
        raise _refused(f"leaf {index} is not in a tree of {size}, or no hash of a leaf")
    found = leaf
    for node, left in _sides(index, size - 1, proof):
        found = node_hash(node, found) if left else node_hash(found, node)
    if found != root:
        raise _refused(f"it does not lead from leaf {index} to the root of {size}")


def check_consistency(
    *, old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Return if `proof` shows that the tree of `new` leaves begins with that of `old` (RFC 9162, 2.1.4.2).

    Raises
    ------
    NotVerified
        It does not; or `old` is 0, of which nothing can be proven, or above `new`.
    """
    if not 0 < old <= new:
        raise _refused(f"a tree of {new} cannot be shown to continue one of {old}")
    if old == new:
        if proof or old_root != new_root:
            raise _refused(f"two trees of {old} have different roots, or something is left of the proof")
        return
    # The walk begins at the last complete subtree of the old tree; where that is all of it, its root is no news.
    alone = old & (old - 1) == 0
    level = (old & -old).bit_length() - 1
    path = [old_root, *proof] if alone else list(proof)
    before = after = path[0] if path else b""
    for node, left in _sides((old - 1) >> level, (new - 1) >> level, path[1:]):
        after = node_hash(node, after) if left else node_hash(after, node)
        before = node_hash(node, before) if left else before
    if before != old_root or after != new_root:
        raise _refused(f"it does not lead from the root of {old} to that of {new}")


def _sides(place: int, last: int, proof: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each sibling on the way up from `place`, and whether it is the left one; `last` is the last place there is."""
    for node in proof:
        if last == 0:
            raise _refused("the proof is too long")
        left = bool(place & 1) or place == last
        while left and not place & 1 and place:
            place, last = place >> 1, last >> 1
        place, last = place >> 1, last >> 1
        yield node, left
    if last != 0:
        raise _refused("the proof is too short")


def _split(width: int) -> int:
    """The largest power of two below `width`, which is above 1."""
    return 1 << (width - 1).bit_length() - 1


def _refused(why: str) -> NotVerified:
    return NotVerified(
        f"A Merkle proof does not hold: {why}.",
        "Proofs are checked as RFC 9162, section 2.1, says.",
        "Fetch proof and checkpoint again; if it stays, keep both as evidence.",
    )
