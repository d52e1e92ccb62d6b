"""Rows to put on record, and a real psql."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pandas as pd
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg import sql
from sqlalchemy import make_url

from framework.data.bars import Bars
from framework.ledger import keys
from framework.ledger.audit import audit
from framework.ledger.files import write_once, write_whole
from framework.ledger.growth import grown
from framework.ledger.merkle import EMPTY
from framework.ledger.notes import Checkpoint, Signer, signed_note
from framework.ledger.place import programs
from framework.ledger.rows import BacktestRow, OrderEventRow, OrderRow, RunRow, TrialRow, WorthRow
from framework.ledger.schema import METADATA
from framework.ledger.tiles import TIME, Entry, Folder
from framework.ledger.verify import verify

ROOT = Path(__file__).parents[2]
SESSION = pd.Timestamp("2022-12-27")
CLOSE = datetime(2022, 12, 27, 21, tzinfo=UTC)


@pytest.fixture
def psql() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a statement through the wheel's own psql."""

    def run(url: str, statement: str) -> subprocess.CompletedProcess[str]:
        to = make_url(url)
        command = [
            *(programs(None) / "psql", "--no-psqlrc", "--tuples-only", "--no-align"),
            *(
                "--host",
                to.query["host"],
                "--username",
                to.username,
                "--dbname",
                to.database,
                "--command",
                statement,
            ),
        ]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)

    return run


@pytest.fixture
def make_run() -> Callable[..., RunRow]:
    def make(run_id: str = "run-1", **changes) -> RunRow:
        values = {
            "strategy": "dual_momentum",
            "job": "dual_momentum",
            "session": SESSION,
            "mode": "paper",
            "as_of": CLOSE,
            "git_sha": "a" * 40,
            "git_dirty": False,
            "image_tag": None,
            "lock_hash": "b" * 64,
            "code_hash": "c" * 64,
            "parameters": {"lookback": 252},
        }
        return RunRow(run_id=run_id, **(values | changes))

    return make


@pytest.fixture
def make_worth() -> Callable[..., WorthRow]:
    def make(run: RunRow, **changes) -> WorthRow:
        values = {
            "worth_usd": 100_000.1,
            "cash_usd": 50_000.1,
            "holdings": {"MTUM": 500.25},
            "prices": {"MTUM": 99.95002498750625},
            "snapshot_hash": "d" * 64,
            "known_at": CLOSE,
            "backfilled": True,
        }
        own = {"strategy": run.strategy, "mode": run.mode, "session": run.session, "run_id": run.run_id}
        return WorthRow(**(own | values | changes))

    return make


@pytest.fixture
def make_order() -> Callable[..., OrderRow]:
    def make(run: RunRow, order_id: str = "order-1", **changes) -> OrderRow:
        values = {"symbol": "MTUM", "quantity": 10.5, "reference_price": 99.95002498750625, "known_at": CLOSE}
        own = {"strategy": run.strategy, "mode": run.mode, "session": run.session, "run_id": run.run_id}
        return OrderRow(order_id=order_id, **(own | values | changes))

    return make


@pytest.fixture
def make_fill() -> Callable[..., OrderEventRow]:
    def make(run: RunRow, order_id: str = "order-1", **changes) -> OrderEventRow:
        values = {
            "event": "filled",
            "quantity": 10.5,
            "price": 100.1,
            "commission_usd": 0.1,
            "known_at": CLOSE,
        }
        own = {"strategy": run.strategy, "mode": run.mode, "session": run.session, "run_id": run.run_id}
        return OrderEventRow(order_id=order_id, **(own | values | changes))

    return make


@pytest.fixture
def make_trial() -> Callable[..., TrialRow]:
    def make(identity: str, **changes) -> TrialRow:
        values = {
            "strategy": "dual_momentum",
            "parameters": {"lookback": 252},
            "code_hash": "c" * 64,
            "bars_hash": "d" * 64,
            "costs": {"commission_bps": 1.0},
            "timing": {"fill_at": "open"},
            "outcome": "finished",
            "sharpe": 0.1 + 0.2,
            "observations": 2520,
            "skewness": -0.3,
            "kurtosis": 4.5,
        }
        return TrialRow(identity=identity, **(values | changes))

    return make


@pytest.fixture
def make_backtest() -> Callable[..., BacktestRow]:
    def make(**changes) -> BacktestRow:
        worth = pd.Series(
            [100_000.0, 100_000.1, 99_999.87654321012], index=pd.bdate_range("2022-12-23", periods=3)
        )
        values = {
            "result_hash": "e" * 64,
            "strategy": "dual_momentum",
            "run_id": None,
            "trial_identity": "f" * 64,
            "snapshot_hash": "d" * 64,
            "parameters": {"lookback": 252},
            "costs": {"commission_bps": 1.0},
            "settings": {"whole_shares": False},
            "engine": "plain",
            "second_engine": "vectorbt 1.2.0",
            "second_engine_difference": 1.1e-13,
            "versions": {"numpy": "2.4.6"},
            "capital_usd": 100_000.0,
            "worth_usd": worth,
            "benchmark": {"name": "SP500", "source": "sample", "worth": worth * (1.0 / 3.0)},
            "positions_last": {"MTUM": 1.5},
            "weights_last": {"MTUM": 1.0},
            "tearsheet": {"rows": [{"key": "cagr", "value": None}]},
            "verdict": {"promoted": False, "reasons": []},
            "git_sha": "a" * 40,
            "lock_hash": "b" * 64,
            "code_hash": "c" * 64,
            "first_session": worth.index[0],
            "last_session": worth.index[-1],
            "licence": "BSD-3",
            "caveat": "survivors",
            "known_at": CLOSE,
        }
        return BacktestRow(**(values | changes))

    return make


@pytest.fixture
def eventually() -> Callable[..., bool]:
    """Whether a condition comes true before a deadline."""

    def wait(condition: Callable[[], object], *, seconds: float = 30.0) -> bool:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    return wait


@pytest.fixture
def python() -> Callable[..., subprocess.Popen[str]]:
    """Another process of this interpreter, which is killed when the ``with`` block ends."""

    @contextmanager
    def start(code: str, *arguments: str, **options) -> Iterator[subprocess.Popen[str]]:
        command = [sys.executable, "-c", code, *map(str, arguments)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
        with subprocess.Popen(command, **(pipes | options)) as process:
            try:
                yield process
            finally:
                process.kill()

    return start


@pytest.fixture
def ordinary_user(home: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run code as an ordinary user who owns the home: as ourselves, or where we are root, as nobody.

    Where root's interpreter lies below a private folder, nobody may read it (and nothing else) by a capability.
    """
    name = "nobody"
    identity = ["setpriv", f"--reuid={name}", "--regid=nogroup", "--clear-groups"]
    reading = ["--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]

    def run(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", code, *map(str, arguments)]
        if os.geteuid() == 0:
            home.mkdir()
            shutil.chown(home, name)
            probe = [*identity, sys.executable, "-c", f"open({str(ROOT / 'pyproject.toml')!r}).close()"]
            readable = subprocess.run(probe, check=False, capture_output=True)
            command = [*identity, *([] if readable.returncode == 0 else reading), *command]
        environment = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(ROOT)}
        captured = {"capture_output": True, "text": True, "timeout": 120}
        return subprocess.run(command, check=False, cwd="/", env=environment, **captured)

    return run


@pytest.fixture
def tiny_bars() -> Bars:
    """Three sessions of two symbols, with prices that need all 17 digits."""
    sessions = pd.DatetimeIndex(["2022-12-23", "2022-12-27", "2022-12-28"])
    close = pd.DataFrame({"KO": [63.82, 64.2, 0.1 + 0.2], "IBM": [141.65, 142.42, 140.02]}, index=sessions)
    return Bars(
        close=close,
        open=close * (1.0 / 3.0),
        high=close * 1.1,
        low=close / 7.0,
        volume=close.round() * 1e6,
        source="sample",
        licence="BSD-3",
        caveat="survivors",
    )


@pytest.fixture
def traded(ledger, make_run, make_worth, make_order, make_fill):
    """Two nights of a book, the second of which fills the order of the first."""
    run = ledger.start_attempt(make_run())
    ledger.append_night(run.run_id, worth=make_worth(run), fills=[], orders=[make_order(run)])
    ledger.append_event(run.run_id, "finished")
    settled = ledger.start_attempt(make_run("run-2", session=pd.Timestamp("2022-12-28")))
    ledger.append_night(settled.run_id, worth=make_worth(settled), fills=[make_fill(settled)], orders=[])
    return ledger


@pytest.fixture
def filled(traded, make_trial, make_backtest, tiny_bars):
    """At least one row in every table."""
    ledger, known_at = traded, datetime(2022, 12, 28, 21, tzinfo=UTC)
    ledger.append_trials([make_trial("1" * 64)])
    ledger.append_backtest(make_backtest())
    ledger.append_notebook("a.ipynb", b"{}", strategy="s", kind="research", run_id=None)
    ledger.append_suspension("s", action="suspend", reason="r", reviewer="ada", known_at=known_at)
    ledger.vault.append_bars(tiny_bars, calendar="XNYS")
    ledger.vault.append_bars(replace(tiny_bars, close=tiny_bars.close * 2.0), calendar="XNYS")
    rank = pd.DataFrame({"KO": [1.0]}, index=pd.DatetimeIndex([known_at]))
    ledger.vault.append_feature("rank", rank, source="own", licence="CC0-1.0")
    ledger.vault.append_snapshot(tiny_bars, strategy="s", known_at=known_at)
    assert min(ledger.counts().values()) >= 1
    return ledger


@pytest.fixture
def attacker(superuser_url):
    """A superuser who has taken the guard down, and may do anything."""
    to = make_url(superuser_url)
    with psycopg.connect(
        host=to.query["host"], user=to.username, dbname=to.database, autocommit=True
    ) as connection:
        for (name,) in connection.execute("SELECT evtname FROM pg_event_trigger").fetchall():
            connection.execute(sql.SQL("ALTER EVENT TRIGGER {} DISABLE").format(sql.Identifier(name)))
        for table in METADATA.sorted_tables:
            connection.execute(f"ALTER TABLE public.{table.name} DISABLE TRIGGER ALL")
        connection.execute("SET timezone = 'UTC'")
        yield connection


@pytest.fixture
def log_home(tmp_path):
    """A folder with a key, where checkpoints are signed."""
    home = tmp_path / "signer"
    keys.create(home / "checkpoint.key", origin="example.com/record")
    return home


@pytest.fixture
def held(ledger, log_home):
    """Hold the record to the log in `log_home`, or in another folder: the report."""

    def hold(log: Path | None = None, door=ledger):
        files = Folder(log or log_home / "log")
        checkpoint = keys.opened_checkpoint(files.read("checkpoint"), keys.published(files))
        with audit(files, checkpoint) as found:
            return verify(door, found)

    return hold


@pytest.fixture
def invented(tmp_path):
    """Make or continue a log in a folder with a number of invented rows, and sign it: its checkpoint."""
    signer = Signer("example.com/invented", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))

    def make(name: str, rows: int, *, stream: bytes = b"t:s", salt: bytes = b"") -> Checkpoint:
        folder, files = tmp_path / name, Folder(tmp_path / name)
        last, first = Checkpoint(signer.name, 0, EMPTY), 1
        write_once(folder / "keys" / "0", f"{signer.verifier}\n".encode())
        if (folder / "checkpoint").exists():
            last = keys.opened_checkpoint(files.read("checkpoint"), keys.published(files))
            with audit(files, last) as found:
                first = found.count(stream) + 1
        numbers = range(first, first + rows)
        entries = [Entry(sha256(salt + b"%d" % n).digest(), n, stream).encoded() for n in numbers]
        now = grown(folder, last, [*entries, Entry(TIME, last.size, b"").encoded()])
        note = signed_note(now.text(), signer).encode()
        write_whole(folder / "checkpoint", note)
        write_whole(folder / "checkpoints" / str(now.size), note)
        return now

    return make
