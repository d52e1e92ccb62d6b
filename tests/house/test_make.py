"""The two commands on a bare machine: the same installer, on a project of one small package."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

PROJECT = """
[project]
name = "miniature"
version = "1"
requires-python = ">=3.12"

[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[tool.setuptools]
packages = ["framework"]
"""
BIN = Path(sys.executable).parent
Install = Callable[..., subprocess.CompletedProcess[str]]
TOOLS = ("sh", "dirname", "cat", "cksum", "grep", "rm", "mv", "env", "uname")


def entry(lock: str, name: str) -> str:
    found = re.search(rf"^{name}==.*(?:\n    .*)*", lock, flags=re.MULTILINE)
    assert found, name
    return found[0]


@pytest.fixture
def miniature(root: Path, tmp_path: Path) -> Path:
    """A project with our Makefile and installer, and a lock of two packages, cut out of ours."""
    project = tmp_path / "miniature"
    (project / ".ci").mkdir(parents=True)
    shutil.copy(root / ".ci/install", project / ".ci")
    for name in ("Makefile", ".python-version"):
        shutil.copy(root / name, project)
    for package in ("framework", "strategies", "research"):
        (project / package).mkdir()
        (project / package / "__init__.py").write_text("")
    lock = (root / "requirements.lock").read_text()
    (project / "requirements.lock").write_text(f"{entry(lock, 'iniconfig')}\n{entry(lock, 'setuptools')}\n")
    (project / "pyproject.toml").write_text(PROJECT)
    return project


@pytest.fixture(scope="module")
def uv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a uv: on PATH, or this environment's own, or fetched once for these tests."""
    known = [shutil.which("uv"), BIN.parent / "uv/bin/uv"]
    found = next((Path(place) for place in known if place and Path(place).is_file()), None)
    if found is None:
        folder = tmp_path_factory.mktemp("uv")
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin/python", "-m", "pip", "install", "-qq", "uv"], check=True)
        found = folder / "bin/uv"
    return found.parent


@pytest.fixture
def install(miniature: Path, uv: Path) -> Install:
    usual = f"{os.environ['PATH']}{os.pathsep}{uv}"

    def make_install(path: str = usual, *, python: str = "") -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PATH": path, "PYTHONDONTWRITEBYTECODE": "1"}  # as some images have it
        command = [shutil.which("make") or "make", "install", *([f"PYTHON={python}"] if python else [])]
        return subprocess.run(
            command, check=False, cwd=miniature, env=environment, capture_output=True, text=True, timeout=120
        )

    return make_install


def run(project: Path, code: str) -> str:
    python = project / ".venv/bin/python"
    return subprocess.run(
        [python, "-I", "-c", code], check=True, capture_output=True, text=True
    ).stdout.strip()


def test_a_bare_machine_gets_what_the_lock_says_compiled_and_the_project_editable(
    miniature: Path, install: Install
) -> None:
    done = install()
    assert done.returncode == 0, done.stderr
    code = "import iniconfig, importlib.util as u; print(u.cache_from_source(iniconfig.__file__))"
    assert Path(run(miniature, code)).is_file()
    assert run(miniature, "import framework; print(framework.__file__)") == str(
        miniature / "framework/__init__.py"
    )

    started = time.perf_counter()
    again = install()
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert time.perf_counter() - started < 1.0


def test_an_interrupted_installation_is_mended_by_the_next(miniature: Path, install: Install) -> None:
    assert install().returncode == 0
    (miniature / ".venv/installed").unlink()
    (package,) = (miniature / ".venv/lib").glob("python*/site-packages/iniconfig")
    shutil.rmtree(package)
    (dist,) = package.parent.glob("iniconfig-*.dist-info")
    shutil.rmtree(dist)
    assert install().returncode == 0
    assert run(miniature, "import iniconfig; print('back')") == "back"

    (miniature / ".venv/bin/python").unlink()  # the interpreter was upgraded away
    assert install().returncode == 0
    assert run(miniature, "import iniconfig; print('back')") == "back"


def test_a_package_that_is_not_what_was_locked_is_refused_and_nothing_is_stamped(
    miniature: Path, install: Install
) -> None:
    lock = miniature / "requirements.lock"
    lock.write_text(
        re.sub(
            r"(iniconfig==.*?)sha256:[0-9a-f]{64}(?: \\\n.*?)*?\n(?=\S)",
            _wrong,
            lock.read_text(),
            flags=re.DOTALL,
        )
    )
    done = install()
    assert done.returncode != 0
    assert "match its hash in requirements.lock" in done.stderr
    assert not (miniature / ".venv/installed").exists()


def _wrong(found: re.Match[str]) -> str:
    return f"{found[1]}sha256:{'0' * 64}\n"


def test_a_changed_lock_is_installed(miniature: Path, install: Install) -> None:
    lock = miniature / "requirements.lock"
    whole = lock.read_text()
    lock.write_text(entry(whole, "setuptools") + "\n")
    assert install().returncode == 0
    code = "import importlib.util as u; print(u.find_spec('iniconfig') is not None)"
    assert run(miniature, code) == "False"
    lock.write_text(whole)
    assert install().returncode == 0
    assert run(miniature, code) == "True"


@pytest.fixture
def bare_path(tmp_path: Path) -> Path:
    """A PATH with the tools of a bare machine and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        (folder / name).symlink_to(shutil.which(name) or name)
    return folder


def test_no_python_is_said_in_three_parts(install: Install, bare_path: Path) -> None:
    done = install(str(bare_path))
    assert done.returncode != 0
    assert "No Python 3.12 or later was found" in done.stderr
    assert "needs version 3.12" in done.stderr
    assert "make PYTHON=" in done.stderr


def test_a_python_that_is_named_is_the_one_that_is_used(miniature: Path, install: Install) -> None:
    real = Path(sys.executable).resolve()
    assert f"({real})" in install(python=str(real)).stderr
    assert install(python=str(real)).stderr == ""
    refused = install(python="/nowhere/python3")
    assert refused.returncode != 0
    assert "(tried: /nowhere/python3)" in refused.stderr
    assert install().stderr == "", "the environment that was there still stands"


def test_an_old_python_and_a_shim_that_fails_are_passed_over(
    install: Install, uv: Path, bare_path: Path, tmp_path: Path
) -> None:
    for name, answer in (("python3.12", "exit 127"), ("python3.13", "exit 127"), ("python3", "exit 1")):
        (bare_path / name).write_text(f"#!/bin/sh\n{answer}\n")
        (bare_path / name).chmod(0o755)
    later = tmp_path / "later"
    later.mkdir()
    (later / "python3").symlink_to(Path(sys.executable).resolve())
    (later / "uv").symlink_to(uv / "uv")
    done = install(f"{bare_path}{os.pathsep}{later}")
    assert done.returncode == 0, done.stderr
    assert f"({later}/python3)" in done.stderr


def test_make_alone_explains_itself(root: Path) -> None:
    said = subprocess.run(["make"], check=True, cwd=root, capture_output=True, text=True).stdout
    for target in ("demo", "test", "check", "lab", "serve", "bench", "lock", "clean"):
        assert re.search(rf"^  make {target} +\S", said, flags=re.MULTILINE), target


def test_ci_is_check_and_test(root: Path) -> None:
    script = (root / ".ci/run").read_text()
    assert script.startswith("#!/usr/bin/env bash\n")
    assert "set -euo pipefail" in script
    assert script.rstrip().endswith("make check test </dev/null")
    subprocess.run(["bash", "-n", root / ".ci/run"], check=True)


def test_no_registry_is_named(root: Path, tracked: tuple[str, ...]) -> None:
    hosts = re.compile(
        "|".join(("py" + r"pi\.org", "python" + "hosted", "registry" + r"\.npmjs", "deb" + r"\.debian"))
    )
    text = {name for name in tracked if not name.endswith((".png", ".gz", ".woff2", ".parquet"))}
    assert "Makefile" in text
    assert [name for name in text if hosts.search((root / name).read_text(errors="ignore"))] == []
