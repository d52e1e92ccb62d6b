"""Making, starting and asking the embedded server. Call these with the home's start lock held."""

import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg

from framework.errors import LedgerError
from framework.ledger import locks
from framework.ledger.place import Place, refuse_foreign

SUPERUSER = "postgres"
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
INITDB = ("--data-checksums", "--encoding=UTF8", "--locale=C.UTF-8", "--auth=trust", "--no-instructions")


def ensure_running(place: Place, *, patience_seconds: float = locks.PATIENCE_SECONDS) -> None:
    """Return when the server answers, having made and launched it if need be.

    Raises
    ------
    LedgerError
        It ends at once, or does not answer within `patience_seconds`.
    """
    launched, deadline = False, time.monotonic() + patience_seconds
    while not answers(place):
        if not locks.is_held(place.folder / "alive.lock"):
            if launched:
                shutil.rmtree(place.sockets)
                raise _silent(place, "ended at once")
            _launch(place)
            launched = True
        if time.monotonic() > deadline:
            raise _silent(place, f"does not answer after {patience_seconds:.0f} s")
        time.sleep(locks.PAUSE_SECONDS)


def answers(place: Place, database: str = "postgres") -> bool:
    """Whether a connection succeeds."""
    try:
        psycopg.connect(host=str(place.sockets), user=SUPERUSER, dbname=database, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def ensure_database(place: Place, name: str) -> None:
    """Create the database `name` unless it is there."""
    if not answers(place, name):
        with psycopg.connect(
            host=str(place.sockets), user=SUPERUSER, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))


def _launch(place: Place) -> None:
    if not place.cluster.exists():
        initialise(place)
    place.sockets.mkdir(mode=0o700, exist_ok=True)
    _give(place.sockets, place)
    for left_behind in (place.pidfile, *place.sockets.iterdir()):
        left_behind.unlink(missing_ok=True)  # nobody holds "alive": whatever process they name is another one
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(place.sockets),
        "unix_socket_permissions": "0700",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
    }
    options = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in settings.items())
    alive = locks.claim(place.folder / "alive.lock")
    try:
        _run(place, ["pg_ctl", "start", "-W", "-s", "-D", str(place.cluster), "-o", options], inherited=alive)
    finally:
        os.close(alive)


def initialise(place: Place) -> None:
    """Make the cluster, which must not exist."""
    # In a folder beside it, renamed when complete: a cluster is there whole or not at all.
    for left_behind in place.cluster.parent.glob("cluster.*"):
        shutil.rmtree(left_behind)
    unfinished = Path(tempfile.mkdtemp(dir=place.cluster.parent, prefix="cluster."))
    try:
        _give(unfinished, place)
        _run(place, ["initdb", "-D", str(unfinished), "-U", SUPERUSER, *INITDB])
        unfinished.rename(place.cluster)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _give(folder: Path, place: Place) -> None:
    """Make the server's account the owner of a private folder that we have made."""
    ours, account = os.geteuid(), place.account
    if account is not None and folder.lstat().st_uid == ours:
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)
    refuse_foreign(folder, uid=ours if account is None else account.uid)


def _run(place: Place, command: Sequence[str], *, inherited: int | None = None) -> None:
    account = place.account
    with place.log.open("ab") as log:
        done = subprocess.run(  # noqa: S603 - our own words
            [str(place.programs / command[0]), *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=ENVIRONMENT,
            cwd="/",
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
            pass_fds=() if inherited is None else (inherited,),
            check=False,
        )
    if done.returncode != 0:
        raise _silent(place, f"did not get past {command[0]}, which ended with code {done.returncode}")


def _silent(place: Place, how: str) -> LedgerError:
    last = " / ".join(place.log.read_text(errors="replace").splitlines()[-3:])
    return LedgerError(
        f"The embedded server {how}. Its log ends: {last}",
        "It needs about 100 MB of disk and a file system with locks.",
        f"Read {place.log}, or name another server in OPENBOOK_DATABASE_URL.",
    )
