import zlib

import numpy as np
import pandas as pd
import psycopg
import pytest
from sqlalchemy import make_url

from framework.errors import LedgerError, RecordRefused


def test_the_same_trial_twice_counts_once(ledger, make_trial):
    assert ledger.append_trials([make_trial("1" * 64), make_trial("2" * 64)]) == 2
    assert ledger.append_trials([make_trial("2" * 64), make_trial("3" * 64)]) == 1
    assert ledger.trials("dual_momentum").identity.tolist() == ["1" * 64, "2" * 64, "3" * 64]


def test_a_crashed_trial_counts_and_yields_to_the_same_one_finished(ledger, make_trial):
    crash = {"outcome": "crashed", "sharpe": None, "observations": None, "error": "ZeroDivisionError"}
    ledger.append_trials([make_trial("1" * 64, **crash), make_trial("2" * 64, **crash), make_trial("1" * 64)])
    found = ledger.trials("dual_momentum")
    assert found.identity.tolist() == ["1" * 64, "2" * 64]
    assert found.outcome.tolist() == ["finished", "crashed"]
    assert found.sharpe[0] == 0.1 + 0.2
    assert ledger.counts()["trials"] == 3


def test_a_strategy_without_trials_has_an_empty_table_with_columns(ledger):
    found = ledger.trials("nobody")
    assert found.empty
    assert "sharpe" in found


def test_a_backtest_comes_back_to_the_last_bit(ledger, make_backtest):
    ledger.append_backtest(make_backtest(result_hash="0" * 64))
    row = make_backtest()
    ledger.append_backtest(row)
    found = ledger.latest_backtest("dual_momentum")
    pd.testing.assert_series_equal(found.worth_usd, row.worth_usd, check_exact=True, check_freq=False)
    pd.testing.assert_series_equal(
        found.benchmark["worth"], row.benchmark["worth"], check_exact=True, check_freq=False
    )
    for name in (
        "result_hash",
        "second_engine_difference",
        "tearsheet",
        "first_session",
        "known_at",
        "capital_usd",
    ):
        assert getattr(found, name) == getattr(row, name)
    assert ledger.latest_backtest("nobody") is None


def test_a_worth_that_is_not_finite_is_refused(ledger, make_backtest):
    worth = pd.Series([1.0, np.nan], index=pd.bdate_range("2022-12-23", periods=2))
    with pytest.raises(RecordRefused, match="finite"):
        ledger.append_backtest(make_backtest(worth_usd=worth))


def test_a_nan_in_a_tearsheet_is_refused(ledger, make_backtest):
    with pytest.raises(RecordRefused, match="JSON"):
        ledger.append_backtest(make_backtest(tearsheet={"cagr": float("nan")}))


def test_a_notebook_is_found_by_its_content_and_kept_once(ledger):
    content = b'{"cells": []}' * 1000
    stored = {
        ledger.append_notebook("a.ipynb", content, strategy="s", kind="research", run_id=None)
        for _ in range(2)
    }
    assert len(stored) == 1
    assert ledger.counts()["notebooks"] == 1
    assert ledger.notebook(*stored) == content
    latest = ledger.latest_notebook("s", "research")
    assert (latest.content_hash, latest.size_bytes) == (*stored, len(content))
    assert ledger.latest_notebook("s", "nightly") is None


def test_a_notebook_is_compressed_in_the_table(ledger, superuser_url):
    content = b'{"cells": []}' * 1000
    ledger.append_notebook("a.ipynb", content, strategy="s", kind="research", run_id=None)
    to = make_url(superuser_url)
    with psycopg.connect(host=to.query["host"], user=to.username, dbname=to.database) as connection:
        stored = connection.execute("SELECT content FROM notebooks").fetchone()[0]
    assert zlib.decompress(stored) == content
    assert len(stored) < len(content) / 20


def test_an_unknown_notebook_is_an_error_in_words(ledger):
    with pytest.raises(LedgerError, match="No notebook of hash 00"):
        ledger.notebook("00")
