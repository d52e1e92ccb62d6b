"""requirements.lock pins all that pyproject.toml asks for, by hash, and records no address."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


@pytest.fixture(scope="module")
def lock(root: Path) -> str:
    return (root / "requirements.lock").read_text()


@pytest.fixture(scope="module")
def pins(lock: str) -> list[Requirement]:
    lines = re.findall(r"^([^\s#-][^\\\n]*)", lock, flags=re.MULTILINE)
    return [Requirement(line.strip()) for line in lines]


@pytest.fixture(scope="module")
def direct(root: Path) -> list[Requirement]:
    project = tomllib.loads((root / "pyproject.toml").read_text())
    groups = project["dependency-groups"].values()
    lines = [*project["project"]["dependencies"], *(line for group in groups for line in group)]
    return [Requirement(line) for line in (*lines, *project["build-system"]["requires"])]


def test_every_direct_dependency_is_pinned_within_what_was_asked(
    pins: list[Requirement], direct: list[Requirement]
) -> None:
    locked = {canonicalize_name(pin.name): pin for pin in pins}
    assert len(direct) > 30
    for wanted in direct:
        pin = locked[canonicalize_name(wanted.name)]
        (specifier,) = pin.specifier
        assert specifier.operator == "=="
        assert wanted.specifier.contains(specifier.version, prereleases=True), (
            f"{pin} does not satisfy {wanted}"
        )


def test_every_pin_is_a_name_with_an_exact_version_and_hashes(lock: str, pins: list[Requirement]) -> None:
    assert len(pins) > 100
    entries = re.split(r"\n(?=\S)", lock.strip())
    assert len(entries) == len(pins)
    for entry in entries:
        assert re.match(r"[A-Za-z0-9._-]+==[^\s;]+", entry), entry.splitlines()[0]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry.splitlines()[0]


def test_the_lock_records_no_address(lock: str) -> None:
    for trace in ("://", "--find-links", "--index-url", "--extra-index-url", " @ ", "-e "):
        assert trace not in lock


def test_no_other_lock_is_kept(tracked: tuple[str, ...]) -> None:
    assert "requirements.lock" in tracked
    assert "uv.lock" not in tracked


def test_what_runs_here_is_what_is_locked(pins: list[Requirement]) -> None:
    here = [pin for pin in pins if pin.marker is None or pin.marker.evaluate()]
    assert len(here) > 100
    for pin in here:
        assert pin.specifier.contains(version(pin.name), prereleases=True), f"{pin.name} {version(pin.name)}"


def test_installed_packages_are_compiled() -> None:
    path = "import pandas, importlib.util as u; print(u.cache_from_source(pandas.core.frame.__file__))"
    compiled = subprocess.run(
        [sys.executable, "-c", path], capture_output=True, text=True, check=True
    ).stdout.strip()
    assert Path(compiled).is_file()
