"""README's commands and its example are run: each line of its shell blocks, and the Python block whole.

| command | how |
|---|---|
| make demo, lab, serve | dry: that the target installs and then calls a command that `openbook --help` lists |
| make test | dry: that the target installs and then calls pytest (this very run is its proof) |
| openbook ... | really, in a copy of the project with a database of its own |

The installer itself is tried in test_make.py.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from framework.ledger import locks

README = (Path(__file__).resolve().parents[2] / "README.md").read_text()
BIN = Path(sys.executable).parent


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


COMMANDS = [
    line.partition("  #")[0].strip() for block in blocks("sh") for line in block.splitlines() if line.strip()
]
OPENBOOK = [command for command in COMMANDS if command.startswith(".venv/bin/openbook ")]
MAKE = [command for command in COMMANDS if command.startswith("make ")]


@pytest.fixture(scope="module")
def copy(root: Path, tracked: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as a reader has it, where nothing that is written harms the real one."""
    folder = tmp_path_factory.mktemp("reader") / "openbook"
    for name in tracked:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, folder / name)
    git = ["git", "-c", "user.name=Reader", "-c", "user.email=reader@example.org"]
    subprocess.run([*git, "init", "-q"], cwd=folder, check=True)
    subprocess.run([*git, "add", "-A"], cwd=folder, check=True)
    subprocess.run([*git, "commit", "-qm", "As read"], cwd=folder, check=True)
    return folder


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """Where the reader's database lies; not in pytest's folder, which the server's user may not enter."""
    folder = Path(tempfile.mkdtemp(prefix="openbook-reader-", dir="/var/tmp"))
    folder.chmod(0o755)
    yield folder
    deadline = time.monotonic() + 30.0
    while locks.is_held(folder / "postgres" / "reaper.lock"):
        assert time.monotonic() < deadline, "the server did not stop after its last user"
        time.sleep(0.05)
    shutil.rmtree(folder)


def as_reader(command: list[str | Path], folder: Path, home: Path) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("OPENBOOK_")}
    environment = inherited | {"PYTHONPATH": str(folder), "OPENBOOK_HOME": str(home)}
    return subprocess.run(
        command, check=False, cwd=folder, env=environment, capture_output=True, text=True, timeout=240
    )


def test_every_command_is_one_that_these_tests_know() -> None:
    assert set(COMMANDS) == {*MAKE, *OPENBOOK}
    assert len(MAKE) == 4
    assert len(OPENBOOK) >= 4


@pytest.mark.parametrize("command", MAKE)
def test_make_installs_and_then_calls_what_exists(command: str, root: Path) -> None:
    plan = subprocess.run(
        ["make", "-n", command.split()[1]], check=True, cwd=root, capture_output=True, text=True
    )
    first, *_, last = plan.stdout.splitlines()
    assert first == "sh .ci/install"
    program, *arguments = last.split()
    assert (root / program).is_file() or (BIN / Path(program).name).is_file()
    if Path(program).name == "openbook":
        done = subprocess.run(
            [BIN / "openbook", *arguments, "--help"], check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        assert "Example" in done.stdout


@pytest.mark.parametrize("command", OPENBOOK)
def test_a_command_of_the_readme_runs(command: str, copy: Path, home: Path) -> None:
    done = as_reader([BIN / "openbook", *command.split()[1:]], copy, home)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_the_example_reaches_a_verdict(copy: Path, home: Path) -> None:
    (example,) = blocks("python")
    lines = [line for line in example.splitlines() if line]
    assert len(lines) <= 12
    code = f"{example}\nprint(len(result.trades), 'trades,', len(judgement.verdict.reasons), 'reasons')\n"
    done = as_reader([sys.executable, "-c", code], copy, home)
    assert done.returncode == 0, done.stderr
    found = re.fullmatch(r"(\d+) trades, (\d+) reasons", done.stdout.strip())
    assert found
    assert int(found[1]) > 10
    assert int(found[2]) > 2


def test_the_example_speaks_the_language_of_the_quickstart(root: Path) -> None:
    (example,) = blocks("python")
    cells = json.loads((root / "notebooks/quickstart.ipynb").read_text())["cells"]
    quickstart = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    names = set(re.findall(r"^from framework import (.+)$", example, flags=re.MULTILINE)[0].split(", "))
    assert names == {"CostModel", "backtest", "judge", "load_bars"}
    for name in names:
        assert f"{name}(" in quickstart


def test_what_must_be_said_is_said() -> None:
    for words in (
        "Commons Clause",
        "survivors",
        "close of *t + 1*",
        "framework/errors.py",
        "OPENBOOK_DATABASE_URL",
    ):
        assert words in " ".join(README.split())
