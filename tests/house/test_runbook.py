"""The commands of docs/backup.md, run by a shell in the order in which they stand there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from framework.ledger.connect import open_ledger

RUNBOOK = (Path(__file__).parents[2] / "docs" / "backup.md").read_text()
GENERATED = ("public", "content", "data", "resources", ".*")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", RUNBOOK, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def shell(home, root, database_url):
    """Run a block in a project of its own, with the record of a fresh database."""
    folder = home.parent
    for part in ("papermill_jobs", "requirements.lock"):
        (folder / part).symlink_to(root / part)
    shutil.copytree(root / "site", folder / "site", ignore=shutil.ignore_patterns(*GENERATED))
    (folder / "offsite").mkdir()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("OPENBOOK_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = inherited | {"PATH": path, "PYTHONPATH": str(root), "OPENBOOK_DATABASE_URL": database_url}

    def run(block: str) -> subprocess.CompletedProcess[str]:
        command = ["sh", "-eu", "-c", block]
        return subprocess.run(
            command, check=False, cwd=folder, env=environment, capture_output=True, text=True, timeout=240
        )

    return run


def test_the_runbook_works_from_first_to_last(shell, ledger, home):
    assert len(BLOCKS) >= 5
    for block in BLOCKS:
        done = shell(block)
        assert done.returncode == 0, f"{block}{done.stdout}{done.stderr}"
    folder = home.parent
    (made,) = (folder / "backups").iterdir()
    assert (folder / "offsite" / made.name).read_bytes() == made.read_bytes()
    assert (folder / "record.jsonl.gz").exists()
    with open_ledger(url=None, admin_url=None, home=folder / "restored") as restored:
        assert restored.counts() == ledger.counts()
