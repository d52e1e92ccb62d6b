"""A research notebook's trials go on record, also where it fails before it judges."""

import shutil
from pathlib import Path

import nbformat
import pytest

REPOSITORY = Path(__file__).parents[2]

FAILS = """from framework import CostModel, backtest, load_bars, sweep, walk_forward
from strategies.dual_momentum import DualMomentum
bars = load_bars(list(DualMomentum().universe), start="2019-01-02")
costs = CostModel(commission_bps=1.0, half_spread_bps=2.0)
backtest(DualMomentum(lookback=days), bars, costs)
sweep(DualMomentum(), {"lookback": [21, 42, 63]}, bars, costs=costs)
walk_forward(DualMomentum(), {"lookback": [21, 42]}, bars, costs=costs, train=252, test=252)
1 / 0"""


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "project"
    for folder in ("papermill_jobs", "notebooks"):
        (root / folder).mkdir(parents=True)
    shutil.copy(REPOSITORY / "papermill_jobs" / "dual_momentum.yaml", root / "papermill_jobs")
    cells = [
        nbformat.v4.new_code_cell("days = 126  # sessions", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(FAILS),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), root / "notebooks" / "dual_momentum.ipynb")
    return root


def test_each_backtest_sweep_and_fold_of_a_notebook_that_fails_is_on_record(
    openbook, project, database_url, ledger, tmp_path
):
    said = openbook("backtest", "dual_momentum", directory=project, OPENBOOK_DATABASE_URL=database_url)
    assert said.code != 0
    assert "ZeroDivisionError" in said.err
    trials = ledger.trials("dual_momentum")
    counts = [row.get("sweep", {}).get("count", 1) for row in trials["parameters"]]
    assert counts == [
        1,
        3,
        2 * 3,
        1,
    ]  # a backtest, a sweep, two combinations in three folds, and their account
    assert not list((tmp_path / "home" / "trials").glob("*.jsonl"))
