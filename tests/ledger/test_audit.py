"""Somebody changes the published files: whatever it is, it is found, and the file is named."""

import shutil
from pathlib import Path

import pytest

from framework.errors import LogDamaged, NotVerified
from framework.ledger import keys
from framework.ledger.audit import NO_FLOOR, audit
from framework.ledger.growth import grown
from framework.ledger.merkle import EMPTY, tree_root
from framework.ledger.notes import Checkpoint
from framework.ledger.tiles import Entry, Folder, subtrees_of
from framework.ledger.witness import sighted


def look(folder: Path):
    files = Folder(folder)
    return audit(files, sighted(files).checkpoint)


@pytest.fixture
def log(invented, tmp_path):
    """Two batches of one stream, one of another in between: 300 rows, 3 times."""
    invented("log", 200)
    invented("log", 40, stream=b"t:other")
    invented("log", 60)
    return tmp_path / "log"


def test_an_audit_knows_every_row_by_stream_and_sequence(log):
    with look(log) as found:
        assert (found.checkpoint.size, found.rows) == (303, 300)
        assert (found.count(b"t:s"), found.count(b"t:other"), found.count(b"t:none")) == (260, 40, 0)
        assert [run.rows for run in found.streams[b"t:s"]] == [200, 60]
        assert [size for size, _ in found.times] == [200, 241, 302]
        logged = list(found.logged(b"t:s"))
        assert len(logged) == 260
        assert [floor for _, floor in (logged[0], logged[199], logged[200])] == [NO_FLOOR, NO_FLOOR, 201]
        for sequence in (1, 200, 201, 260):
            assert found.hash_of(b"t:s", sequence) == logged[sequence - 1][0]
            assert found.sequence_of(b"t:s", logged[sequence - 1][0]) == sequence
        assert found.sequence_of(b"t:s", bytes(32)) is None
        assert found.counts_at(200) == {b"t:s": 200}
        assert found.counts_at(303) == {b"t:s": 260, b"t:other": 40}


def test_earlier_roots_are_those_that_were_signed_then(log):
    files = Folder(log)
    sizes = sorted(int(path.name) for path in (log / "checkpoints").iterdir())
    assert sizes == [201, 242, 303]
    latest = keys.opened_checkpoint(files.read("checkpoint"), keys.published(files))
    with audit(files, latest, sizes=sizes) as found:
        for size in sizes:
            note = files.read(f"checkpoints/{size}")
            assert found.roots[size] == keys.opened_checkpoint(note, keys.published(files)).root


def test_no_byte_of_any_file_of_the_newest_checkpoint_can_be_changed(log):
    needed = ["checkpoint", "keys/0", "tile/0/000", "tile/0/001.p/47", "tile/1/000.p/1"]
    needed += ["tile/entries/000", "tile/entries/001.p/47"]
    for name in needed:
        path = log / name
        content = path.read_bytes()
        for at in {0, 1, len(content) // 3, len(content) // 2, len(content) - 1}:
            path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
            with pytest.raises(NotVerified):
                look(log)
        path.write_bytes(content)
    look(log).close()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("tile/entries/000", "entry 100 does not hash .*; tile/entries/000 was changed"),
        ("tile/0/000", "entry 1[0-9]{2} does not hash .*; tile/0/000 was changed"),
        ("tile/1/000.p/1", r"tile/1/000\.p/1 differs from the tiles below it"),
        ("checkpoint", "has no signature of example.com/invented"),
    ],
)
def test_what_was_changed_is_named(log, name, said):
    content = bytearray((log / name).read_bytes())
    at = {"tile/entries/000": 100 * 45 + 5}.get(name, len(content) // 2)
    content[at] ^= 1
    (log / name).write_bytes(content)
    with pytest.raises(LogDamaged, match=said):
        look(log)


@pytest.mark.parametrize("name", ["tile/0/000", "tile/entries/001.p/47", "checkpoint", "keys/0", "tile"])
def test_what_is_missing_is_missed(log, name):
    shutil.rmtree(log / name) if (log / name).is_dir() else (log / name).unlink()
    with pytest.raises(NotVerified):
        look(log)


def test_entries_and_tiles_made_anew_lack_the_signature(log, invented, tmp_path):
    invented("forged", 302, salt=b"other")
    shutil.copytree(tmp_path / "forged" / "tile", log / "tile", dirs_exist_ok=True)
    assert Folder(log).read("checkpoint") != Folder(tmp_path / "forged").read("checkpoint")
    with pytest.raises(LogDamaged, match="another root than the checkpoint of 303 signs"):
        look(log)


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([b"short"], "entry 0 has 5 bytes"),
        ([Entry(b"\1" * 32, 2, b"t:s").encoded()], "entry 0 is row 2 of t:s"),
        ([Entry(b"\1" * 32, 1, b"t:s").encoded()] * 2, "entry 1 is row 1 of t:s"),
        ([Entry(b"\1" * 32, 1, b"").encoded()], "entry 0 is no later time"),
        (
            [Entry(bytes(32), 5, b"").encoded(), Entry(bytes(32), 4, b"").encoded()],
            "entry 1 is no later time",
        ),
    ],
)
def test_a_log_that_was_signed_but_makes_no_sense_is_refused(tmp_path, entries, said):
    checkpoint = grown(tmp_path, Checkpoint("example.com/x", 0, EMPTY), entries)
    with pytest.raises(LogDamaged, match=said):
        audit(Folder(tmp_path), checkpoint)


def test_growing_in_steps_or_at_once_gives_one_tree(tmp_path):
    entries = [Entry(bytes([n % 251]) * 32, n, b"t:s").encoded() for n in range(1, 1_400)]
    at_once = grown(tmp_path / "one", Checkpoint("o", 0, EMPTY), entries)
    steps, at = Checkpoint("o", 0, EMPTY), 0
    for count in (1, 254, 1, 1, 300, 0, 467, 375):
        steps = grown(tmp_path / "steps", steps, entries[at : at + count])
        at += count
    assert at == len(entries)
    assert steps == at_once
    assert tree_root(subtrees_of(Folder(tmp_path / "steps"), 1_399), 1_399) == at_once.root
    with audit(Folder(tmp_path / "steps"), at_once) as found:
        assert found.count(b"t:s") == 1_399
