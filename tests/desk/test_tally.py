"""A sweep's table and trial from findings made by hand."""

import numpy as np
import pandas as pd
import pytest

from framework.desk.counting import trials_counted
from framework.desk.findings import Findings
from framework.desk.search import of_grid, summarised
from framework.desk.tally import table_of
from framework.desk.variants import Variants
from framework.desk.work import Work
from framework.ledger.rows import TrialRow
from strategies.moving_average_cross import MovingAverageCross

CHOSEN = [{"fast": 2, "slow": 9}, {"fast": 3, "slow": 9}]
TRIAL = TrialRow(
    identity="",
    strategy="moving_average_cross",
    parameters={},
    code_hash="c",
    bars_hash="b",
    costs={},
    timing={},
    outcome="finished",
)


@pytest.fixture
def work(funds, costs):
    return Work(Variants(MovingAverageCross, funds), funds, costs, {"capital": 1.0}, "each")


@pytest.fixture
def findings():
    blank = Findings.none_of(2, 5, 9)
    figures = np.arange(90.0).reshape(2, 5, 9) / 90.0
    figures[1, 3] = np.nan
    blank.add(figures[:1], {})
    blank.add(figures[1:], {3: "ValueError: no"})
    return blank


def test_a_table_has_a_row_an_account_and_the_errors_where_they_belong(work, findings):
    table = table_of(work, CHOSEN, findings)
    assert table["fast"].tolist() == [2] * 5 + [3] * 5
    assert table["symbol"].tolist() == list(work.bars.symbols) * 2
    assert table["error"].tolist() == [""] * 8 + ["ValueError: no", ""]
    assert table["outcome"].tolist() == ["finished"] * 8 + ["crashed", "finished"]
    assert table["sharpe"].isna().sum() == 1


def test_a_trial_counts_combinations_and_spreads_over_accounts(work, findings):
    planned = of_grid(TRIAL, CHOSEN, accounts="each")
    assert planned.parameters["sweep"]["grid"] == {"fast": [2, 3], "slow": [9]}
    table = table_of(work, CHOSEN, findings)
    trial = summarised(planned, CHOSEN, table, observations=7, pinned=True, width=5)
    found = trial.parameters["sweep"]
    assert (found["count"], found["crashed"], found["sharpe"]["count"]) == (2, 1, 9)
    assert found["best"] == {"fast": 3, "slow": 9, "symbol": work.bars.symbols[4]}
    assert trial.identity == planned.identity
    assert trial.observations == 7
    counted = trials_counted([_frame(trial)])
    assert counted["trials"] == 2
    assert counted["trials_variance"] == pytest.approx(table["sharpe"].var())


def test_an_unfinished_sweep_is_a_trial_of_its_own(work, findings):
    planned, findings.done, findings.errors = of_grid(TRIAL, CHOSEN, accounts="each"), 1, {}
    trial = summarised(
        planned, CHOSEN, table_of(work, CHOSEN, findings), observations=7, pinned=True, width=5
    )
    assert trial.identity != planned.identity
    assert trial.parameters["sweep"]["sweep"] == planned.identity


def _frame(trial):
    return pd.DataFrame(
        [{"identity": trial.identity, "parameters": trial.parameters, "sharpe": trial.sharpe}]
    )
