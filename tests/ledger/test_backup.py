"""A backup opens with one key only, comes back whole, guard and all, and overwrites nothing."""

import sys
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from framework.errors import LedgerError
from framework.ledger import archive
from framework.ledger.about import about
from framework.ledger.backup import backup, copy_with, restore, rotate
from framework.ledger.connect import open_ledger
from framework.ledger.dump import dump
from framework.ledger.embedded import Server
from framework.ledger.rotation import Rotation

NIGHT = datetime(2026, 11, 26, 6, tzinfo=UTC)


@pytest.fixture
def key(tmp_path):
    """A private key's file, and its public key."""
    return tmp_path / "key.txt", archive.new_key(tmp_path / "key.txt")


@pytest.fixture
def made(filled, key, tmp_path):
    return backup(filled, tmp_path / "backups", public_key=key[1], at=NIGHT)


@pytest.fixture
def fresh(home):
    """A server of its own, whose database is empty."""
    server = Server.start(home, linger_seconds=0.1)
    yield server
    server.stop()


def test_what_comes_back_is_the_same_record_under_the_same_guard(filled, made, key, fresh, tmp_path):
    steps = []
    manifest = restore(made, key[0], fresh.admin_url, tell=steps.append)
    assert manifest.rows == filled.counts()
    assert (manifest.revision, manifest.taken_at) == ("0001", "2026-11-26T06:00:00+00:00")
    assert steps == ["decrypting", "roles", "rows"]
    with open_ledger(url=fresh.url(), admin_url=None, home=tmp_path) as back:
        assert about(back).guarded
        assert not about(back).rewrites
        dump(filled, tmp_path / "before", public=False)
        dump(back, tmp_path / "after", public=False)
        back.append_suspension("s", action="resume", reason="r", reviewer="ada", known_at=NIGHT)
        assert len(back.suspensions("s")) == 2
    assert (tmp_path / "before").read_bytes() == (tmp_path / "after").read_bytes()
    back = {"host": str(fresh.place.sockets), "dbname": "openbook", "autocommit": True}
    with (
        psycopg.connect(user="openbook_app", **back) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("DELETE FROM runs")
    with psycopg.connect(user="postgres", **back) as connection:
        for statement in ("DELETE FROM runs", "ALTER TABLE runs DISABLE TRIGGER USER"):
            with pytest.raises(psycopg.DatabaseError, match="is refused"):
                connection.execute(statement)
        owners = "SELECT DISTINCT relowner::regrole::text FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        assert connection.execute(owners).fetchall() == [("openbook_owner",)]


def test_a_database_that_holds_anything_is_not_overwritten(filled, made, key, superuser_url):
    before = filled.counts()
    with pytest.raises(LedgerError, match="is not empty"):
        restore(made, key[0], superuser_url)
    assert filled.counts() == before


def test_only_the_private_key_opens_it_and_only_unchanged(made, key, tmp_path, fresh):
    other = tmp_path / "other.txt"
    archive.new_key(other)
    sealed = made.read_bytes()
    assert b"suspension" not in sealed
    changed = bytearray(sealed)
    changed[len(sealed) // 2] ^= 1
    for content, identity in (
        (sealed, other),
        (bytes(changed), key[0]),
        (sealed[:-1], key[0]),
        (b"", key[0]),
    ):
        made.write_bytes(content)
        with pytest.raises(LedgerError, match="cannot be opened"):
            restore(made, identity, fresh.admin_url)
    made.write_bytes(sealed)
    restore(made, key[0], fresh.admin_url)  # nothing was half-restored


def test_roles_come_without_passwords(filled, key, tmp_path, server):
    with psycopg.connect(
        host=str(server.place.sockets), user="postgres", dbname="postgres", autocommit=True
    ) as connection:
        connection.execute("ALTER ROLE openbook_app PASSWORD 's3cret'")
        try:
            made = backup(filled, tmp_path / "backups", public_key=key[1], at=NIGHT)
        finally:
            connection.execute("ALTER ROLE openbook_app PASSWORD NULL")
    (tmp_path / "open").mkdir()
    archive.unseal(made, key[0], tmp_path / "open")
    script = (tmp_path / "open" / "globals.sql").read_text()
    assert "CREATE ROLE openbook_owner" in script
    assert "PASSWORD" not in script


@pytest.mark.parametrize("text", ["age1xyz", "AGE-SECRET-KEY-1QQQ", "", "ssh-ed25519 AAAA"])
def test_what_is_no_public_key_is_refused_before_anything_is_read(filled, tmp_path, text):
    with pytest.raises(LedgerError, match="not an age public key"):
        backup(filled, tmp_path / "backups", public_key=text, at=NIGHT)
    assert not (tmp_path / "backups").exists()


def test_a_key_is_never_overwritten_and_is_its_owners(key):
    assert key[0].stat().st_mode & 0o777 == 0o600
    before = key[0].read_text()
    with pytest.raises(LedgerError, match="exists"):
        archive.new_key(key[0])
    assert key[0].read_text() == before


def test_what_the_rotation_does_not_keep_is_deleted_and_nothing_else(made, tmp_path):
    folder = made.parent
    others = [folder / "notes.txt", folder / "openbook-20260101T000000Z.tar.age.part"]
    for path in others:
        path.write_text("mine")
    for day in range(1, 30):
        (folder / archive.name_of(NIGHT - timedelta(days=day))).write_text("a backup")
    gone = rotate(folder, Rotation(daily=3, weekly=2, monthly=1))
    kept = sorted(path.name for path in folder.iterdir() if archive.moment_of(path))
    assert kept == [f"openbook-202611{day}T060000Z.tar.age" for day in (22, 24, 25, 26)]
    assert len(gone) == 26
    assert all(path.exists() for path in others)


def test_a_backup_is_copied_by_a_command_that_no_shell_reads(made, tmp_path):
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    copy_with(f"cp {{}} '{elsewhere}/{{name}}'", made)
    assert (elsewhere / made.name).read_bytes() == made.read_bytes()
    copy_with(f"cp {{}} '{elsewhere}/$(touch pwned); echo'", made)
    assert (elsewhere / "$(touch pwned); echo").exists()


def test_a_copy_that_fails_is_told_with_the_last_thing_it_said(made):
    command = f"{sys.executable} -c 'import sys; sys.exit(\"the remote is full\")' {{}}"
    with pytest.raises(LedgerError, match=r"made and not copied.* code 1: the remote is full"):
        copy_with(command, made)
    with pytest.raises(LedgerError, match="not copied"):
        copy_with("no-such-program {}", made)
    with pytest.raises(LedgerError, match="does not say what to copy"):
        copy_with("cp /etc/passwd elsewhere", made)
    assert made.exists()
