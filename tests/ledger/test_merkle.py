"""The tree held to transparency-dev's vectors, to the RFC's recursion, and to every pair of sizes up to 70."""

import base64
import json
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest

from framework.errors import NotVerified
from framework.ledger.merkle import (
    EMPTY,
    Frontier,
    check_consistency,
    check_inclusion,
    complete_root,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    tree_root,
)

VECTORS = json.loads((Path(__file__).parents[1] / "answers" / "merkle_proofs.json").read_text())
ENTRIES = [number.to_bytes(2, "big") for number in range(70)]


def decoded(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def mth(entries: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, as it stands there."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\0" + entries[0]).digest()
    split = max(2**power for power in range(8) if 2**power < len(entries))
    return sha256(b"\1" + mth(entries[:split]) + mth(entries[split:])).digest()


@cache
def subtree(level: int, index: int) -> bytes:
    return mth(ENTRIES[index << level : (index + 1) << level])


def test_there_are_the_196_vectors_and_both_kinds_among_them():
    cases = [*VECTORS["inclusion"].values(), *VECTORS["consistency"].values()]
    assert len(cases) == 196
    assert sum(not case["wantErr"] for case in cases) > 10


@pytest.mark.parametrize("name", VECTORS["inclusion"])
def test_inclusion_vector(name):
    case = VECTORS["inclusion"][name]
    proof = [decoded(node) for node in case["proof"] or []]
    given = {"index": case["leafIdx"], "size": case["treeSize"], "root": decoded(case["root"])}
    if case["wantErr"]:
        with pytest.raises(NotVerified):
            check_inclusion(decoded(case["leafHash"]), proof=proof, **given)
    else:
        check_inclusion(decoded(case["leafHash"]), proof=proof, **given)


@pytest.mark.parametrize("name", VECTORS["consistency"])
def test_consistency_vector(name):
    case = VECTORS["consistency"][name]
    proof = [decoded(node) for node in case["proof"] or []]
    sizes = {"old": case["size1"], "new": case["size2"]}
    roots = {"old_root": decoded(case["root1"]), "new_root": decoded(case["root2"])}
    if case["wantErr"]:
        with pytest.raises(NotVerified):
            check_consistency(proof=proof, **sizes, **roots)
    else:
        check_consistency(proof=proof, **sizes, **roots)


def test_the_root_is_the_rfcs_however_it_is_computed():
    growing = Frontier()
    assert growing.root() == tree_root(subtree, 0) == EMPTY
    for size, entry in enumerate(ENTRIES, start=1):
        growing.append(leaf_hash(entry))
        assert growing.size == size
        assert growing.root() == tree_root(subtree, size) == mth(ENTRIES[:size])
    assert complete_root([leaf_hash(entry) for entry in ENTRIES[:64]]) == mth(ENTRIES[:64])


def test_a_frontier_takes_complete_subtrees_and_can_be_taken_up_again():
    growing = Frontier()
    growing.append(subtree(5, 0), level=5)
    growing.append(subtree(4, 2), level=4)
    assert growing.root() == mth(ENTRIES[:48])
    resumed = Frontier(48, [subtree(5, 0), subtree(4, 2)])
    for entry in ENTRIES[48:53]:
        resumed.append(leaf_hash(entry))
    assert resumed.root() == mth(ENTRIES[:53])


def test_every_leaf_of_every_tree_is_proven_in_and_at_no_other_place():
    for size in range(1, len(ENTRIES) + 1):
        root = mth(ENTRIES[:size])
        for index in range(size):
            leaf, proof = leaf_hash(ENTRIES[index]), inclusion_proof(subtree, index, size)
            check_inclusion(leaf, index=index, size=size, proof=proof, root=root)
            with pytest.raises(NotVerified):
                check_inclusion(leaf, index=index ^ 1, size=size, proof=proof, root=root)


def test_every_tree_is_proven_to_continue_every_smaller_one_and_no_other():
    for new in range(1, len(ENTRIES) + 1):
        for old in range(1, new + 1):
            proof = consistency_proof(subtree, old, new)
            roots = {"old_root": mth(ENTRIES[:old]), "new_root": mth(ENTRIES[:new])}
            check_consistency(old=old, new=new, proof=proof, **roots)
            with pytest.raises(NotVerified):
                check_consistency(old=old, new=new, proof=proof, **roots | {"old_root": EMPTY})
            if old < new:
                with pytest.raises(NotVerified):
                    check_consistency(old=old, new=new, proof=proof[:-1], **roots)
