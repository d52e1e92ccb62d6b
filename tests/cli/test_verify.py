"""From a key to a verified record, on the command line as a user types it."""

import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psycopg
import pytest
from sqlalchemy import make_url

from framework.data.sources import find
from framework.ledger.blocks import compress, expand, hash_of, pack, unpack
from framework.ledger.history import TIMES
from framework.ledger.place import programs

CLOSE = datetime(2022, 12, 28, 21, tzinfo=UTC)


@pytest.fixture
def project(tmp_path):
    """A folder with the site's templates, in which commands are run."""
    folder = tmp_path / "project"
    (folder / "papermill_jobs").mkdir(parents=True)
    ours = shutil.ignore_patterns("content", "data", "public", "resources")
    shutil.copytree(Path(__file__).parents[2] / "site", folder / "site", ignore=ours)
    return folder


@pytest.fixture
def run(openbook, project, database_url, ledger):
    """Run commands in that folder on a record with a suspension or two."""
    for strategy in ("one", "two"):
        ledger.append_suspension(strategy, action="suspend", reason="r", reviewer="ada", known_at=CLOSE)

    def command(*words: str):
        return openbook(*words, directory=project, OPENBOOK_DATABASE_URL=database_url)

    return command


@pytest.fixture
def built(run):
    for words in (("key", "create", "--origin", "example.com/record"), ("site", "build")):
        said = run(*words)
        assert said.code == 0, said.err
    return run


@pytest.fixture
def attacker(superuser_url):
    """A superuser who may change the tables of suspensions and of bars."""
    to = make_url(superuser_url)
    with psycopg.connect(
        host=to.query["host"], user=to.username, dbname=to.database, autocommit=True
    ) as connection:
        connection.execute("SET openbook.migration = on")
        for table in ("suspensions", "bar_blocks", "bar_revisions"):
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        yield connection


def test_a_site_is_signed_published_and_verified_with_the_defaults(built, project):
    said = built("verify")
    assert said.code == 0, said.err
    assert said.out.startswith("Verified: ")
    assert "as the log example.com/record has signed them" in said.out
    assert "its key is this machine's own" in said.out
    public = project / "site/public/log"
    assert (public / "checkpoint").read_text().startswith("example.com/record\n")
    assert not list((project / "site/public").rglob("*.key"))
    pages = {path: path.read_bytes() for path in (project / "site/public").rglob("*") if path.is_file()}
    assert built("site", "build").code == 0
    assert pages == {
        path: path.read_bytes() for path in (project / "site/public").rglob("*") if path.is_file()
    }


def test_rows_since_the_checkpoint_are_said_and_enter_with_the_next(built, ledger):
    ledger.append_suspension("three", action="suspend", reason="r", reviewer="ada", known_at=CLOSE)
    assert "1 rows are newer than the checkpoint" in built("verify").out
    said = built("checkpoint")
    assert said.out.startswith("1 rows entered the log example.com/record, which has ")
    assert built("checkpoint").out.startswith("Nothing is new")
    built("site", "build")
    assert "newer than" not in built("verify").out


def test_tampering_ends_with_the_code_of_its_kind_and_names_the_row(built, attacker):
    attacker.execute("UPDATE suspensions SET reason = 'x' WHERE strategy = 'two'")
    said = built("verify")
    assert said.code == 21
    assert said.err.startswith("Edited: suspensions:two, row 1: ")
    assert built("site", "build").code == 21
    attacker.execute("DELETE FROM suspensions WHERE strategy = 'two'")
    assert built("verify").code == 25
    assert built("site", "build").code == 25
    assert built("checkpoint").code == 25


@pytest.fixture
def bars(ledger):
    """Bars on record, which a published result rests on."""
    found = find("sample").bars(["MTUM", "QUAL"])
    ledger.vault.append_bars(found, calendar="XNYS")
    ledger.vault.append_snapshot(found, strategy="one", known_at=CLOSE)
    return found


def alter(attacker, symbol, *, content_hash_too):
    """Raise the closes of a symbol by one per cent, as somebody does who knows what a block is."""
    row = "SELECT fields, bars, content, content_hash FROM bar_blocks WHERE symbol = %s"
    _, count, stored, content_hash = attacker.execute(row, [symbol]).fetchone()
    block = unpack(expand(stored, content_hash, where=symbol), count, times=TIMES, numbers=("close",))
    content = pack({name: block[name] for name in TIMES}, {"close": block["close"] * 1.01})
    attacker.execute("UPDATE bar_blocks SET content = %s WHERE symbol = %s", [compress(content), symbol])
    if content_hash_too:
        attacker.execute(
            "UPDATE bar_blocks SET content_hash = %s WHERE symbol = %s", [hash_of(content), symbol]
        )


@pytest.mark.parametrize("content_hash_too", [False, True])
def test_bars_altered_under_a_published_result_are_named(bars, built, attacker, ledger, content_hash_too):
    assert built("verify").code == 0
    alter(attacker, "QUAL", content_hash_too=content_hash_too)
    said = built("verify")
    assert said.code == 21
    assert said.err.startswith("Edited: bar_blocks:sample:QUAL, row 1: ")
    assert "MTUM" not in said.err
    assert built("site", "build").code == 21  # nothing is published on it
    checked = built("data", "check", "--as-of", "2022-12-28")
    assert ("altered: The block 1 of sample:QUAL" in checked.out) is not content_hash_too
    if content_hash_too:  # then the bars can be read, and are not those that the result saw
        found = ledger.vault.as_seen(bars.content_hash, strategy="one")
        np.testing.assert_allclose(found.close["QUAL"], bars.close["QUAL"] * 1.01)
        assert found.content_hash != bars.content_hash


@pytest.fixture
def revised(bars, ledger):
    """What the vendor says of the same bars later: every close is another."""
    return ledger.vault.append_bars(replace(bars, close=bars.close * 2.0), calendar="XNYS")


@pytest.mark.usefixtures("revised")
def test_a_revision_that_is_taken_off_the_record_is_named(built, attacker):
    assert built("site", "build").code == 0
    attacker.execute("DELETE FROM bar_revisions WHERE symbol = 'QUAL'")
    said = built("verify")
    assert said.code == 25
    assert "bar_revisions" in said.err


def test_a_dump_verifies_like_the_database_and_not_when_it_was_changed(built, superuser_url, tmp_path):
    to, path = make_url(superuser_url), tmp_path / "record.sql"
    command = [
        programs(None) / "pg_dump",
        "--host",
        to.query["host"],
        "--username",
        to.username,
        "--file",
        path,
    ]
    subprocess.run([*command, to.database], check=True)
    said = built("verify", str(path))
    assert said.code == 0, said.err
    path.write_text(path.read_text().replace("\tada\t", "\teve\t", 1))
    assert built("verify", str(path)).code == 21


def test_a_reader_pins_the_key_and_witnesses_the_log(built, project):
    key = built("key", "show").out.strip()
    assert "its key is yours" in built("verify", "--key", key).out
    other = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
    assert built("verify", "--key", other).code == 28
    assert built("verify", "--key", "noise").code == 20
    first = built("witness")
    assert f"It was never seen before; its key is remembered: {key}" in first.out
    assert "its key is the one that was remembered" in built("verify").out
    assert "and continues the " in built("witness", str(project / "site/public"), "--key", key).out
    assert "and continues the " in built("witness", "--seen", str(project / "site/public/log/checkpoint")).out


def test_a_key_is_rotated_and_what_the_old_one_signed_still_verifies(built, ledger):
    old = built("key", "show").out
    said = built("key", "rotate")
    assert said.code == 0, said.err
    assert built("key", "show").out in said.out
    assert built("key", "show").out != old
    ledger.append_suspension("three", action="suspend", reason="r", reviewer="ada", known_at=CLOSE)
    assert built("site", "build").code == 0
    assert built("verify", "--key", old.strip()).code == 0
    assert built("key", "create").code == 7


def test_without_a_key_a_site_is_built_without_a_log_and_verify_says_what_to_do(run, project):
    assert run("site", "build").code == 0
    assert not (project / "site/public/log").exists()
    for words in (("verify",), ("witness",)):
        said = run(*words)
        assert said.code == 20
        assert "openbook checkpoint, then openbook site build" in said.err
    assert run("checkpoint").code == 7
    assert run("verify", "nowhere.sql").code == 2


def test_a_published_tile_that_was_changed_ends_with_code_28(built, project):
    (tile,) = (project / "site/public/log/tile/0/000.p").iterdir()
    tile.write_bytes(bytes(len(tile.read_bytes())))
    said = built("verify")
    assert said.code == 28
    assert "tile/0/000.p" in said.err


def test_doctor_says_whether_key_and_checkpoint_are_in_order(run, project, ledger):
    assert "no key: the record is not signed" in run("doctor").out
    run("key", "create")
    assert "nothing is signed yet" in run("doctor").out
    run("checkpoint")
    assert "not published" in run("doctor").out
    run("site", "build")
    said = run("doctor").out
    assert "entries, published" in said
    (project.parent / "home" / "checkpoint.key").chmod(0o644)
    assert "has mode 644" in " ".join(run("doctor").out.split())
