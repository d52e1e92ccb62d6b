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
import subprocess
import sys
from pathlib import Path

from sqlalchemy import URL

from framework.errors import LedgerError
from framework.ledger import cluster, locks, reaper
from framework.ledger.cluster import SUPERUSER
from framework.ledger.engine import APPLICATION
from framework.ledger.place import Place, settle

LINGER_SECONDS = 3.0
DATABASE = "openbook"


class Server:
    """A claim on the embedded server of a home: the server runs for as long as any process holds one.

    Get one with `Server.start`. It ends with `stop`, or with the process, even if that is killed.

    Attributes
    ----------
    place : Place
        Where its programs, cluster and socket are.
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
            How long a server that this call starts waits for another user after its last one has gone.

        Raises
        ------
        LedgerError
            It does not start or does not answer in time; the message quotes its log.
        """
        folder = home.resolve() / "postgres"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return cls._claimed(folder, linger_seconds)
        except OSError as error:
            raise LedgerError(
                f"The embedded server of {home} cannot be started: {error}.",
                "It keeps its data there, and needs about 100 MB and a file system with locks.",
                "Set OPENBOOK_HOME to a folder that you may write to, or OPENBOOK_DATABASE_URL to a server.",
            ) from error

    @classmethod
    def _claimed(cls, folder: Path, linger_seconds: float) -> "Server":
        claim = locks.claim(folder / "users.lock", shared=True)  # from here on nobody stops it
        try:
            with locks.held(folder / "start.lock"):
                place = settle(folder)
                cluster.ensure_running(place)
                _ensure_reaper(place, linger_seconds)
                cluster.ensure_database(place, DATABASE)
        except BaseException:
            os.close(claim)
            raise
        return cls(place, claim)

    def stop(self) -> None:
        """Give the claim up. The server stops a little later, unless somebody else holds one."""
        if self._claim is not None:
            os.close(self._claim)
            self._claim = None

    def url(self, database: str = DATABASE, user: str = APPLICATION) -> str:
        """SQLAlchemy URL of a database on this server; by default, as the application role."""
        address = URL.create(
            "postgresql+psycopg", user, database=database, query={"host": str(self.place.sockets)}
        )
        return address.render_as_string()

    @property
    def admin_url(self) -> str:
        """URL of the openbook database as the cluster's superuser, for migrations."""
        return self.url(user=SUPERUSER)


def _ensure_reaper(place: Place, linger_seconds: float) -> None:
    lock = locks.claim_if_free(place.folder / "reaper.lock")
    if lock is None:
        return
    users = os.open(place.folder / "users.lock", os.O_RDWR)
    paths = [str(place.folder / "alive.lock"), str(place.pidfile), str(place.sockets)]
    script = [sys.executable, "-I", "-S", str(Path(reaper.__file__)), str(users), str(lock), *paths]
    try:
        with place.log.open("ab") as log:
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
