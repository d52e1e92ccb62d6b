"""The checks of ``openbook doctor``, one function each."""

import platform
import re
import shutil
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal

from framework.cli.context import opened
from framework.host import provenance
from framework.host.settings import Settings
from framework.job import spec
from framework.ledger import checkpoint
from framework.ledger.about import about
from framework.ledger.checkpoint import KEY
from framework.ledger.tiles import Folder

OLDEST_PYTHON: Final = (3, 12)
PIN: Final = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
ROOM_BYTES: Final = 1_000_000_000
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Parameters
    ----------
    state : {"good", "fair", "bad"}
        "fair" is worth knowing and stops nothing.
    said : str
        What was found.
    remedy : str
        What to do about it; empty if nothing.
    name : str
        What was checked.
    exit_code : int
        Of ``openbook doctor`` if this is the first that is bad.
    """

    state: Literal["good", "fair", "bad"]
    said: str
    remedy: str = ""
    name: str = ""
    exit_code: int = 1


def python(current: Settings) -> Finding:
    """At least 3.12."""
    running = f"{platform.python_version()} at {sys.executable}"
    if sys.version_info < OLDEST_PYTHON:
        return Finding("bad", running, "Install Python 3.12 or later, then: make install.", "python")
    wanted = current.root / ".python-version"
    pinned = wanted.read_text(encoding="utf-8").strip() if wanted.exists() else ""
    if pinned and not platform.python_version().startswith(pinned):
        return Finding("fair", f"{running}; the project is tested on {pinned}", name="python")
    return Finding("good", running, name="python")


def lock(current: Settings) -> Finding:
    """Every installed package has a version that the lock names."""
    path = current.root / "requirements.lock"
    if not path.exists():
        return Finding(
            "bad", f"{path} is not there", "Restore it: git checkout requirements.lock.", "lock", 3
        )
    pins = defaultdict(set)
    for name, pinned in PIN.findall(path.read_text(encoding="utf-8")):
        pins[name].add(pinned)
    installed = {name: _installed(name) for name in pins}
    other = [f"{name} {found}" for name, found in installed.items() if found and found not in pins[name]]
    if other:
        said = f"{len(other)} packages differ from the lock: {', '.join(other[:5])}"
        return Finding("bad", said, "Install from the lock again: make install.", "lock", 3)
    return Finding(
        "good", f"{sum(map(bool, installed.values()))} packages as requirements.lock names them", name="lock"
    )


def database(current: Settings) -> Finding:
    """Reached, new enough, migrated, and unable to rewrite the record."""
    with opened(current) as ledger:
        found, rows = about(ledger), sum(ledger.counts().values())
    kind = "embedded" if current.database_url is None else "external"
    said = f"PostgreSQL {found.version}, {kind}, as {found.role}, migrated, {rows:,} rows"
    if found.superuser or found.rewrites:
        remedy = "Let OPENBOOK_DATABASE_URL name a user that is a member of openbook_app and nothing more."
        return Finding("bad", f"{said}; this role may rewrite the record", remedy, "database", 7)
    if not found.guarded:
        remedy = "The guard is partial: whoever owns it could take it away. Migrate as a superuser if there is one."
        return Finding("fair", said, remedy, "database")
    return Finding("good", said, name="database")


def log(current: Settings) -> Finding:
    """The key that signs checkpoints, the last of them, and whether readers have it."""
    if not (current.home / KEY).exists():
        remedy = "Make one, and every site build signs the record: openbook key create."
        return Finding("fair", "no key: the record is not signed", remedy, "log")
    signer, last, _ = checkpoint.opened(current.home)
    said = f"key {signer.verifier.id.hex()} of {signer.name}"
    if last.size == 0:
        return Finding("fair", f"{said}; nothing is signed yet", "Sign: openbook checkpoint.", "log")
    said = f"{said}; checkpoint of {last.size:,} entries"
    published = Folder(current.root / "site" / "public" / "log").read(f"checkpoints/{last.size}")
    if published is None:
        return Finding("fair", f"{said}, not published", "Publish it: openbook site build.", "log")
    return Finding("good", f"{said}, published", name="log")


def jobs(current: Settings) -> Finding:
    """Every YAML loads."""
    found = [spec.load(name, current.root) for name in spec.names(current.root)]
    if not found:
        return Finding(
            "bad", f"no job in {current.root / spec.FOLDER}", "Run this in the project.", "jobs", 3
        )
    return Finding("good", f"{len(found)} in {current.root / spec.FOLDER}", name="jobs")


def kernel(_current: Settings) -> Finding:
    """What executes notebooks."""
    return _package("ipykernel", "kernel", "runs no notebook")


def hugo(_current: Settings) -> Finding:
    """What builds the pages."""
    return _package("hugo", "hugo", "builds no page")


def browser(_current: Settings) -> Finding:
    """What the tests look at pages with."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        return Finding(
            "fair", "no Chromium: the browser tests are skipped", "apt-get install chromium", "browser"
        )
    return Finding("good", found, name="browser")


def git(_current: Settings) -> Finding:
    """The commit that runs are recorded with."""
    sha, dirty = provenance.commit()
    if dirty:
        remedy = "Commit before a run whose record others should be able to repeat."
        return Finding("fair", f"{sha[:12]}, and the work tree differs from it", remedy, "git")
    return Finding("good", sha[:12], name="git")


def room(current: Settings) -> Finding:
    """Space where the home is."""
    place = next(at for at in (current.home, *current.home.parents) if at.exists())
    free = shutil.disk_usage(place).free
    said = f"{free / 1e9:,.1f} GB free at {_short(current.home, current.root)}"
    if free < ROOM_BYTES:
        return Finding("bad", said, "Free at least 1 GB, or set OPENBOOK_HOME to another disk.", "room")
    return Finding("good", said, name="room")


CHECKS: Final[dict[str, Callable[[Settings], Finding]]] = {
    "python": python,
    "lock": lock,
    "git": git,
    "room": room,
    "database": database,
    "log": log,
    "jobs": jobs,
    "kernel": kernel,
    "hugo": hugo,
    "browser": browser,
}


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _package(package: str, name: str, without: str) -> Finding:
    found = _installed(package)
    if found is None or find_spec(package) is None:
        return Finding(
            "bad",
            f"{package} is missing: openbook {without}",
            "Install from the lock again: make install.",
            name,
        )
    return Finding("good", f"{package} {found}", name=name)


def _short(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
