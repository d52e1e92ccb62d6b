from datetime import UTC, datetime

import pytest

from framework.errors import RecordRefused

WHEN = datetime(2022, 12, 28, 9, tzinfo=UTC)


def test_an_empty_record_counts_no_row_in_any_table_but_that_of_its_migration(ledger):
    assert {table: rows for table, rows in ledger.counts().items() if rows} == {"migrations": 1}
    assert {
        "bar_blocks",
        "snapshots",
        "runs",
        "run_events",
        "trials",
        "backtest_results",
        "portfolio_worth",
        "orders",
    } <= set(ledger.counts())
    assert ledger.strategies() == []


def test_a_suspension_holds_until_somebody_resumes(ledger):
    assert ledger.is_suspended("dual_momentum") is None
    said = {"reviewer": "ada", "known_at": WHEN}
    ledger.append_suspension("dual_momentum", action="suspend", reason="drawdown", **said)
    assert ledger.is_suspended("dual_momentum").reason == "drawdown"
    assert ledger.is_suspended("buy_and_hold") is None
    ledger.append_suspension("dual_momentum", action="resume", reason="reviewed", **said)
    assert ledger.is_suspended("dual_momentum") is None
    assert [row.action for row in ledger.suspensions("dual_momentum")] == ["suspend", "resume"]
    assert ledger.suspensions("buy_and_hold") == []


def test_a_suspension_without_a_reason_is_refused(ledger):
    with pytest.raises(RecordRefused, match="suspensions"):
        ledger.append_suspension("dual_momentum", action="suspend", reason="", reviewer="ada", known_at=WHEN)
    assert ledger.counts()["suspensions"] == 0


def test_a_strategy_is_known_from_its_first_row_on(ledger, make_trial, make_run):
    ledger.append_trials([make_trial("1" * 64, strategy="buy_and_hold")])
    ledger.start_attempt(make_run())
    assert ledger.strategies() == ["buy_and_hold", "dual_momentum"]
