"""Private keys that nobody else may read, and hand-overs that both keys sign."""

import stat

import pytest

from framework.errors import LedgerError, LogDamaged, NotVerified, SpecError
from framework.ledger import keys
from framework.ledger.files import write_whole
from framework.ledger.notes import Checkpoint, signed_note
from framework.ledger.tiles import Folder

FIRST, SECOND = Checkpoint("example.com/x", 10, b"\1" * 32), Checkpoint("example.com/x", 20, b"\2" * 32)


@pytest.fixture
def made(tmp_path):
    """Three keys of one log."""
    return [keys.create(tmp_path / f"{number}.key", origin="example.com/x") for number in range(3)]


@pytest.fixture
def handed_over(made, tmp_path):
    """A log that was handed over twice, at 10 and at 20 entries."""
    one, two, three = made
    write_whole(tmp_path / "keys" / "0", f"{one.verifier}\n".encode())
    write_whole(tmp_path / "keys" / "1", keys.hand_over(one, two, FIRST))
    write_whole(tmp_path / "keys" / "2", keys.hand_over(two, three, SECOND))
    return Folder(tmp_path)


def test_a_key_is_made_once_for_its_owner_alone_and_read_back(tmp_path):
    path = tmp_path / "home" / "checkpoint.key"
    made = keys.create(path, origin="example.com/x")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keys.load(path).verifier == made.verifier
    content = path.read_bytes()
    with pytest.raises(LedgerError, match="never overwritten"):
        keys.create(path, origin="example.com/y")
    assert path.read_bytes() == content
    assert [entry.name for entry in path.parent.iterdir()] == ["checkpoint.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_may_read_signs_nothing(tmp_path, mode):
    keys.create(tmp_path / "k", origin="example.com/x")
    (tmp_path / "k").chmod(mode)
    with pytest.raises(LedgerError, match=f"has mode {mode:o}"):
        keys.load(tmp_path / "k")


@pytest.mark.parametrize(
    "content", [b"", b"noise", b"origin: x\n", b"origin: x\n-----BEGIN PRIVATE KEY-----\n"]
)
def test_what_is_no_key_is_refused(tmp_path, content):
    write_whole(tmp_path / "k", content, mode=0o600)
    with pytest.raises(LedgerError, match="does not hold a key"):
        keys.load(tmp_path / "k")
    with pytest.raises(LedgerError, match="openbook key create"):
        keys.load(tmp_path / "none")


@pytest.mark.parametrize("origin", ["", "a b", "a+b", "a\nb"])
def test_an_origin_that_no_note_can_name_is_refused(tmp_path, origin):
    with pytest.raises(SpecError, match="cannot name a log"):
        keys.create(tmp_path / "k", origin=origin)


def test_each_key_counts_for_its_own_sizes(handed_over, made):
    one, two, three = made
    known = keys.published(handed_over)
    assert [key.verifier for key in known] == [signer.verifier for signer in made]
    for size, signer in ((1, one), (10, one), (11, two), (20, two), (21, three), (10**9, three)):
        checkpoint = Checkpoint("example.com/x", size, bytes(32))
        assert keys.key_for(size, known).verifier == signer.verifier
        note = signed_note(checkpoint.text(), signer).encode()
        assert keys.opened_checkpoint(note, known) == checkpoint
        for other in {one, two, three} - {signer}:
            with pytest.raises(LogDamaged, match="no signature of"):
                keys.opened_checkpoint(signed_note(checkpoint.text(), other).encode(), known)


def test_a_checkpoint_of_nothing_or_of_another_log_is_refused(handed_over, made):
    known = keys.published(handed_over)
    for checkpoint, said in (
        (Checkpoint("example.com/x", 0, bytes(32)), "signs no entry"),
        (Checkpoint("example.com/y", 5, bytes(32)), "is of the log example.com/y"),
    ):
        with pytest.raises(NotVerified, match=said):
            keys.opened_checkpoint(signed_note(checkpoint.text(), made[0]).encode(), known)


def test_a_hand_over_that_one_of_the_two_did_not_sign_is_refused(made, tmp_path):
    one, two, three = made
    write_whole(tmp_path / "keys" / "0", f"{one.verifier}\n".encode())
    text = f"{keys.HAND_OVER}\n{one.verifier}\n{two.verifier}\n{FIRST.text()}"
    for signers in ((one,), (two,), (three, two)):
        write_whole(tmp_path / "keys" / "1", signed_note(text, *signers).encode())
        with pytest.raises(LogDamaged, match="The keys/1 has no signature of"):
            keys.published(Folder(tmp_path))


def test_a_hand_over_from_another_key_backwards_or_to_another_log_is_refused(handed_over, made, tmp_path):
    one, two, three = made
    other = keys.create(tmp_path / "y.key", origin="example.com/y")
    for note in (
        keys.hand_over(one, three, SECOND),
        keys.hand_over(two, three, Checkpoint("example.com/x", 9, bytes(32))),
        keys.hand_over(two, other, SECOND),
    ):
        write_whole(tmp_path / "keys" / "2", note)
        with pytest.raises(LogDamaged, match="It must follow"):
            keys.published(handed_over)


@pytest.mark.parametrize(
    "content", [b"", b"openbook hand-over\n\n", b"\xff", b"a\nb\nc\n\n\xe2\x80\x94 x AAAAAAAA\n"]
)
def test_what_is_no_hand_over_is_refused(handed_over, tmp_path, content):
    write_whole(tmp_path / "keys" / "1", content)
    with pytest.raises(NotVerified):
        keys.published(handed_over)


def test_a_log_without_a_key_is_no_log(tmp_path):
    with pytest.raises(NotVerified, match="There is no log"):
        keys.published(Folder(tmp_path))
