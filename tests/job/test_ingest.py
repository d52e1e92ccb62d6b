"""Bars go from the sources into the vault once."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from framework.data.sources import find
from framework.job.ingest import ingest, named
from framework.strategy.load import load

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def root(tmp_path):
    (tmp_path / "papermill_jobs").mkdir()
    for name in ("dual_momentum", "moving_average_cross"):
        shutil.copy(REPOSITORY / "papermill_jobs" / f"{name}.yaml", tmp_path / "papermill_jobs")
    return tmp_path


def test_universes_and_benchmarks_are_named_each_once(root):
    etfs = load("strategies.dual_momentum:STRATEGY").universe
    assert named(root) == {("sample", "XNYS"): tuple(sorted({*etfs, "SP500", "GOOG", "IBM", "SPX"}))}


def test_what_the_source_has_is_in_the_vault_afterwards_and_twice_adds_nothing(root, ledger):
    added = ingest(ledger, root)
    assert sum(added.values()) == ledger.vault.count()
    before = ledger.counts()
    assert set(ingest(ledger, root).values()) == {0}
    assert ledger.counts() == before
    now = pd.Timestamp("2026-01-02", tz="UTC").to_pydatetime()
    for symbols in (("GOOG", "IBM"), load("strategies.dual_momentum:STRATEGY").universe):
        expected = find("sample").bars(symbols)
        found = ledger.vault.bars(symbols, source="sample", as_of=now)
        assert found.content_hash == expected.content_hash
        assert found.licence == expected.licence


def test_fields_survive_next_to_symbols_that_lack_them(root, ledger):
    ingest(ledger, root)
    now = pd.Timestamp("2026-01-02", tz="UTC").to_pydatetime()
    assert ledger.vault.bars(("GOOG",), source="sample", as_of=now).open is not None
    assert ledger.vault.bars(("MTUM",), source="sample", as_of=now).open is None
