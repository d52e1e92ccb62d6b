"""A home of its own for each test, the sample's five funds, and a rule that is quick to run."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from framework import Bars, CostModel, load_bars
from strategies.dual_momentum import DualMomentum


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """OPENBOOK_HOME, recording, with a database URL that leads nowhere."""
    monkeypatch.setenv("OPENBOOK_HOME", str(tmp_path))
    monkeypatch.setenv("OPENBOOK_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    for name in ("OPENBOOK_ADMIN_DATABASE_URL", "OPENBOOK_RECORD", "OPENBOOK_RUN_ID"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def queued(home: Path) -> Callable[[], list[dict[str, Any]]]:
    """The trials that wait in the local queue."""

    def read() -> list[dict[str, Any]]:
        lines = [
            line for path in sorted(home.glob("trials/*.jsonl")) for line in path.read_text().splitlines()
        ]
        return [json.loads(line) for line in lines]

    return read


@pytest.fixture(scope="session")
def funds() -> Bars:
    return load_bars(["MTUM", "QUAL", "SIZE", "USMV", "VLUE"])


@pytest.fixture(scope="session")
def rule() -> DualMomentum:
    return DualMomentum()


@pytest.fixture(scope="session")
def costs() -> CostModel:
    return CostModel(commission_bps=1.0, half_spread_bps=2.0)
