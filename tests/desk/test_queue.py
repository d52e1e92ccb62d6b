"""The queue: no trial is lost or doubled, whatever is killed, and a full disk is said."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from framework.desk.queue import enqueue, ship
from framework.errors import LedgerError
from framework.ledger.rows import TrialRow

ROOT = Path(__file__).resolve().parents[2]

PRELUDE = """
import os, resource, signal, sys
from pathlib import Path
from framework.desk.queue import enqueue, ship
from framework.ledger.connect import open_ledger
from framework.ledger.rows import TrialRow

def trial(identity, error=None):
    return TrialRow(identity=identity, strategy="tried", parameters={"fast": 10}, code_hash="c", bars_hash="b",
                    costs={}, timing={}, outcome="finished", error=error)

folder = Path(sys.argv[1])
"""
WRITES_FORTY = "for number in range(40): enqueue(trial(f'{os.getpid()}-{number}'), folder)"
KILLED = """
class Killed:
    def __init__(self, ledger):
        self.ledger = ledger
    def append_trials(self, rows):
        if sys.argv[3] == "after the commit":
            self.ledger.append_trials(rows)
        os.kill(os.getpid(), signal.SIGKILL)

with open_ledger(url=sys.argv[2], admin_url=None, home=folder) as ledger:
    ship(Killed(ledger), folder)
"""
DISK_FULL = """
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
enqueue(trial("fits"), folder)
size = next(folder.glob("*.jsonl")).stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 50, size + 50))
try:
    enqueue(trial("does not fit"), folder)
except Exception as error:
    print(type(error).__name__, error)
"""


def trial(identity: str) -> TrialRow:
    return TrialRow(
        identity=identity,
        strategy="tried",
        parameters={"fast": 10},
        code_hash="c",
        bars_hash="b",
        costs={},
        timing={},
        outcome="finished",
        sharpe=0.1 + 0.2,
        observations=252,
        skewness=-0.5,
        kurtosis=3.0,
    )


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PRELUDE + script, *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE)


def identities(ledger) -> list[str]:
    return list(ledger.trials("tried")["identity"])


def test_a_shipped_trial_is_on_record_as_it_was_queued(ledger, tmp_path):
    enqueue(trial("one"), tmp_path)
    assert ship(ledger, tmp_path) == 1
    (row,) = ledger.trials("tried").to_dict("records")
    assert {name: row[name] for name in ("identity", "sharpe", "observations", "skewness", "kurtosis")} == {
        "identity": "one",
        "sharpe": 0.1 + 0.2,
        "observations": 252,
        "skewness": -0.5,
        "kurtosis": 3.0,
    }
    assert row["parameters"] == {"fast": 10}


def test_shipping_empties_the_queue_and_shipping_nothing_is_nothing(ledger, tmp_path):
    assert ship(ledger, tmp_path / "never made") == 0
    enqueue(trial("one"), tmp_path)
    assert (ship(ledger, tmp_path), ship(ledger, tmp_path)) == (1, 0)
    assert not list(tmp_path.glob("*.jsonl*"))


def test_writers_at_work_during_shipments_lose_and_double_nothing(ledger, tmp_path):
    writers = [start(WRITES_FORTY, tmp_path) for _ in range(3)]
    shipments = 0
    while any(writer.poll() is None for writer in writers):
        shipments += ship(ledger, tmp_path) > 0
    shipments += ship(ledger, tmp_path) > 0
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert shipments > 0
    assert len(identities(ledger)) == 120
    assert ledger.counts()["trials"] == 120
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.close()


@pytest.mark.parametrize("when", ["before the commit", "after the commit"])
def test_a_shipper_killed_half_way_loses_and_doubles_nothing(ledger, database_url, tmp_path, when):
    enqueue(trial("one"), tmp_path)
    with start(KILLED, tmp_path, database_url, when) as killed:
        assert killed.wait() == -signal.SIGKILL
    assert identities(ledger) == (["one"] if when == "after the commit" else [])
    enqueue(trial("two"), tmp_path)
    ship(ledger, tmp_path)
    assert identities(ledger) == ["one", "two"]
    assert ledger.counts()["trials"] == 2


def test_a_full_disk_is_said_and_leaves_no_torn_line(tmp_path):
    with start(DISK_FULL, tmp_path) as writer:
        said, _ = writer.communicate()
    assert said.startswith("LedgerError The trial of tried could not be queued")
    (line,) = next(tmp_path.glob("*.jsonl")).read_text().splitlines()
    assert json.loads(line)["identity"] == "fits"


def test_a_folder_that_cannot_be_made_is_said_with_what_to_do(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LedgerError, match="OPENBOOK_RECORD=0"):
        enqueue(trial("one"), tmp_path / "file" / "trials")


def test_what_is_not_a_number_cannot_be_queued(tmp_path):
    with pytest.raises(ValueError, match="Out of range float values"):
        enqueue(TrialRow(**{**vars(trial("one")), "sharpe": float("nan")}), tmp_path)
    assert not list(tmp_path.glob("*.jsonl"))
