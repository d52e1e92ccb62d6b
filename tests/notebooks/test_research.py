"""Each strategy's notebook: consistent with its job and its strategy, and it runs to a verdict."""

import ast
import json
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from framework.strategy.load import load

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(path.stem for path in (ROOT / "strategies").glob("*.py") if path.stem != "__init__")
RUN = {  # under which name each is on record; `make demo` runs all but the search
    "short_term_reversal": "short_term_reversal",
    "moving_average_cross": "moving_average_cross",
    "search": "moving_average_cross",
}


def cells(path: Path) -> list[dict[str, Any]]:
    return [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]


def parameters(name: str) -> dict[str, Any]:
    (tagged,) = (
        "".join(cell["source"])
        for cell in cells(ROOT / "notebooks" / f"{name}.ipynb")
        if "parameters" in cell["metadata"].get("tags", [])
    )
    return {
        statement.targets[0].id: ast.literal_eval(statement.value)
        for statement in ast.parse(tagged).body
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
    }


def calls(name: str, function: str) -> list[ast.Call]:
    sources = ("".join(cell["source"]) for cell in cells(ROOT / "notebooks" / f"{name}.ipynb"))
    nodes = (node for source in sources for node in ast.walk(ast.parse(source)))
    return [node for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "id", "") == function]


def test_there_is_a_notebook_and_a_job_for_each_strategy():
    assert len(NAMES) >= 8
    assert {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")} == {*NAMES, "quickstart", "search"}
    assert {path.stem for path in (ROOT / "papermill_jobs").glob("*.yaml")} >= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_argued_for_is_what_the_job_trades(name):
    job = yaml.safe_load((ROOT / "papermill_jobs" / f"{name}.yaml").read_text())
    given = parameters(name)
    strategy = load(job["strategy"])
    costs = {"commission_bps", "half_spread_bps", "borrow_rate_per_year", "cash_rate_per_year"} & set(given)
    account = {"capital": given["capital"], "whole_shares": given.get("whole_shares", False)}
    assert {key: given[key] for key in costs} == job["costs"]
    assert account == {key: job[key] for key in account}
    own = {key: value for key, value in given.items() if key not in costs | set(account)}
    assert own == {
        field.name: getattr(strategy, field.name) for field in fields(strategy) if field.name in own
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_is_used(name):
    sources = ["".join(cell["source"]) for cell in cells(ROOT / "notebooks" / f"{name}.ipynb")]
    read = {
        node.id
        for source in sources
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    assert set(parameters(name)) <= read


@pytest.mark.parametrize("name", NAMES)
def test_it_is_held_against_the_jobs_benchmark(name):
    benchmark = yaml.safe_load((ROOT / "papermill_jobs" / f"{name}.yaml").read_text())["benchmark"]
    loaded = [
        call.args[0].value for call in calls(name, "load_bars") if isinstance(call.args[0], ast.Constant)
    ]
    rivals = [ast.unparse(call.args[0]) for call in calls(name, "backtest")]
    if "strategy" in benchmark:
        assert loaded == []
        assert f"{type(load(benchmark['strategy'])).__name__}()" in rivals
    else:
        assert loaded == [benchmark["symbol"]]
    (judged,) = calls(name, "judge")
    assert [keyword.arg for keyword in judged.keywords] == ["benchmark"]


@pytest.mark.parametrize("name", RUN)
def test_it_runs_through_papermill_and_its_verdict_is_on_record(name, environment, ledger):
    done = environment / f"{name}.ipynb"
    command = ["-m", "papermill", "--no-progress-bar", "--kernel", "python3", "--cwd", "notebooks"]
    paths = [str(ROOT / "notebooks" / f"{name}.ipynb"), str(done)]
    run = subprocess.run(
        [sys.executable, *command, *paths], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr[-2000:]
    outputs = [output for cell in cells(done) for output in cell["outputs"]]
    assert {output["output_type"] for output in outputs} <= {"display_data", "execute_result"}
    shown = "".join("".join(output["data"].get("text/html", "")) for output in outputs)
    assert ">Verdict" in shown
    row = ledger.latest_backtest(RUN[name])
    assert row is not None
    assert row.settings["claim"]["rejected_if"]
    assert row.second_engine_difference < 1e-9
    assert row.capital_usd == parameters(name).get("capital", 100_000.0)


def test_short_term_reversal_dies_of_its_costs():
    """What its notebook promises, by arithmetic alone: above zero without costs, below with them."""
    from framework import CostModel, load_bars
    from framework.simulation.engine import simulate

    given = parameters("short_term_reversal")
    strategy = load("strategies.short_term_reversal:STRATEGY")
    bars = load_bars(strategy.universe)
    weights = strategy.weights(bars)
    costs = CostModel(commission_bps=given["commission_bps"], half_spread_bps=given["half_spread_bps"])
    net, gross = (simulate(weights, bars, paid).worth.iloc[-1] for paid in (costs, costs.times(0.0)))
    assert net < 100_000.0 < gross
