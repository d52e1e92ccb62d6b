"""The research notebook as a run: stored with its end, repeated only when something changed."""

import json
import shutil
from pathlib import Path

import nbformat
import pytest

from framework.errors import NotebookFailed, NotebookRefused
from framework.host.settings import Settings
from framework.job.research import research

REPOSITORY = Path(__file__).parents[2]
SOURCE = "import os\nprint(symbol, os.environ['OPENBOOK_RUN_ID'])"


@pytest.fixture
def settings(tmp_path, database_url):
    root = tmp_path / "project"
    (root / "papermill_jobs").mkdir(parents=True)
    (root / "notebooks").mkdir()
    shutil.copy(REPOSITORY / "papermill_jobs" / "dual_momentum.yaml", root / "papermill_jobs")
    return Settings(root=root, home=tmp_path / "home", database_url=database_url)


def write(settings, source=SOURCE):
    cells = [
        nbformat.v4.new_code_cell('symbol = "MTUM"  # a symbol', metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(source),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), settings.root / "notebooks" / "dual_momentum.ipynb")


def runs(ledger):
    frame = ledger.runs("dual_momentum", "research")
    return list(zip(frame["attempt"], frame["status"], strict=True))


def test_it_is_stored_executed_with_its_run_and_again_only_if_changed(settings, ledger):
    write(settings)
    outcome = research("dual_momentum", ledger=ledger, current=settings, if_changed=True)
    assert f"{outcome.session:%Y-%m-%d}" == "2022-12-28"  # the newest of the sample
    run_id = ledger.runs("dual_momentum", "research")["run_id"].iloc[0]
    cells = json.loads(ledger.notebook(outcome.notebook_hash))["cells"]
    assert cells[-1]["outputs"][0]["text"] == [f"MTUM {run_id}\n"]
    again = research("dual_momentum", ledger=ledger, current=settings, if_changed=True)
    assert (again.status, again.attempt) == ("already", 1)
    write(settings, SOURCE + "\nprint('changed')")
    assert research("dual_momentum", ledger=ledger, current=settings, if_changed=True).attempt == 2
    assert runs(ledger) == [(1, "finished"), (2, "finished")]


def test_a_failed_one_leaves_its_notebook_and_does_not_count_as_done(settings, ledger):
    write(settings, "1 / 0")
    for attempt in (1, 2):
        with pytest.raises(NotebookFailed, match="ZeroDivisionError"):
            research("dual_momentum", ledger=ledger, current=settings, if_changed=True)
        assert runs(ledger)[-1] == (attempt, "failed")
    assert ledger.counts()["notebooks"] == 2


def test_a_missing_notebook_is_refused_without_a_trace(settings, ledger):
    with pytest.raises(NotebookRefused, match=r"no notebook notebooks/dual_momentum\.ipynb"):
        research("dual_momentum", ledger=ledger, current=settings)
    assert runs(ledger) == []
