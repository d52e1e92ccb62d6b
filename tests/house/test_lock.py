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

LOCKS = ("requirements.lock", "benchmarks/peers.lock")


def pinned(lock: str) -> list[Requirement]:
    lines = re.findall(r"^([^\s#-][^\\\n]*)", lock, flags=re.MULTILINE)
    return [Requirement(line.strip()) for line in lines]


@pytest.fixture(scope="module")
def pins(root: Path) -> list[Requirement]:
    return pinned((root / "requirements.lock").read_text())


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


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_is_a_name_with_an_exact_version_and_hashes(root: Path, name: str) -> None:
    lock = (root / name).read_text()
    entries = re.split(r"\n(?=\S)", lock.strip())
    assert len(entries) == len(pinned(lock)) > 50
    for entry in entries:
        assert re.match(r"[A-Za-z0-9._-]+==[^\s;]+", entry), entry.splitlines()[0]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry.splitlines()[0]


@pytest.mark.parametrize("name", LOCKS)
def test_no_lock_records_an_address(root: Path, name: str) -> None:
    lock = (root / name).read_text()
    for trace in ("://", "--find-links", "--index-url", "--extra-index-url", " @ ", "-e "):
        assert trace not in lock


def test_no_other_lock_is_kept(tracked: tuple[str, ...]) -> None:
    assert "requirements.lock" in tracked
    assert "uv.lock" not in tracked


def test_the_peers_lock_has_all_that_was_asked_for_and_none_of_it_is_needed_here(
    root: Path, pins: list[Requirement]
) -> None:
    lines = (root / "benchmarks/peers.in").read_text().splitlines()
    wanted = [Requirement(line) for line in lines if not line.startswith("#")]
    locked = {
        canonicalize_name(pin.name): pin for pin in pinned((root / "benchmarks/peers.lock").read_text())
    }
    assert len(wanted) > 5
    for each in wanted:
        (specifier,) = locked[canonicalize_name(each.name)].specifier
        assert each.specifier.contains(specifier.version, prereleases=True)
    only_peers = {"backtesting", "backtrader", "bt", "vectorbt-rust"}
    assert only_peers <= set(locked)
    assert not only_peers & {canonicalize_name(pin.name) for pin in pins}


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
