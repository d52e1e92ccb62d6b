"""Each import contract is tried against a deliberate breach: a wall that nobody ever ran into proves nothing."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PACKAGES = ("framework", "strategies", "research")

# contract id -> (package that gets a new module, the import in it, what the report must name)
BREACHES = {
    "layers": [
        ("framework.trading", "import framework.simulation", "framework.simulation"),
        ("framework.job", "import framework.page", "framework.page"),
        ("framework.page", "import framework.job", "framework.job"),
        ("framework.job", "import framework.desk", "framework.desk"),
        ("framework.ledger", "import framework.broker", "framework.broker"),
        ("framework.statistics", "import framework.ledger", "framework.ledger"),
        ("framework.data", "import framework.strategy", "framework.strategy"),
        ("framework.desk", "import framework.cli", "framework.cli"),
        ("framework.access", "import framework.host", "framework.host"),
    ],
    "host": [
        ("framework.data", "import framework.host.clock", "framework.host"),
        ("framework.ledger", "from framework.host import settings", "framework.host"),
        ("framework.page", "import framework.host", "framework.host"),
    ],
    "page": [("framework.page", "import framework.broker", "framework.broker")],
    "framework": [
        ("framework.job", "import strategies", "strategies"),
        ("framework.desk", "import research", "research"),
    ],
    "strangers": [("strategies", "import strategies.breach_pure_0", "strategies.breach_pure_0")],
    "rooms-of-a-strategy": [
        ("strategies", "import framework.ledger", "framework.ledger"),
        ("strategies", "from framework import load_bars", "framework.desk"),
        ("strategies", "import research", "research"),
    ],
    "pure": [
        ("strategies", "from datetime import datetime", "datetime"),
        ("strategies", "import time", "time"),
        ("strategies", "import urllib.request", "urllib"),
        ("strategies", "import sqlalchemy", "sqlalchemy"),
        ("strategies", "import yfinance", "yfinance"),
        ("strategies", "from pathlib import Path", "pathlib"),
    ],
    "vendors": [
        ("framework.desk", "import yfinance", "yfinance"),
        ("framework.data", "import alpaca", "alpaca"),
        ("framework.job", "import ib_async", "ib_async"),
        ("framework.ledger", "import binance_sdk_spot", "binance_sdk_spot"),
        ("framework.access", "import curl_cffi", "curl_cffi"),
    ],
    "sql": [
        ("framework.page", "import sqlalchemy", "sqlalchemy"),
        ("framework.desk", "import psycopg", "psycopg"),
        ("framework.job", "import alembic", "alembic"),
    ],
    "vectorbt": [
        ("framework.desk", "import vectorbt", "vectorbt"),
        ("framework.simulation", "import vectorbt", "vectorbt"),
    ],
    "plotly": [
        ("framework.page", "import plotly.graph_objects", "plotly"),
        ("framework.statistics", "import plotly", "plotly"),
    ],
}


def report(folder: Path) -> tuple[int, str]:
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as run; run()",
        "--no-cache",
    ]
    done = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, timeout=60)
    return done.returncode, re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)


def copy(root: Path, folder: Path) -> None:
    shutil.copy(root / "pyproject.toml", folder)
    for package in PACKAGES:
        shutil.copytree(root / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))


def section(text: str, name: str) -> str:
    """What the report says of the broken contract called `name`."""
    _, _, after = text.partition(f"\n{name}\n{'-' * len(name)}\n")
    return re.split(r"\n[^\n]+\n-{4,}\n", after)[0]


@pytest.fixture(scope="module")
def contracts(root: Path) -> dict[str, str]:
    configuration = tomllib.loads((root / "pyproject.toml").read_text())
    return {
        contract["id"]: contract["name"] for contract in configuration["tool"]["importlinter"]["contracts"]
    }


@pytest.fixture(scope="module")
def breached(root: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The report on a copy of the project in which every breach was committed."""
    folder = tmp_path_factory.mktemp("breached")
    copy(root, folder)
    for contract, breaches in BREACHES.items():
        for number, (package, line, _) in enumerate(breaches):
            module = folder / package.replace(".", "/") / f"{offender(contract, number)}.py"
            module.write_text(f"{line}\n")
    code, text = report(folder)
    assert code == 1
    return text


def offender(contract: str, number: int) -> str:
    return f"breach_{contract.replace('-', '_')}_{number}"


def test_the_tree_as_it_stands_keeps_every_contract(root: Path, contracts: dict[str, str]) -> None:
    code, text = report(root)
    assert code == 0, text
    for name in contracts.values():
        assert f"{name} KEPT" in text


def test_every_contract_has_its_breach(contracts: dict[str, str]) -> None:
    assert set(BREACHES) == set(contracts)


@pytest.mark.parametrize("contract", BREACHES)
def test_a_breach_is_caught_by_the_contract_that_forbids_it(
    contract: str, breached: str, contracts: dict[str, str]
) -> None:
    said = section(breached, contracts[contract])
    assert f"{contracts[contract]} BROKEN" in breached
    for number, (package, line, target) in enumerate(BREACHES[contract]):
        chain = [part for part in said.split("\n\n") if f"{package}.{offender(contract, number)} -> " in part]
        assert chain, f"{package}: '{line}' was not caught:\n{said}"
        assert any(target in part for part in chain)


def test_a_room_that_no_layer_names_is_refused(root: Path, tmp_path: Path, contracts: dict[str, str]) -> None:
    copy(root, tmp_path)
    (tmp_path / "framework/gossip").mkdir()
    (tmp_path / "framework/gossip/__init__.py").write_text("")
    code, text = report(tmp_path)
    assert code == 1
    assert f"{contracts['layers']} BROKEN" in text
    assert "gossip" in text


def test_a_chain_from_page_to_a_venue_is_caught_however_long(
    root: Path, tmp_path: Path, contracts: dict[str, str]
) -> None:
    copy(root, tmp_path)
    (tmp_path / "framework/statistics/middleman.py").write_text("import framework.broker\n")
    (tmp_path / "framework/page/buyer.py").write_text("import framework.statistics.middleman\n")
    _, text = report(tmp_path)
    assert "framework.page.buyer -> framework.statistics.middleman" in section(text, contracts["page"])
