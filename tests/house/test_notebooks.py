"""Notebooks are stored without outputs, and argue in the order that STYLE lays down: short cells, no logic."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEADINGS = ["Parameters", "Data", "Strategy", "Backtest", "Verdict"]
IGNORED = {".venv", ".openbook", ".git", "site", "build"}
NOTEBOOKS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in ROOT.rglob("*.ipynb")
    if not IGNORED & set(path.relative_to(ROOT).parts[:-1]) and ".ipynb_checkpoints" not in path.parts
)
RESEARCH = [
    f"notebooks/{path.stem}.ipynb"
    for path in sorted((ROOT / "strategies").glob("*.py"))
    if path.stem != "__init__"
]


def cells(name: str, kind: str) -> list[dict[str, Any]]:
    notebook = json.loads((ROOT / name).read_text())
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def parameters(name: str) -> list[dict[str, Any]]:
    return [cell for cell in cells(name, "code") if "parameters" in cell["metadata"].get("tags", [])]


def test_there_are_notebooks_to_check() -> None:
    assert "papermill_jobs/daily.ipynb" in NOTEBOOKS
    assert "notebooks/quickstart.ipynb" in NOTEBOOKS


def test_each_strategy_has_the_notebook_that_argues_for_it() -> None:
    assert set(RESEARCH) <= set(NOTEBOOKS)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_is_stored_without_outputs(name: str) -> None:
    for cell in cells(name, "code"):
        assert cell["outputs"] == [], (
            f"{name}: an output is stored; 'jupyter nbconvert --clear-output --inplace {name}'"
        )
        assert cell["execution_count"] is None, f"{name}: a cell remembers that it was run"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_names_no_machine(name: str) -> None:
    metadata = json.loads((ROOT / name).read_text())["metadata"]
    assert metadata.get("kernelspec", {}).get("name", "python3") == "python3"
    assert not {"papermill", "widgets"} & set(metadata)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_has_one_parameters_cell_and_a_comment_on_each(name: str) -> None:
    tagged = parameters(name)
    assert len(tagged) == 1, f"{name}: {len(tagged)} cells are tagged 'parameters'"
    lines = source(tagged[0]).splitlines()
    for statement in ast.parse(source(tagged[0])).body:
        assert isinstance(statement, ast.Assign | ast.AnnAssign), (
            f"{name}: line {statement.lineno} is no parameter"
        )
        comment = lines[(statement.end_lineno or statement.lineno) - 1].partition("  # ")[2]
        assert comment, f"{name}: '{lines[statement.lineno - 1]}' has no trailing comment"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_cell_is_short_and_defines_nothing(name: str) -> None:
    for cell in cells(name, "code"):
        text = source(cell)
        assert len(text.splitlines()) <= 12, f"{name}: a cell of {len(text.splitlines())} lines"
        defined = [
            node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.ClassDef)
        ]
        assert not defined, f"{name}: {defined[0].name} belongs in framework, strategies or research"


@pytest.mark.parametrize("name", RESEARCH)
def test_a_research_notebook_argues_in_five_steps(name: str) -> None:
    headings = [
        line.removeprefix("## ").strip()
        for cell in cells(name, "markdown")
        for line in source(cell).splitlines()
        if line.startswith("## ")
    ]
    assert headings == HEADINGS
