"""The proof of many leaves holds where each single proof holds, and nowhere else."""

from functools import cache
from hashlib import sha256
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.errors import NotVerified
from framework.ledger.merkle import check_inclusion, inclusion_proof, leaf_hash, tree_root
from framework.ledger.shared_proof import shared_proof, shared_root

ENTRIES = [number.to_bytes(2, "big") for number in range(140)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]


@cache
def subtree(level: int, index: int) -> bytes:
    if level == 0:
        return LEAVES[index]
    children = subtree(level - 1, 2 * index) + subtree(level - 1, 2 * index + 1)
    return sha256(b"\1" + children).digest()


def proven(wanted, size, proof=None):
    nodes = shared_proof(subtree, sorted(wanted), size) if proof is None else proof
    return shared_root({index: LEAVES[index] for index in wanted}, size, nodes)


SOME = st.integers(1, len(LEAVES)).flatmap(
    lambda size: st.tuples(st.just(size), st.sets(st.integers(0, size - 1), min_size=1))
)


@pytest.mark.parametrize("size", range(1, 12))
def test_every_choice_of_leaves_of_a_small_tree_leads_to_its_root(size):
    for count in range(1, size + 1):
        for wanted in combinations(range(size), count):
            assert proven(wanted, size) == tree_root(subtree, size)


@pytest.mark.parametrize("size", range(1, 40))
def test_of_one_leaf_it_is_the_inclusion_proof(size):
    for index in range(size):
        single = inclusion_proof(subtree, index, size)
        assert sorted(shared_proof(subtree, [index], size)) == sorted(single)
        check_inclusion(LEAVES[index], index=index, size=size, proof=single, root=proven([index], size))


@given(SOME)
def test_no_node_is_there_twice_and_none_is_more_than_the_single_proofs_have(chosen):
    size, wanted = chosen
    nodes = shared_proof(subtree, sorted(wanted), size)
    single = {node for index in wanted for node in inclusion_proof(subtree, index, size)}
    assert len(nodes) == len(set(nodes))
    assert set(nodes) <= single
    assert proven(wanted, size) == tree_root(subtree, size)


@given(SOME, st.data())
def test_whatever_is_changed_leads_elsewhere_or_is_refused(chosen, data):
    size, wanted = chosen
    nodes = shared_proof(subtree, sorted(wanted), size)
    root, leaves = tree_root(subtree, size), {index: LEAVES[index] for index in wanted}
    index = data.draw(st.sampled_from(sorted(wanted)))
    assert shared_root(leaves | {index: leaf_hash(b"other")}, size, nodes) != root
    if nodes:
        at = data.draw(st.integers(0, len(nodes) - 1))
        changed = [*nodes[:at], leaf_hash(b"other"), *nodes[at + 1 :]]
        assert shared_root(leaves, size, changed) != root
        with pytest.raises(NotVerified, match="too short"):
            shared_root(leaves, size, nodes[:-1])
    with pytest.raises(NotVerified, match="too long"):
        shared_root(leaves, size, [*nodes, root])


def test_a_leaf_outside_the_tree_and_no_leaf_at_all_are_refused():
    for leaves in ({}, {5: LEAVES[5]}, {-1: LEAVES[0]}):
        with pytest.raises(NotVerified, match="outside the tree"):
            shared_root(leaves, 5, [])


def test_a_tree_of_a_size_that_nobody_could_write_is_walked_at_once():
    with pytest.raises(NotVerified, match="too short"):
        shared_root({10**17: LEAVES[0]}, 10**18, [])
