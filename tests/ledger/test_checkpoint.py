"""What a checkpointer signs, in which order, and all that it refuses to sign."""

import importlib.util
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from framework.errors import (
    BackDated,
    Deleted,
    Edited,
    LedgerError,
    LogDamaged,
    NotVerified,
    Rewritten,
    SplitView,
    Truncated,
)
from framework.ledger import keys
from framework.ledger.checkpoint import opened, publish, rotate, sign
from framework.ledger.files import write_whole
from framework.ledger.notes import signed_note
from framework.ledger.tiles import Folder
from framework.ledger.witness import sighted, witness

SAY = "INSERT INTO suspensions (strategy, action, reason, reviewer, known_at) VALUES (%s, 'suspend', 'r', 'ada', now())"


@pytest.fixture
def say(filled, make_run):
    """Append rows to streams of the table suspensions."""

    def append(*strategies: str) -> None:
        for name in strategies:
            filled.append_suspension(
                name, action="suspend", reason="r", reviewer="ada", known_at=make_run().as_of
            )

    return append


@pytest.fixture
def writer(database_url):
    """A connection of the application's that keeps its transaction open."""
    to = make_url(database_url)
    with psycopg.connect(host=to.query["host"], user=to.username, dbname=to.database) as connection:
        yield connection


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_row_enters_the_log_once_in_the_order_of_its_stream(filled, log_home, held, say):
    first = sign(filled, home=log_home)
    assert first.rows == sum(filled.counts().values())
    assert first.checkpoint.size == first.rows + 1  # and a time
    say("s", "t", "s")
    second = sign(filled, home=log_home)
    assert (second.rows, second.checkpoint.size) == (3, first.checkpoint.size + 4)
    report = held()
    report.check()
    assert (report.rows, report.unlogged) == (first.rows + 3, 0)


def test_the_root_is_that_of_a_second_implementation(filled, log_home, say):
    spec = importlib.util.spec_from_file_location("second", Path(__file__).with_name("second.py"))
    second = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(second)
    for _ in range(3):
        done = sign(filled, home=log_home)
        say("s", "t")
        size = done.checkpoint.size
        bundle = (log_home / f"log/tile/entries/000.p/{size}").read_bytes()
        entries = []
        while bundle:
            length = int.from_bytes(bundle[:2], "big")
            entries.append(bundle[2 : 2 + length])
            bundle = bundle[2 + length :]
        assert len(entries) == size
        assert second.root_of(entries) == done.checkpoint.root


def test_nothing_new_is_signed_again_and_no_file_changes(filled, log_home):
    sign(filled, home=log_home)
    before = files_of(log_home)
    again = sign(filled, home=log_home)
    assert again.rows == 0
    assert files_of(log_home) == before
    assert {"log/checkpoint", "log/keys/0", "checkpoint.key"} < before.keys()


def test_a_transaction_that_commits_after_the_checkpoint_comes_behind_it(filled, log_home, held, say, writer):
    sign(filled, home=log_home)
    writer.execute(SAY, ["slow"])  # its time is taken now
    say("quick")
    done = sign(filled, home=log_home, patience_seconds=0.05)
    assert done.rows == 1
    writer.commit()
    times = [row.known_at for row in filled.suspensions("slow") + filled.suspensions("quick")]
    assert len(times) == 2
    held().check()  # the slow row, older than the signed one, is not taken for back-dated
    later = sign(filled, home=log_home)
    assert later.rows == 1
    report = held()
    report.check()
    assert report.unlogged == 0


def test_the_checkpointer_waits_for_who_is_writing(filled, log_home, writer):
    writer.execute(SAY, ["slow"])
    with ThreadPoolExecutor(1) as pool:
        signing = pool.submit(sign, filled, home=log_home)
        with pytest.raises(TimeoutError):
            signing.result(timeout=0.5)
        writer.commit()
        assert signing.result(timeout=30).rows == sum(filled.counts().values())


def test_no_key_no_signature(filled, tmp_path):
    with pytest.raises(LedgerError, match="openbook key create"):
        sign(filled, home=tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere" / "log").exists()


def test_another_key_does_not_continue_a_log(filled, log_home):
    sign(filled, home=log_home)
    (log_home / "checkpoint.key").unlink()
    keys.create(log_home / "checkpoint.key", origin="example.com/record")
    with pytest.raises(LedgerError, match="does not continue the log"):
        sign(filled, home=log_home)


@pytest.mark.parametrize(
    ("attack", "kind"),
    [
        ("DELETE FROM suspensions WHERE strategy = 't' AND sequence >= 2", Truncated),
        ("DELETE FROM suspensions WHERE strategy = 't' AND sequence = 2", Deleted),
        ("DELETE FROM suspensions WHERE strategy = 't'", Truncated),
        ("UPDATE suspensions SET reason = 'x' WHERE strategy = 't' AND sequence = 2", Edited),
        ("UPDATE suspensions SET reason = 'x' WHERE strategy = 't' AND sequence = 3", Edited),
        ("UPDATE suspensions SET sequence = 5 WHERE strategy = 't' AND sequence = 3", NotVerified),
    ],
)
def test_a_record_that_was_tampered_with_is_not_signed(filled, log_home, say, attacker, attack, kind):
    attacker.execute("ALTER TABLE suspensions ENABLE ALWAYS TRIGGER chain")
    say("t", "t")
    sign(filled, home=log_home)
    say("t")
    before = files_of(log_home)
    attacker.execute(attack)
    with pytest.raises(kind):
        sign(filled, home=log_home)
    assert files_of(log_home) == before


def test_a_back_dated_row_is_not_signed(filled, log_home, say, attacker):
    sign(filled, home=log_home)
    source = attacker.execute("SELECT pg_get_functiondef('guard.chain_suspensions'::regproc)").fetchone()[0]
    attacker.execute(
        source.replace("NEW.payload_hash :=", "NEW.recorded_at := '2020-01-01Z'; NEW.payload_hash :=")
    )
    attacker.execute("ALTER TABLE suspensions ENABLE ALWAYS TRIGGER chain")
    say("fresh")
    with pytest.raises(BackDated, match="suspensions:fresh, row 1"):
        sign(filled, home=log_home)


def test_a_whole_record_that_was_replaced_is_not_signed(filled, log_home, attacker, say):
    attacker.execute("ALTER TABLE suspensions ENABLE ALWAYS TRIGGER chain")
    say("t", "t")
    sign(filled, home=log_home)
    attacker.execute("DELETE FROM suspensions WHERE strategy = 't'")
    say("t", "t", "t")
    with pytest.raises(Rewritten, match="suspensions:t, row 1"):
        sign(filled, home=log_home)


def test_a_log_whose_files_were_changed_is_not_continued(filled, log_home, say):
    sign(filled, home=log_home)
    say("s")
    (tile,) = (log_home / "log/tile/0/000.p").iterdir()
    content = tile.read_bytes()
    tile.write_bytes(b"\0" + content[1:])
    with pytest.raises(LogDamaged, match=r"tile/0/000\.p/\d+ was changed"):
        sign(filled, home=log_home)


def test_an_older_copy_of_the_log_is_not_continued_when_readers_have_a_newer(filled, log_home, say, tmp_path):
    sign(filled, home=log_home)
    shutil.copytree(log_home, tmp_path / "copy")
    say("s")
    sign(filled, home=log_home)
    publish(log_home, tmp_path / "public")
    published = Folder(tmp_path / "public")
    say("s", "s")
    with pytest.raises(Truncated, match="would make a second history"):
        sign(filled, home=tmp_path / "copy", published=published)
    forked = sign(filled, home=tmp_path / "copy")  # without a look at what readers have, it cannot know
    assert forked.rows == 3
    with pytest.raises(SplitView, match="there are two histories"):
        sign(filled, home=tmp_path / "copy", published=published)
    assert sign(filled, home=log_home, published=published).rows == 2


def test_a_signing_that_was_cut_short_before_its_checkpoint_is_done_again(filled, log_home, say, held):
    first = sign(filled, home=log_home).checkpoint
    say(*["s"] * 300)
    kept = (log_home / "log/checkpoint").read_bytes()
    cut = sign(filled, home=log_home).checkpoint
    write_whole(log_home / "log/checkpoint", kept)  # as if the power had failed just before
    (log_home / f"log/checkpoints/{cut.size}").unlink()
    say("aaa")  # enters the log before the others
    again = sign(filled, home=log_home)
    assert again.rows == 301
    assert again.checkpoint.root != cut.root
    held().check()
    assert opened(log_home)[1] == again.checkpoint
    assert sighted(Folder(log_home / "log")).checkpoint.size > first.size


def test_a_log_is_handed_over_and_both_keys_verify_for_their_range(filled, log_home, say, held, tmp_path):
    first = sign(filled, home=log_home).checkpoint
    old = keys.load(log_home / "checkpoint.key")
    witness(Folder(log_home / "log"), memory=tmp_path / "ada")
    new = rotate(log_home)
    assert keys.load(log_home / "checkpoint.key").verifier == new != old.verifier
    held().check()  # the newest checkpoint is the old key's still
    say("s")
    second = sign(filled, home=log_home).checkpoint
    held().check()
    files = Folder(log_home / "log")
    known = keys.published(files)
    assert [key.verifier for key in known] == [old.verifier, new]
    assert keys.opened_checkpoint(files.read(f"checkpoints/{first.size}"), known) == first
    assert keys.opened_checkpoint(files.read("checkpoint"), known) == second
    assert witness(files, memory=tmp_path / "ada")[1] == first
    write_whole(log_home / "log/checkpoint", signed_note(second.text(), old).encode())
    with pytest.raises(LogDamaged, match="no signature of"):  # the old key signs nothing any more
        sighted(files)


def test_a_rotation_that_was_cut_short_is_finished(filled, log_home, say):
    last = sign(filled, home=log_home).checkpoint
    path = log_home / "checkpoint.key"
    old, new = keys.load(path), keys.prepared(path, origin="example.com/record")
    write_whole(log_home / "log/keys/1", keys.hand_over(old, new, last))
    say("s")
    assert sign(filled, home=log_home).rows == 1
    assert keys.load(path).verifier == new.verifier
    assert not (log_home / "checkpoint.key.next").exists()


def test_a_key_that_has_signed_nothing_is_not_handed_over(log_home):
    with pytest.raises(LedgerError, match="has signed nothing yet"):
        rotate(log_home)


def test_what_is_published_is_the_log_and_not_the_key(filled, log_home, tmp_path):
    sign(filled, home=log_home)
    publish(log_home, tmp_path / "public")
    assert files_of(tmp_path / "public") == files_of(log_home / "log")
    assert b"PRIVATE" not in b"".join(files_of(tmp_path / "public").values())
