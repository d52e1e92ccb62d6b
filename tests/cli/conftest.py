"""The command line as a user meets it: its code, and what it says on either stream."""

import logging
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from framework.cli.program import run
from framework.host.settings import Settings

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def openbook(tmp_path, monkeypatch, capsys):
    """Run a command in the repository, or in `directory`, with no home but a temporary one."""
    for name in [name for name in os.environ if name.startswith("OPENBOOK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OPENBOOK_HOME", str(tmp_path / "home"))
    root, handlers = logging.getLogger(), logging.getLogger().handlers[:]

    def command(*arguments: str, directory: Path = REPOSITORY, **variables: str) -> Said:
        with monkeypatch.context() as changed:
            changed.chdir(directory)
            for name, value in variables.items():
                changed.setenv(name, value)
            capsys.readouterr()
            code = run(arguments)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    yield command
    root.handlers[:] = handlers


@pytest.fixture
def current(tmp_path, database_url):
    """Settings that name this test's database and the repository's jobs."""
    return Settings(root=REPOSITORY, home=tmp_path / "home", database_url=database_url)
