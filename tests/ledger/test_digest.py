"""SHA-256 gone on with from any of its states gives what hashlib gives for the whole."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.ledger.digest import BLOCK, START, absorbed, decoded, encoded, resumed


@pytest.mark.parametrize(
    ("content", "expected"),
    [  # NIST, "Secure Hash Standard (SHS)", examples for SHA-256
        (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ),
    ],
)
def test_the_examples_of_the_standard(content, expected):
    assert resumed(START, hashed=0, rest=content).hex() == expected


@pytest.mark.parametrize("length", range(130))
def test_every_length_around_the_padding(length):
    content = bytes(range(length))
    assert resumed(START, hashed=0, rest=content) == sha256(content).digest()


@given(st.binary(max_size=700), st.integers(0, 10))
def test_where_it_is_cut_makes_no_difference(content, blocks):
    cut = min(blocks, len(content) // BLOCK) * BLOCK
    state = absorbed(START, content[:cut])
    assert decoded(encoded(state)) == state
    assert resumed(state, hashed=cut, rest=content[cut:]) == sha256(content).digest()


@given(st.binary(min_size=BLOCK, max_size=200), st.binary(min_size=1, max_size=50))
def test_another_end_gives_another_hash(content, other):
    cut = len(content) // BLOCK * BLOCK
    state = absorbed(START, content[:cut])
    same = other == content[cut:]
    assert (resumed(state, hashed=cut, rest=other) == sha256(content).digest()) == same
