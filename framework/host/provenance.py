"""Which code this is: the commit, the lock, the sources, the versions."""

import hashlib
import platform
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from framework.errors import SpecError
from framework.host import settings

NAMED_VERSIONS = (
    "openbook",
    "exchange-calendars",
    "numpy",
    "pandas",
    "papermill",
    "scikit-learn",
    "scipy",
    "vectorbt",
)


@dataclass(frozen=True)
class Provenance:
    """What a stranger needs to get exactly this code again.

    Parameters
    ----------
    git_sha : str
        The commit, 40 hex digits.
    git_dirty : bool
        Whether the work tree differs from that commit.
    lock_hash : str
        SHA-256 of ``requirements.lock``.
    code_hash : str
        SHA-256 over the paths and contents of every ``.py`` file of ``framework/`` and ``strategies/``.
    versions : dict
        Of Python and of the packages that numbers depend on.
    """

    git_sha: str
    git_dirty: bool
    lock_hash: str
    code_hash: str
    versions: dict[str, str]


def read(root: Path | None = None) -> Provenance:
    """The provenance of the code under `root`, by default of the code that is running.

    Raises
    ------
    SpecError
        Neither git nor OPENBOOK_GIT_SHA names the commit, or there is no ``requirements.lock``.
    """
    root = _running_code() if root is None else root
    sha, dirty = commit(root)
    return Provenance(sha, dirty, _lock_hash(root), _code_hash(root), _versions())


def commit(root: Path | None = None) -> tuple[str, bool]:
    """The commit of the code under `root`, and whether the work tree differs from it."""
    root = _running_code() if root is None else root
    try:
        sha = _git(root, "rev-parse", "HEAD")
        return sha, bool(_git(root, "status", "--porcelain"))
    except (OSError, subprocess.CalledProcessError) as error:
        return _commit_of_image(root, error), False


def _running_code() -> Path:
    beside = Path(__file__).resolve().parents[2]
    return beside if (beside / "requirements.lock").exists() else settings.read().root


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own words
    return done.stdout.strip()


def _commit_of_image(root: Path, error: Exception) -> str:
    sha = settings.read().git_sha
    if sha is None:
        said = getattr(error, "stderr", None) or str(error)
        raise SpecError(
            f"No commit is known for {root}: {said.strip()}",
            "Every run is recorded with the commit of its code.",
            "Run inside the git clone, or set OPENBOOK_GIT_SHA (an image sets it when it is built).",
        ) from error
    return sha


def _lock_hash(root: Path) -> str:
    lock = root / "requirements.lock"
    if not lock.exists():
        raise SpecError(
            f"{lock} is not there.",
            "Every run is recorded with the hash of its lock.",
            "Run from the project, or restore the file with git.",
        )
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def _code_hash(root: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(
        source for part in ("framework", "strategies") for source in (root / part).rglob("*.py")
    ):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _versions() -> dict[str, str]:
    return {"python": platform.python_version()} | {name: version(name) for name in NAMED_VERSIONS}
