"""Where the project is, and what git says belongs to it."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(autouse=True)
def _no_make_above(monkeypatch: pytest.MonkeyPatch) -> None:
    """A make that a test starts is not told that `make test` started the test."""
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", "ARGS", "UPGRADE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def tracked(root: Path) -> tuple[str, ...]:
    """Every file of the project: committed, or new and not ignored."""
    listing = subprocess.run(
        ["git", "-c", f"safe.directory={root}", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return tuple(name for name in sorted(set(listing)) if (root / name).is_file())
