"""One proof that many leaves are in a tree: the nodes of their RFC 6962 inclusion proofs, each of them once.

The tree is walked from the root, left before right. A subtree without one of the leaves is one node of the proof; where
there is one, the walk goes on below. There is exactly one such proof of given leaves; of one leaf alone it is the
inclusion proof, in another order.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from framework.errors import NotVerified
from framework.ledger.merkle import Subtrees, node_hash, range_root


def shared_proof(subtrees: Subtrees, indexes: Sequence[int], size: int) -> list[bytes]:
    """The proof that the leaves `indexes` (ascending, each once) are among the first `size`."""
    return [range_root(subtrees, start, end) for start, end in _beside(indexes, 0, size)]


def shared_root(leaves: Mapping[int, bytes], size: int, proof: Sequence[bytes]) -> bytes:
    """The root to which `proof` leads from the hashes of leaves, by their index.

    Raises
    ------
    NotVerified
        There is no leaf, one lies outside the tree, or the proof has too few or too many nodes.
    """
    indexes = sorted(leaves)
    if not indexes or not 0 <= indexes[0] <= indexes[-1] < size:
        raise refused("there is no leaf, or one that lies outside the tree")
    nodes = iter(proof)

    def root(start: int, end: int, wanted: Sequence[int]) -> bytes:
        if not wanted:
            node = next(nodes, None)
            if node is None:
                raise refused("it is too short")
            return node
        if end - start == 1:
            return leaves[start]
        split = _split(start, end)
        at = bisect_left(wanted, split)
        left = root(start, split, wanted[:at])
        return node_hash(left, root(split, end, wanted[at:]))

    found = root(0, size, indexes)
    if next(nodes, None) is not None:
        raise refused("it is too long")
    return found


def _beside(wanted: Sequence[int], start: int, end: int) -> Iterator[tuple[int, int]]:
    """The largest subtrees without one of the wanted leaves, from left to right."""
    if not wanted:
        yield start, end
    elif end - start > 1:
        split = _split(start, end)
        at = bisect_left(wanted, split)
        yield from _beside(wanted[:at], start, split)
        yield from _beside(wanted[at:], split, end)


def _split(start: int, end: int) -> int:
    """Where the left subtree of a tree of more than one leaf ends: it has the largest power of two below all."""
    return start + (1 << (end - start - 1).bit_length() - 1)


def refused(why: str) -> NotVerified:
    """The error for a proof that does not hold."""
    return NotVerified(
        f"The inclusion proof does not hold: {why}.",
        "It has each node beside the ways from the rows to the root once, as docs/bundle.md says.",
        "Fetch the page again; if it stays, keep it as evidence.",
    )
