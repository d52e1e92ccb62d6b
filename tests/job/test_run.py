"""`openbook run` from the outside: once a session, whatever happens, with its end on record."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from framework.errors import LooksAhead, NotebookFailed, NotebookRefused, RunLocked, SpecError, StaleData
from framework.job.run import run

SESSION = "2022-12-20"
COMMAND = [sys.executable, "-c", "from framework.cli import main; main()", "run", "restless", "--as-of"]


def night(project, session=SESSION):
    return run("restless", as_of=project.at(session), ledger=project.ledger, current=project.settings)


def statuses(project):
    runs = project.ledger.runs("restless", "paper")
    return list(zip(runs["attempt"], runs["status"], strict=True))


def start(project, session=SESSION) -> subprocess.Popen:
    environment = os.environ | project.settings.variables()
    return subprocess.Popen(
        [*COMMAND, session],
        cwd=project.root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until(condition, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def break_a_cell(project, old, new):
    path = project.root / "papermill_jobs" / "daily.ipynb"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_night_is_recorded_once_and_a_second_start_does_nothing(project):
    outcome = night(project)
    assert (outcome.status, outcome.attempt) == ("finished", 1)
    runs = project.ledger.runs("restless", "paper").iloc[0]
    assert runs["notebook_hash"] == outcome.notebook_hash
    assert len(runs["git_sha"]) == 40
    assert runs["parameters"]["capital"] == 100_000.0
    executed = json.loads(project.ledger.notebook(outcome.notebook_hash))
    assert "recorded" not in project.root.iterdir()
    shown = json.dumps(executed)
    assert "AAA" in shown
    assert "nothing tripped" in shown
    counts = project.ledger.counts()
    assert (counts["portfolio_worth"], counts["orders"]) == (1, 3)
    again = night(project)
    assert (again.status, again.attempt, again.notebook_hash) == ("already", 1, None)
    assert project.ledger.counts() == counts


def test_a_failed_night_leaves_its_notebook_and_its_error_and_can_be_repeated(project):
    break_a_cell(project, "night.decide()", "1 / 0")
    with pytest.raises(NotebookFailed, match="ZeroDivisionError"):
        night(project)
    failed = project.ledger.runs("restless", "paper").iloc[0]
    assert failed["status"] == "failed"
    assert "ZeroDivisionError" in failed["detail"]["message"]
    assert failed["detail"]["exit_code"] == 8
    assert b"ZeroDivisionError" in project.ledger.notebook(failed["notebook_hash"])
    counts = project.ledger.counts()
    assert (counts["portfolio_worth"], counts["orders"]) == (0, 0)
    break_a_cell(project, "1 / 0", "night.decide()")
    assert night(project).attempt == 2
    assert statuses(project) == [(1, "failed"), (2, "finished")]


def test_an_error_of_ours_comes_out_of_the_notebook_as_itself(project):
    leaking = (project.root / "restless.py").read_text().replace(".shift(1)", ".shift(-1)")
    (project.root / "prophet.py").write_text(leaking)
    project.edit("restless:STRATEGY", "prophet:STRATEGY")
    with pytest.raises(LooksAhead):
        night(project)
    assert project.ledger.runs("restless", "paper").iloc[0]["detail"]["exit_code"] == 5


def test_a_refused_notebook_ends_the_run_as_refused_with_nothing_executed(project):
    break_a_cell(project, '"parameters"', '"parametres"')
    with pytest.raises(NotebookRefused, match="tagged 'parameters'"):
        night(project)
    assert statuses(project) == [(1, "refused")]
    assert project.ledger.counts()["notebooks"] == 0


def test_an_earlier_session_than_the_last_on_record_is_refused_without_a_trace(project):
    project.live_through("2022-12-21")
    before = project.ledger.counts()
    with pytest.raises(SpecError, match="earlier than the last on record, 2022-12-21"):
        night(project, "2022-12-20")
    assert project.ledger.counts() == before


def test_a_live_job_is_refused_without_a_trace(project):
    project.edit("mode: paper", "mode: live")
    with pytest.raises(SpecError, match="no venue"):
        night(project)
    assert project.ledger.counts()["runs"] == 0


def test_a_locked_run_is_refused_without_a_trace(project):
    with project.ledger.lock_run("restless", "paper"), pytest.raises(RunLocked):
        night(project)
    assert project.ledger.counts()["runs"] == 0


def test_history_that_ended_names_its_last_session(project):
    with pytest.raises(StaleData, match="--as-of 2022-12-30"):
        night(project, "2023-02-01")
    assert statuses(project) == [(1, "failed")]


def test_killed_half_way_and_run_again_one_attempt_is_abandoned_and_worth_is_there_once(project):
    break_a_cell(project, "night.mark()", 'import time\\n", "time.sleep(3600)')
    killed = start(project)
    wait_until(lambda: statuses(project) == [(1, "started")])
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    break_a_cell(project, 'import time\\n", "time.sleep(3600)', "night.mark()")
    again = start(project)
    out, err = again.communicate(timeout=120)
    assert again.returncode == 0, err
    assert "recorded by attempt 2" in out
    assert statuses(project) == [(1, "abandoned"), (2, "finished")]
    counts = project.ledger.counts()
    assert (counts["portfolio_worth"], counts["orders"]) == (1, 3)


def test_of_two_simultaneous_starts_one_does_it_and_the_other_says_so(project):
    both = [start(project), start(project)]
    said = [process.communicate(timeout=120) for process in both]
    codes = sorted(process.returncode for process in both)
    assert codes in ([0, 0], [0, 8]), said
    if codes == [0, 8]:
        assert any("RunLocked: Another process is running restless" in err for _, err in said)
    else:
        assert any("already on record; nothing done" in out for out, _ in said)
    assert statuses(project) == [(1, "finished")]
    counts = project.ledger.counts()
    assert (counts["portfolio_worth"], counts["orders"]) == (1, 3)
