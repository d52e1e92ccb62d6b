"""From a key to a verified record, on the command line as a user types it."""

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

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
    """A superuser who may change the table of suspensions."""
    to = make_url(superuser_url)
    with psycopg.connect(
        host=to.query["host"], user=to.username, dbname=to.database, autocommit=True
    ) as connection:
        connection.execute("SET openbook.migration = on")
        connection.execute("ALTER TABLE suspensions DISABLE TRIGGER ALL")
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
