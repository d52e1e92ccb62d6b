"""Notes and checkpoints held to C2SP's own examples, and to whatever hypothesis can think of."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from framework.errors import LogDamaged, NotVerified
from framework.ledger.notes import Checkpoint, Signer, VerifierKey, opened_note, signed_note

# github.com/C2SP/C2SP, signed-note.md ("Verifier keys", "Example"); BSD-1-Clause
EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE = """This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
"""
# tlog-checkpoint.md, its first example
CHECKPOINT = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
"""
SIGNER = Signer("example.com/log", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER = Signer("example.com/log", Ed25519PrivateKey.from_private_bytes(bytes(32)))
SIGNED = signed_note(Checkpoint("example.com/log", 7, bytes(32)).text(), SIGNER).encode()


def test_the_example_of_the_specification_verifies_and_its_key_prints_as_it_was():
    key = VerifierKey.parse(EXAMPLE_KEY)
    assert str(key) == EXAMPLE_KEY
    assert opened_note(EXAMPLE.encode(), key) == "This is an example message.\n"


@pytest.mark.parametrize("change", [("example message", "example massage"), ("Uw2QOkn8", "Uw2QOkn9")])
def test_a_changed_text_or_signature_does_not(change):
    with pytest.raises(LogDamaged, match="no signature of"):
        opened_note(EXAMPLE.replace(*change).encode(), VerifierKey.parse(EXAMPLE_KEY))


def test_a_key_whose_id_is_anothers_is_refused():
    with pytest.raises(NotVerified, match="not a verifier key"):
        VerifierKey.parse(EXAMPLE_KEY.replace("530d903a", "530d903b"))


def test_a_checkpoint_reads_and_prints_as_the_specification_shows_it():
    checkpoint = Checkpoint.parse(CHECKPOINT)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert checkpoint.root[:2] == b"\x0a\xc5"
    assert checkpoint.text() == CHECKPOINT


@pytest.mark.parametrize(
    "text",
    ["a\n1\n", "a\n01\nCsUY\n", "a\n-1\nCsUY\n", "\n1\nCsUY\n", CHECKPOINT.replace("2I=", "2I"), "a\n\n\n"],
)
def test_a_malformed_checkpoint_is_refused(text):
    with pytest.raises(NotVerified):
        Checkpoint.parse(text)


def test_all_keys_that_are_asked_for_must_have_signed_and_others_are_ignored():
    note = signed_note("said\n", SIGNER, OTHER).encode()
    assert opened_note(note, SIGNER.verifier, OTHER.verifier) == "said\n"
    assert opened_note(note, OTHER.verifier) == "said\n"
    with pytest.raises(LogDamaged):
        opened_note(signed_note("said\n", SIGNER).encode(), SIGNER.verifier, OTHER.verifier)


@given(st.binary(max_size=300))
def test_noise_is_no_note(noise):
    with pytest.raises(NotVerified):
        Checkpoint.parse(opened_note(noise, SIGNER.verifier))


@pytest.mark.parametrize("at", range(len(SIGNED)))
def test_no_bit_of_a_signed_checkpoint_can_be_changed_unnoticed(at):
    for bit in range(8):
        changed = SIGNED[:at] + bytes([SIGNED[at] ^ 1 << bit]) + SIGNED[at + 1 :]
        with pytest.raises(NotVerified):
            opened_note(changed, SIGNER.verifier)
    assert Checkpoint.parse(opened_note(SIGNED, SIGNER.verifier)).size == 7


@given(st.integers(0, len(SIGNED) - 1))
def test_no_beginning_of_a_signed_checkpoint_passes_for_it(length):
    with pytest.raises(NotVerified):
        opened_note(SIGNED[:length], SIGNER.verifier)
