"""The embedded server: a real PostgreSQL 16 under a home, shared by all processes that use that home.

Four locks in ``HOME/postgres`` say everything; the kernel frees each of them however its holder ends.

==========  ===================================================================================
users       shared, by each process that uses the server, for as long as it does
start       exclusive, by the process that looks whether the server runs and starts it if not
alive       by the server's own processes, which inherit it
reaper      exclusive, by the detached process that stops the server when no user is left
==========  ===================================================================================
"""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg
from sqlalchemy import URL

from framework.errors import LedgerError
from framework.ledger import locks, reaper
from framework.ledger.place import Place, refuse_foreign, settle

PATIENCE_SECONDS = 60.0
LINGER_SECONDS = 3.0
SUPERUSER = "postgres"
APPLICATION = "openbook_app"
DATABASE = "openbook"
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


class Server:
    """A claim on the embedded server of a home: the server runs for as long as any process holds one.

    Get one with `Server.start`. It ends with `stop`, or with the process, even if that is killed.
    """

    def __init__(self, place: Place, claim: int) -> None:
        self.place = place
        self._claim: int | None = claim

    @classmethod
    def start(cls, home: Path, *, linger_seconds: float = LINGER_SECONDS) -> "Server":
        """Claim the server of `home`, starting it unless it runs.

        Parameters
        ----------
        home : Path
            Made if it does not exist. The server keeps everything in ``home/postgres``, and where it could not
            get there as an unprivileged user, in hashed folders under ``/var/tmp``.
        linger_seconds : float
            How long the server waits for the next user after its last one has gone.

        Raises
        ------
        LedgerError
            It does not start or does not answer in time; the message quotes its log.
        """
        folder = home.resolve() / "postgres"
        _make(folder)
        claim = locks.claim(folder / "users.lock", shared=True, patience_seconds=PATIENCE_SECONDS)
        try:
            with locks.held(folder / "start.lock", patience_seconds=PATIENCE_SECONDS):
                place = settle(folder)
                _ensure_running(place)
                _ensure_reaper(place, linger_seconds)
                _ensure_database(place)
        except BaseException:
            os.close(claim)
            raise
        return cls(place, claim)

    def stop(self) -> None:
        """Give the claim up. The server stops a little later if nobody else holds one."""
        if self._claim is not None:
            os.close(self._claim)
            self._claim = None

    def url(self, database: str = DATABASE, user: str = APPLICATION) -> str:
        """SQLAlchemy URL of a database on this server; by default, as the application role."""
        return str(
            URL.create(
                "postgresql+psycopg", user, database=database, query={"host": str(self.place.sockets)}
            ).render_as_string(hide_password=False)
        )

    @property
    def admin_url(self) -> str:
        """URL of the openbook database as the cluster's superuser, for migrations."""
        return self.url(user=SUPERUSER)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerError(
            f"{folder} cannot be made: {error.strerror}.",
            "The embedded server keeps its data there.",
            "Set OPENBOOK_HOME to a folder that you may write to, or OPENBOOK_DATABASE_URL to a server.",
        ) from error


def _ensure_running(place: Place) -> None:
    if _answers(place):
        return
    if not locks.is_held(place.folder / "alive.lock"):
        if not place.cluster.exists():
            _initialise(place)
        place.pidfile.unlink(
            missing_ok=True
        )  # nobody holds "alive": whatever process it names is another one
        _launch(place)
    _wait(place)


def _answers(place: Place, database: str = "postgres") -> bool:
    try:
        psycopg.connect(host=str(place.sockets), user=SUPERUSER, dbname=database, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _initialise(place: Place) -> None:
    # In a folder beside it, renamed when complete: a cluster is there whole or not at all.
    unfinished = Path(tempfile.mkdtemp(dir=place.cluster.parent, prefix=f"{place.cluster.name}."))
    try:
        _give(unfinished, place)
        options = [
            "--data-checksums",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--auth=trust",
            "--no-instructions",
        ]
        _run(place, ["initdb", "-D", str(unfinished), "-U", SUPERUSER, *options], "initdb")
        unfinished.rename(place.cluster)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _launch(place: Place) -> None:
    place.sockets.mkdir(mode=0o700, exist_ok=True)
    _give(place.sockets, place)
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(place.sockets),
        "unix_socket_permissions": "0700",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    options = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in settings.items())
    alive = locks.claim(place.folder / "alive.lock", patience_seconds=PATIENCE_SECONDS)
    try:
        command = ["pg_ctl", "start", "-W", "-s", "-D", str(place.cluster), "-o", options]
        _run(place, command, "pg_ctl", inherited=alive)
    finally:
        os.close(alive)


def _wait(place: Place) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not _answers(place):
        ended = not locks.is_held(place.folder / "alive.lock")
        if ended or time.monotonic() > deadline:
            raise LedgerError(
                f"The embedded server {'ended at once' if ended else 'runs but does not answer'}: {_log(place)}",
                f"It must answer within {PATIENCE_SECONDS:.0f} s.",
                f"Read {place.folder / 'server.log'}.",
            )
        time.sleep(locks.PAUSE_SECONDS)


def _ensure_reaper(place: Place, linger_seconds: float) -> None:
    lock = locks.claim_if_free(place.folder / "reaper.lock")
    if lock is None:
        return
    users = os.open(place.folder / "users.lock", os.O_RDWR)
    paths = [str(place.folder / "alive.lock"), str(place.pidfile)]
    script = [sys.executable, "-I", "-S", str(Path(reaper.__file__)), str(users), str(lock), *paths]
    try:
        with (place.folder / "server.log").open("ab") as log:
            # Through a shell that ends at once, so that the reaper is nobody's child and outlives us.
            subprocess.run(  # noqa: S603 - our own words
                ["/bin/sh", "-c", '"$@" &', "sh", *script, str(linger_seconds)],
                pass_fds=(users, lock),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                check=True,
            )
    finally:
        os.close(users)
        os.close(lock)


def _ensure_database(place: Place) -> None:
    if not _answers(place, DATABASE):
        with psycopg.connect(
            host=str(place.sockets), user=SUPERUSER, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}")


def _give(folder: Path, place: Place) -> None:
    if place.account is not None and folder.stat().st_uid == os.geteuid():
        os.chown(folder, place.account.uid, place.account.gid)
    folder.chmod(0o700)
    refuse_foreign(folder, uid=os.geteuid() if place.account is None else place.account.uid)


def _run(place: Place, command: Sequence[str], name: str, *, inherited: int | None = None) -> None:
    program = [str(place.programs / command[0]), *command[1:]]
    account = place.account
    with (place.folder / "server.log").open("ab") as log:
        done = subprocess.run(  # noqa: S603 - our own words
            program,
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
        raise LedgerError(
            f"{name} of the embedded server failed with code {done.returncode}: {_log(place)}",
            "It needs about 100 MB of disk and a file system with locks.",
            f"Read {place.folder / 'server.log'}.",
        )


def _log(place: Place) -> str:
    lines = (place.folder / "server.log").read_text(errors="replace").splitlines()
    return " / ".join(lines[-3:])
