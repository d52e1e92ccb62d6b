"""Whoever has the key shows two histories to two readers; readers who remember, or compare, find out."""

import shutil

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from framework.errors import LogDamaged, NotVerified, SplitView, Truncated
from framework.ledger.notes import Signer, VerifierKey, signed_note
from framework.ledger.tiles import Folder
from framework.ledger.witness import check_continues, recalled, sighted, witness


@pytest.fixture
def look(tmp_path):
    """A reader's visit to a log; his memory has his name."""

    def visit(log: str, reader: str = "ada", **options):
        return witness(Folder(tmp_path / log), memory=tmp_path / reader, **options)

    return visit


@pytest.fixture
def forked(invented, tmp_path):
    """One log of 301 entries, and two that continue it with the same key, each in its own way."""
    invented("one", 300)
    shutil.copytree(tmp_path / "one", tmp_path / "other")
    return invented


def test_a_log_that_grows_is_followed_from_checkpoint_to_checkpoint(forked, look):
    shown, before = look("one")
    assert (shown.checkpoint.size, before, shown.pinned) == (301, None, False)
    assert look("one")[1].size == 301
    for rows in (1, 250, 700):
        last = look("one")[0].checkpoint
        forked("one", rows)
        shown, before = look("one")
        assert before == last
        assert shown.checkpoint.size == last.size + rows + 1


def test_two_histories_to_one_reader(forked, look, tmp_path):
    forked("one", 10)
    forked("other", 20, salt=b"forged")
    look("one")
    with pytest.raises(SplitView, match="first 312 entries have another root") as raised:
        look("other")
    assert raised.value.exit_code == 27
    (evidence,) = (tmp_path / "ada").rglob("evidence-*")
    assert evidence.read_bytes() == (tmp_path / "other/checkpoint").read_bytes()
    assert look("one")[1].size == 312  # what was seen is still remembered


def test_two_histories_of_one_size(forked, look):
    forked("one", 10)
    forked("other", 10, salt=b"forged")
    look("one")
    with pytest.raises(SplitView):
        look("other")


def test_two_histories_to_two_readers_who_compare(forked, look, tmp_path):
    forked("one", 10)
    forked("other", 20, salt=b"forged")
    look("one", "ada")
    look("other", "bob")  # each by himself sees nothing wrong
    seen_by_ada = (tmp_path / "one/checkpoint").read_bytes()
    files = Folder(tmp_path / "other")
    with pytest.raises(SplitView):
        check_continues(files, sighted(files), None, seen_by_ada)
    both = Folder(tmp_path / "one")
    assert check_continues(both, sighted(both), None, seen_by_ada).size == 312


def test_a_log_that_has_become_shorter(forked, look):
    forked("one", 10)
    look("one")
    with pytest.raises(Truncated, match=r"ends with entry 301. It has been seen with 312") as raised:
        look("other")
    assert raised.value.exit_code == 25


def test_a_log_of_the_same_name_with_another_key(forked, look, tmp_path):
    look("one")
    thief = Signer("example.com/invented", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    checkpoint = sighted(Folder(tmp_path / "other")).checkpoint
    (tmp_path / "other/keys/0").write_text(f"{thief.verifier}\n")
    (tmp_path / "other/checkpoint").write_text(signed_note(checkpoint.text(), thief))
    with pytest.raises(SplitView, match=r"It was first seen with example\.com/invented"):
        look("other")
    own = sighted(Folder(tmp_path / "one")).keys[0].verifier
    with pytest.raises(LogDamaged, match="Trusted is"):
        look("other", "bob", pins=(own,))
    assert look("one", "bob", pins=(own,))[0].pinned


def test_tiles_that_were_changed_are_damage_and_no_second_history(forked, look, tmp_path):
    look("one")
    forked("one", 400)
    tile = tmp_path / "one/tile/0/001"
    content = bytearray(tile.read_bytes())
    content[-1] ^= 1
    tile.write_bytes(content)
    with pytest.raises(LogDamaged, match="do not lead to the root"):
        look("one")


def test_what_was_never_seen_is_not_remembered(tmp_path):
    assert recalled(tmp_path, "example.com/never") is None
    with pytest.raises(NotVerified, match="There is no log"):
        witness(Folder(tmp_path), memory=tmp_path / "ada")


def test_a_log_without_a_checkpoint_is_not_published(forked, tmp_path):
    (tmp_path / "one/checkpoint").unlink()
    with pytest.raises(NotVerified, match="has no checkpoint"):
        sighted(Folder(tmp_path / "one"), pins=(VerifierKey("x", bytes(32)),))
