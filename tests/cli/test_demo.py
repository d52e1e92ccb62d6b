"""The demo, on a project of one job: the first run does all of it, the second adds nothing."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from framework.ledger.ledger import Ledger

REPOSITORY = Path(__file__).parents[2]
JOB = "dual_momentum"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A clone's files, as far as one job needs them."""
    for name in (f"papermill_jobs/{JOB}.yaml", "papermill_jobs/daily.ipynb", f"notebooks/{JOB}.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(REPOSITORY / name, tmp_path / name)
    ours = shutil.ignore_patterns("content", "data", "public", "resources")
    shutil.copytree(REPOSITORY / "site", tmp_path / "site", ignore=ours)
    return tmp_path


def demo(project: Path, database_url: str) -> str:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "openbook"), "demo", "--nights", "2"],
        cwd=project,
        env={**os.environ, "OPENBOOK_DATABASE_URL": database_url, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_demo_goes_from_the_sample_to_the_site_and_a_second_one_adds_nothing(
    project: Path, database_url: str, ledger: Ledger
) -> None:
    said = demo(project, database_url)
    counts = ledger.counts()
    assert ledger.vault.count() > 5 * 2_000
    assert (counts["backtest_results"], counts["portfolio_worth"]) == (1, 2)
    assert (counts["runs"], counts["notebooks"]) == (3, 3)
    assert re.search(rf"{JOB} +│ rejected │ 2022-12-28 +│ +2 │ +2 │", said)
    page = (project / f"site/public/strategies/{JOB}/index.html").read_text()
    assert "2022-12-28" in page

    again = demo(project, database_url)
    assert ledger.counts() == counts
    assert re.search(rf"{JOB} +│ rejected │ 2022-12-28 +│ +2 │ +0 │", again)
    assert (project / f"site/public/strategies/{JOB}/index.html").read_text() == page
