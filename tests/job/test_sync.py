"""The vault is brought up to date from its sources, a series at a time."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.data.sessions import close_of, sessions_between
from framework.data.sources import find
from framework.errors import DataError, UnknownSymbol
from framework.job.sync import named, sync
from framework.strategy.load import load

REPOSITORY = Path(__file__).parents[2]
NOW = datetime(2026, 1, 2, tzinfo=UTC)
BIN = Path(sys.executable).parent


@pytest.fixture
def root(tmp_path):
    (tmp_path / "papermill_jobs").mkdir()
    for name in ("dual_momentum", "moving_average_cross"):
        shutil.copy(REPOSITORY / "papermill_jobs" / f"{name}.yaml", tmp_path / "papermill_jobs")
    return tmp_path


@dataclass
class Vendor:
    """A source in memory: what it has can change between two questions, and it notes what it was asked."""

    prices: pd.DataFrame
    asked: list[tuple[str, pd.Timestamp | None]] = field(default_factory=list)
    today: str = "2023-01-31"
    name: str = "invented"
    licence: str = "personal use"
    caveat: str = "made up for tests"

    def symbols(self) -> tuple[str, ...]:
        return tuple(self.prices.columns)

    def bars(self, symbols: Sequence[str], *, start=None, end=None) -> Bars:
        (symbol,) = symbols
        self.asked.append((symbol, start))
        if symbol not in self.prices:
            raise UnknownSymbol(f"No {symbol}.", "It has others.", "Ask for one of them.")
        close = self.prices[[symbol]].dropna().loc[start:][: end or self.today]
        return Bars(close, source=self.name, licence=self.licence, caveat=self.caveat)

    def currency(self, symbol: str) -> str:
        return "EUR" if symbol == "BBB" else "USD"


@pytest.fixture
def vendor() -> Vendor:
    sessions = sessions_between("XNYS", "2022-09-01", "2023-01-31")
    steps = 1.0 + 0.02 * np.random.default_rng(2).standard_normal((len(sessions), 3))
    return Vendor(pd.DataFrame(100.0 * steps.cumprod(axis=0), sessions, ["AAA", "BBB", "CCC"]))


@pytest.fixture
def job(tmp_path, monkeypatch) -> Path:
    """A project whose only job trades the vendor's three symbols."""
    (tmp_path / "papermill_jobs").mkdir()
    (tmp_path / "papermill_jobs" / "restless.yaml").write_text(
        "strategy: three:STRATEGY\nresearch: notebooks/three.ipynb\ndata: invented\ncalendar: XNYS\n"
        'benchmark: {source: invented, symbol: AAA}\nschedule: "30 22 * * 1-5"\nmode: paper\ncapital: 1000.0\n'
        "costs: {commission_bps: 1.0, half_spread_bps: 5.0}\n"
    )
    (tmp_path / "three.py").write_text(
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Three:\n"
        "    universe: tuple = ('AAA', 'BBB', 'CCC')\n    warmup: int = 1\n    def weights(self, bars): ...\n"
        "STRATEGY = Three()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def after(session: str) -> datetime:
    return close_of("XNYS", session) + pd.Timedelta(hours=1)


def run(ledger, job, vendor, session: str):
    """A sync in the evening of a session, which is the last that the vendor has."""
    vendor.today = session
    return list(sync(ledger, job, now=after(session), reach=lambda _: vendor))


def stored(ledger, symbols=("AAA", "BBB", "CCC")) -> Bars:
    return ledger.vault.bars(symbols, source="invented", as_of=NOW)


def test_universes_and_benchmarks_are_named_each_once(root):
    etfs = load("strategies.dual_momentum:STRATEGY").universe
    assert named(root) == {("sample", "XNYS"): tuple(sorted({*etfs, "SP500", "GOOG", "IBM", "SPX"}))}


def test_what_the_source_has_is_in_the_vault_afterwards_and_twice_adds_nothing(root, ledger):
    done = list(sync(ledger, root, now=NOW))
    assert sum(series.appended.bars for series in done) == ledger.vault.count() > 10_000
    before = ledger.counts()
    assert {series.appended.bars for series in sync(ledger, root, now=NOW)} == {0}
    assert ledger.counts() == before
    for symbols in (("GOOG", "IBM"), load("strategies.dual_momentum:STRATEGY").universe):
        expected = find("sample").bars(symbols)
        found = ledger.vault.bars(symbols, source="sample", as_of=NOW)
        assert found.content_hash == expected.content_hash
        assert found.licence == expected.licence


def test_fields_survive_next_to_symbols_that_lack_them(root, ledger):
    list(sync(ledger, root, now=NOW))
    assert ledger.vault.bars(("GOOG",), source="sample", as_of=NOW).open is not None
    assert ledger.vault.bars(("MTUM",), source="sample", as_of=NOW).open is None


def test_a_second_night_asks_for_the_last_sessions_only(ledger, job, vendor):
    assert {series.appended.bars for series in run(ledger, job, vendor, "2022-12-28")} == {82}
    vendor.asked.clear()
    assert {series.appended.bars for series in run(ledger, job, vendor, "2022-12-30")} == {2}
    assert vendor.asked == [(symbol, pd.Timestamp("2022-12-14")) for symbol in ("AAA", "BBB", "CCC")]
    assert stored(ledger).close.equals(vendor.prices.loc[:"2022-12-30"])
    rows = {row.symbol: row for row in ledger.vault.series()}
    assert (rows["AAA"].bars, rows["AAA"].witnessed) == (84, 2)  # the last of each night
    assert (rows["AAA"].currency, rows["BBB"].currency) == ("USD", "EUR")


def test_the_bar_of_a_session_that_goes_on_is_not_stored(ledger, job, vendor):
    noon = close_of("XNYS", "2022-12-29") - pd.Timedelta(hours=4)
    vendor.today = "2022-12-29"
    list(sync(ledger, job, now=noon, reach=lambda _: vendor))
    assert stored(ledger).sessions[-1] == pd.Timestamp("2022-12-28")


def test_a_bar_from_the_future_is_refused_and_nothing_of_its_series_stored(ledger, job, vendor):
    vendor.prices = vendor.prices.loc[:"2022-12-29"].copy()
    vendor.prices.loc[pd.Timestamp("2023-05-01"), "BBB"] = 100.0
    done = list(
        sync(ledger, job, now=after("2022-12-28"), reach=lambda _: replace(vendor, today="2023-05-01"))
    )
    assert [type(series.error) for series in done] == [type(None), DataError, type(None)]
    assert "invented has a bar of BBB for 2023-05-01" in str(done[1].error)
    assert [row.symbol for row in ledger.vault.series()] == ["AAA", "CCC"]


def test_a_split_is_fetched_whole_and_told(ledger, job, vendor):
    run(ledger, job, vendor, "2022-12-28")
    before = stored(ledger, ["BBB"])
    vendor.prices.loc[:"2022-12-28", "BBB"] /= 2.0
    vendor.asked.clear()
    done = run(ledger, job, vendor, "2022-12-29")
    assert [series.appended.revised for series in done] == [0, 1, 0]
    assert ("BBB", None) in vendor.asked
    (revision,) = ledger.vault.revisions()
    assert revision.sentence == (
        "invented changed 82 bars of BBB (2022-09-01 to 2022-12-28), known since 2022-12-29 21:00 UTC, ratio 0.5:"
        " a split."
    )
    then = ledger.vault.bars(["BBB"], source="invented", as_of=close_of("XNYS", "2022-12-28"))
    assert then.content_hash == before.content_hash
    assert stored(ledger).close.equals(vendor.prices.loc[:"2022-12-29"])


def test_a_series_that_fails_leaves_the_vault_as_it_was_and_stops_no_other(ledger, job, vendor):
    run(ledger, job, vendor, "2022-12-28")
    before = stored(ledger, ["BBB"])
    vendor.prices = vendor.prices.drop(columns="BBB")
    done = run(ledger, job, vendor, "2022-12-29")
    assert isinstance(done[1].error, UnknownSymbol)
    assert [series.appended.bars for series in done] == [1, 0, 1]
    assert stored(ledger, ["BBB"]).content_hash == before.content_hash


def test_a_sync_that_is_interrupted_goes_on_where_it_ended(ledger, job, vendor):
    vendor.today = "2022-12-28"
    begun = sync(ledger, job, now=after("2022-12-28"), reach=lambda _: vendor)
    assert next(begun).symbol == "AAA"
    begun.close()
    assert [row.symbol for row in ledger.vault.series()] == ["AAA"]
    assert [series.appended.bars for series in run(ledger, job, vendor, "2022-12-28")] == [0, 82, 82]


# --- the command, in processes of its own -----------------------------------------------------------------------


@pytest.fixture
def folder(job, database_url, vendor) -> dict[str, str]:
    """The environment of a project whose bars are 60 parquet files."""
    names = [f"S{number:02d}" for number in range(60)]
    (job / "prices").mkdir()
    for name in names:
        table = vendor.prices[["AAA"]].set_axis(["close"], axis=1).rename_axis("session")
        table.to_parquet(job / "prices" / f"{name}.parquet")
    yaml = job / "papermill_jobs" / "restless.yaml"
    yaml.write_text(yaml.read_text().replace("invented", "parquet:prices").replace("AAA", "S00"))
    (job / "three.py").write_text(
        (job / "three.py").read_text().replace("('AAA', 'BBB', 'CCC')", repr(tuple(names)))
    )
    (job / "pyproject.toml").touch()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("OPENBOOK_")}
    return inherited | {
        "OPENBOOK_DATABASE_URL": database_url,
        "OPENBOOK_HOME": str(job / "home"),
        "PYTHONPATH": f"{job}{os.pathsep}{REPOSITORY}",
    }


def start(job: Path, environment: dict[str, str]) -> subprocess.Popen:
    command = [BIN / "openbook", "data", "sync"]
    return subprocess.Popen(
        command, cwd=job, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def said(process: subprocess.Popen) -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out.splitlines()[-1]


def test_two_syncs_at_once_leave_each_bar_once(job, folder, ledger, vendor):
    both = [start(job, folder), start(job, folder)]
    lines = [said(process) for process in both]
    assert all(line.startswith("60 series, ") for line in lines)
    assert ledger.vault.count() == 60 * len(vendor.prices)


def test_a_sync_that_is_killed_is_completed_by_the_next(job, folder, ledger, vendor):
    process = start(job, folder)
    deadline = time.monotonic() + 60.0
    while (begun := len(ledger.vault.series())) < 3:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    done = len(ledger.vault.series())
    assert begun <= done < 60
    assert said(start(job, folder)) == (
        f"60 series, {(60 - done) * len(vendor.prices):,} bars appended, 0 revised, 0 failed."
    )
    assert ledger.vault.count() == 60 * len(vendor.prices)
