"""A JupyterLab server of our own, on a home and a database of its own."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from framework.desk.lab import Lab, running_lab

ROOT = Path(__file__).resolve().parents[2]
TEST_ONLY = ("--LabApp.expose_app_in_browser=True",)


@pytest.fixture
def environment(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """OPENBOOK_HOME in a temporary folder and a fresh database, for this process and those that it starts."""
    monkeypatch.setenv("OPENBOOK_HOME", str(tmp_path))
    monkeypatch.setenv("OPENBOOK_DATABASE_URL", database_url)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # kernels start in notebooks/, and import this very checkout
    for name in ("OPENBOOK_ADMIN_DATABASE_URL", "OPENBOOK_RECORD", "OPENBOOK_RUN_ID"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def lab(environment: Path) -> Iterator[Lab]:
    """The server, which must end in order and take its kernels with it."""
    with running_lab(ROOT, home=environment, port=0, options=TEST_ONLY) as running:
        yield running
        server = psutil.Process(running.process.pid)
        family = [server, *server.children(recursive=True)]
    assert running.process.returncode == 0
    assert not [process for process in family if process.is_running()]
