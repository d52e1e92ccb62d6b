import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from framework.errors import LedgerError
from framework.ledger import cluster, locks
from framework.ledger.cluster import SUPERUSER
from framework.ledger.connect import open_ledger
from framework.ledger.embedded import Server
from framework.ledger.place import SHELTER, settle

LINGER = 0.2
ROOT = Path(__file__).parents[2]

START = """
import os, sys
from pathlib import Path
from framework.ledger.embedded import Server

server = Server.start(Path(sys.argv[1]), linger_seconds=0.2)
print(server.place.pidfile.read_text().split()[0], flush=True)
sys.stdin.read()
"""
OPEN = """
import sys
from pathlib import Path
from framework.ledger.connect import open_ledger

with open_ledger(url=None, admin_url=None, home=Path(sys.argv[1])) as ledger:
    print(sum(ledger.counts().values()), flush=True)
"""


@pytest.fixture(scope="module")
def initialised() -> Iterator[Path]:
    """The folder of a home whose cluster was made and never used; copying it is quicker than making another."""
    parent = Path(tempfile.mkdtemp(prefix="openbook-tests-", dir=SHELTER))
    parent.chmod(0o755)
    folder = parent / "postgres"
    folder.mkdir()
    cluster.initialise(settle(folder))
    yield folder
    shutil.rmtree(parent)


@pytest.fixture
def used_home(home: Path, initialised: Path) -> Path:
    """A home with a cluster and without a server."""
    home.mkdir()
    subprocess.run(["cp", "-a", initialised, home], check=True)
    return home


def postmaster(home: Path) -> int:
    return int(next(home.parent.rglob("postmaster.pid")).read_text().split()[0])


def connect(server: Server) -> psycopg.Connection:
    return psycopg.connect(host=str(server.place.sockets), user=SUPERUSER, dbname="postgres", autocommit=True)


def processes_of(home: Path) -> list[str]:
    """Command lines of all processes that name the home, zombies left out (they have none)."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it ended meanwhile
        if str(home) in command and "pytest" not in command:
            found.append(command)
    return found


def test_it_is_a_postgresql_16_with_checksums_on_a_socket_only(home):
    server = Server.start(home, linger_seconds=LINGER)
    with connect(server) as connection:
        asked = (
            "server_version_num",
            "data_checksums",
            "listen_addresses",
            "server_encoding",
            "TimeZone",
            "fsync",
        )
        said = [connection.execute(f"SHOW {name}").fetchone()[0] for name in asked]
        collation = connection.execute(
            "SELECT datcollate FROM pg_database WHERE datname = 'openbook'"
        ).fetchone()[0]
    assert said[0].startswith("16")
    assert said[1:] == ["on", "", "UTF8", "UTC", "on"]
    assert collation == "C.UTF-8"
    assert len(f"{server.place.sockets}/.s.PGSQL.5432") <= 107
    server.stop()


def test_nothing_is_left_behind_when_its_last_user_goes(used_home, eventually):
    first, second = (Server.start(used_home, linger_seconds=LINGER) for _ in range(2))
    assert first.place == second.place
    first.stop()
    with connect(second) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert any("reaper" in command for command in processes_of(used_home))
    second.stop()
    assert eventually(lambda: not processes_of(used_home))
    assert not second.place.pidfile.exists()
    assert not second.place.sockets.exists()


def test_a_new_user_within_the_linger_keeps_it_running(used_home):
    first = Server.start(used_home, linger_seconds=1.0)
    pid = postmaster(used_home)
    first.stop()
    second = Server.start(used_home)
    assert postmaster(used_home) == pid
    second.stop()


def test_eight_starters_get_one_server_which_kill_9_of_any_neither_stops_nor_leaks(used_home, eventually):
    command = [sys.executable, "-c", START, str(used_home)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
    starters = [subprocess.Popen(command, **pipes) for _ in range(8)]
    pids = {starter.stdout.readline().strip() for starter in starters}
    assert len(pids) == 1
    assert pids != {""}
    assert len([command for command in processes_of(used_home) if "reaper" in command]) == 1
    survivor = Server.start(used_home)
    for starter in starters:  # the one that started the server is among them
        starter.kill()
        starter.communicate()
    with connect(survivor) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert {str(postmaster(used_home))} == pids
    survivor.stop()
    assert eventually(lambda: not processes_of(used_home))


def test_the_last_user_killed_leaves_nothing_behind(used_home, python, eventually):
    with python(START, used_home) as user:
        assert user.stdout.readline()
        assert processes_of(used_home)
        user.kill()
    assert eventually(lambda: not processes_of(used_home))


def test_a_killed_server_is_started_again_and_has_what_was_committed(used_home, eventually):
    first = Server.start(used_home, linger_seconds=LINGER)
    with connect(first) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (7)")
    killed = postmaster(used_home)
    os.kill(killed, signal.SIGKILL)
    second = Server.start(used_home)  # at once: the server's children are still about to end
    assert postmaster(used_home) != killed
    with connect(second) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (7,)
    os.kill(postmaster(used_home), signal.SIGKILL)  # and nobody comes to start it again
    first.stop()
    second.stop()
    assert eventually(lambda: not processes_of(used_home))
    assert eventually(lambda: not first.place.sockets.exists())


def test_a_pid_file_left_by_a_dead_machine_is_swept_even_if_its_pid_lives(used_home, eventually):
    first = Server.start(used_home, linger_seconds=LINGER)
    pidfile, left = first.place.pidfile, first.place.pidfile.read_text()
    first.stop()
    assert eventually(lambda: not processes_of(used_home))
    assert not pidfile.exists()
    pidfile.write_text(left.replace(left.split()[0], str(os.getpid()), 1))
    second = Server.start(used_home, linger_seconds=LINGER)
    assert postmaster(used_home) != os.getpid()
    second.stop()


def test_a_server_whose_reaper_was_killed_gets_a_new_one(used_home, eventually):
    server = Server.start(used_home, linger_seconds=LINGER)
    reapers = [
        int(entry.parent.name)
        for entry in Path("/proc").glob("[0-9]*/cmdline")
        if is_reaper(entry, used_home)
    ]
    assert len(reapers) == 1
    os.kill(reapers[0], signal.SIGKILL)
    assert eventually(lambda: not locks.is_held(used_home / "postgres" / "reaper.lock"))
    Server.start(used_home, linger_seconds=LINGER).stop()
    assert locks.is_held(used_home / "postgres" / "reaper.lock")
    server.stop()
    assert eventually(lambda: not processes_of(used_home))


def is_reaper(entry: Path, home: Path) -> bool:
    try:
        command = entry.read_bytes()
    except OSError:
        return False
    return b"reaper.py" in command and str(home).encode() in command


def test_it_touches_no_permission_outside_its_folder(home):
    private = home.parent
    private.chmod(0o700)
    before = {path: stat.S_IMODE(path.stat().st_mode) for path in (*private.parents, private)}
    server = Server.start(home, linger_seconds=LINGER)
    assert {path: stat.S_IMODE(path.stat().st_mode) for path in before} == before
    with connect(server) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    inside = server.place.cluster.is_relative_to(home)
    assert inside is (
        os.geteuid() != 0
    )  # as root the server is another user, who cannot get below a private folder
    server.stop()


def test_a_home_that_moves_keeps_its_record_and_one_made_anew_starts_empty(home, eventually):
    home.parent.chmod(0o700)  # where we are root the cluster is elsewhere, and must follow all the same
    moved = home.with_name("moved")
    first = Server.start(home, linger_seconds=LINGER)
    with connect(first) as connection:
        connection.execute("CREATE TABLE kept (n int)")
    first.stop()
    assert eventually(lambda: not processes_of(home))
    home.rename(moved)
    second, anew = Server.start(moved, linger_seconds=LINGER), Server.start(home, linger_seconds=LINGER)
    with connect(second) as old, connect(anew) as new:
        assert old.execute("SELECT to_regclass('kept') IS NOT NULL").fetchone() == (True,)
        assert new.execute("SELECT to_regclass('kept') IS NOT NULL").fetchone() == (False,)
    second.stop()
    anew.stop()
    assert eventually(lambda: not processes_of(moved))


def test_a_home_deleted_under_its_server_leaves_no_server_and_the_next_one_starts_empty(home, eventually):
    home.parent.chmod(0o700)  # where we are root the cluster survives elsewhere
    first = Server.start(home, linger_seconds=LINGER)
    with connect(first) as connection:
        connection.execute("CREATE TABLE kept (n int)")
    pid = int(first.place.pidfile.read_text().split()[0])
    elsewhere = first.place.cluster.parent if not first.place.cluster.is_relative_to(home) else None
    shutil.rmtree(home)
    second = Server.start(home, linger_seconds=LINGER)
    assert second.place.sockets != first.place.sockets
    with connect(second) as connection:
        assert connection.execute("SELECT to_regclass('kept') IS NULL").fetchone() == (True,)
    first.stop()
    second.stop()
    assert eventually(
        lambda: not Path(f"/proc/{pid}/cwd").exists(), seconds=90.0
    )  # by itself where its files are gone
    if elsewhere is not None:
        shutil.rmtree(elsewhere)


def test_a_copied_home_is_another_home(used_home):
    used_home.parent.chmod(0o700)
    first = settle(used_home / "postgres")
    copy = used_home.with_name("copy")
    shutil.copytree(used_home, copy)
    second = settle(copy / "postgres")
    assert second.cluster != first.cluster
    assert second.sockets != first.sockets
    assert settle(used_home / "postgres") == first


def test_the_whole_ledger_works_for_an_ordinary_user(home, ordinary_user, eventually):
    done = ordinary_user(OPEN, home)
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr
    made = home / "postgres" / "cluster"
    assert made.stat().st_uid == home.stat().st_uid
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert eventually(lambda: not processes_of(home))


def test_a_home_that_cannot_be_made_is_an_error_in_words(home):
    home.write_text("a file")
    with pytest.raises(LedgerError, match="OPENBOOK_HOME"):
        Server.start(home)


def test_a_cluster_that_does_not_start_is_an_error_that_quotes_its_log(used_home, eventually):
    server = Server.start(used_home, linger_seconds=LINGER)
    control = server.place.cluster / "global" / "pg_control"
    server.stop()
    assert eventually(lambda: not processes_of(used_home))
    control.unlink()
    with pytest.raises(LedgerError, match="pg_control"):
        Server.start(used_home, linger_seconds=LINGER)
    assert not server.place.sockets.exists()
    assert eventually(lambda: not processes_of(used_home))


def test_opening_the_ledger_starts_migrates_and_closing_lets_go(used_home, eventually):
    with open_ledger(url=None, admin_url=None, home=used_home) as ledger:
        assert sum(ledger.counts().values()) == 1  # its migration
        assert processes_of(used_home)
    assert eventually(lambda: not processes_of(used_home))
