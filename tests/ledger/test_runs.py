import pandas as pd
import pytest

from framework.errors import RecordRefused, RunLocked


def events(ledger):
    return {run.run_id: run.status for run in ledger.runs("dual_momentum", "paper").itertuples()}


def test_attempts_at_a_session_are_counted_from_one(ledger, make_run):
    assert ledger.start_attempt(make_run("a")).attempt == 1
    ledger.append_event("a", "failed", detail={"error": "no bars"})
    assert ledger.start_attempt(make_run("b")).attempt == 2
    assert ledger.start_attempt(make_run("c", session=pd.Timestamp("2022-12-28"))).attempt == 1
    assert ledger.start_attempt(make_run("d", strategy="buy_and_hold")).attempt == 1


def test_a_dead_attempt_is_recorded_as_abandoned_by_the_next(ledger, make_run):
    ledger.start_attempt(make_run("dead"))
    ledger.start_attempt(make_run("alive"))
    assert events(ledger) == {"dead": "abandoned", "alive": "started"}
    detail = ledger.runs("dual_momentum", "paper").set_index("run_id").detail["dead"]
    assert detail == {"for": "alive"}


def test_a_failed_attempt_is_not_abandoned_again(ledger, make_run):
    ledger.start_attempt(make_run("a"))
    ledger.append_event("a", "failed")
    ledger.start_attempt(make_run("b"))
    assert events(ledger) == {"a": "failed", "b": "started"}


def test_a_run_has_one_end(ledger, make_run):
    ledger.start_attempt(make_run("a"))
    ledger.append_event("a", "finished")
    with pytest.raises(RecordRefused, match="run_events_one_end"):
        ledger.append_event("a", "failed")
    assert events(ledger) == {"a": "finished"}


def test_a_finished_session_is_not_run_again_in_paper_but_may_be_in_research(ledger, make_run):
    for mode in ("paper", "research"):
        ledger.start_attempt(make_run(mode, mode=mode))
        ledger.append_event(mode, "finished")
    with pytest.raises(RecordRefused, match="has finished its paper run of 2022-12-27"):
        ledger.start_attempt(make_run("again"))
    ledger.start_attempt(make_run("again", mode="research"))
    ledger.append_event("again", "finished")
    session = make_run().session
    assert ledger.finished_run("dual_momentum", session, "paper").run_id == "paper"
    assert ledger.finished_run("dual_momentum", session, "research").run_id == "again"
    assert ledger.finished_run("dual_momentum", session, "live") is None


def test_a_run_comes_back_as_it_went_in(ledger, make_run):
    started = ledger.start_attempt(make_run(image_tag="openbook:abc", versions={"numpy": "2.4.6"}))
    ledger.append_event(started.run_id, "finished")
    assert ledger.finished_run("dual_momentum", started.session, "paper") == started


def test_an_event_of_an_unknown_run_is_refused(ledger):
    with pytest.raises(RecordRefused, match="no run 'nobody'"):
        ledger.append_event("nobody", "finished")


def test_an_event_may_only_name_a_notebook_that_is_on_record(ledger, make_run):
    ledger.start_attempt(make_run("a"))
    with pytest.raises(RecordRefused, match="notebook_hash"):
        ledger.append_event("a", "finished", notebook_hash="0" * 64)
    stored = ledger.append_notebook(
        "daily.ipynb", b"{}", strategy="dual_momentum", kind="nightly", run_id="a"
    )
    ledger.append_event("a", "finished", notebook_hash=stored)
    assert ledger.runs("dual_momentum", "paper").notebook_hash.tolist() == [stored]


def test_a_run_id_is_taken_once(ledger, make_run):
    ledger.start_attempt(make_run("a"))
    with pytest.raises(RecordRefused, match="run_id"):
        ledger.start_attempt(make_run("a", strategy="buy_and_hold"))
    assert ledger.counts()["runs"] == 1


def test_the_run_lock_is_held_once_a_strategy_and_mode(ledger):
    with ledger.lock_run("dual_momentum", "paper"):
        with pytest.raises(RunLocked, match="dual_momentum"), ledger.lock_run("dual_momentum", "paper"):
            pass
        with ledger.lock_run("dual_momentum", "live"), ledger.lock_run("buy_and_hold", "paper"):
            pass
    with ledger.lock_run("dual_momentum", "paper"):
        pass


HOLD_LOCK = """
import sys
from pathlib import Path
from framework.ledger.connect import open_ledger

with open_ledger(url=sys.argv[1], admin_url=None, home=Path("/nowhere")) as ledger:
    with ledger.lock_run("dual_momentum", "paper"):
        print("locked", flush=True)
        sys.stdin.read()
"""


def test_the_run_lock_goes_with_its_holder_even_by_kill_9(ledger, database_url, python, eventually):
    with python(HOLD_LOCK, database_url) as holder:
        assert holder.stdout.readline() == "locked\n"
        with pytest.raises(RunLocked), ledger.lock_run("dual_momentum", "paper"):
            pass
        holder.kill()

        def free():
            try:
                with ledger.lock_run("dual_momentum", "paper"):
                    return True
            except RunLocked:
                return False

        assert eventually(free)
