"""Trials on their way to the record: a local queue that needs no database.

Each process appends to a file of its own, a line a trial. `ship` hands all files to the ledger. A file is renamed
before it is shipped and deleted after the commit, so that a kill in between ships it again rather than loses it;
that is harmless, since trials are counted by identity.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framework.errors import LedgerError
from framework.ledger.rows import TrialRow

if TYPE_CHECKING:
    from framework.ledger.ledger import Ledger


def enqueue(trial: TrialRow, folder: Path) -> None:
    """Append one trial to this process's file in `folder`, as a whole line or not at all.

    Raises
    ------
    LedgerError
        The disk refuses it.
    """
    line = json.dumps(asdict(trial), allow_nan=False, sort_keys=True).encode() + b"\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _lock(folder / ".append"):
            _append(folder / f"{os.getpid()}.jsonl", line)
    except OSError as error:
        raise LedgerError(
            f"The trial of {trial.strategy} could not be queued in {folder}: {error}.",
            "Every trial is counted, or no verdict on it would be honest.",
            "Make room or grant write access there, or set OPENBOOK_RECORD=0 to count nothing.",
        ) from error


def ship(ledger: "Ledger", folder: Path) -> int:
    """Hand every queued trial to the ledger and return how many there were."""
    if not folder.exists():
        return 0
    with _lock(folder / ".ship"):
        with _lock(folder / ".append"):
            for path in folder.glob("*.jsonl"):
                path.rename(_shipping_name(path))
        paths = sorted(folder.glob("*.shipping"))
        trials = [trial for path in paths for trial in _read(path)]
        if trials:
            ledger.append_trials(trials)
        for path in paths:
            path.unlink()
    return len(trials)


def _append(path: Path, line: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        before = os.fstat(descriptor).st_size
        written = os.write(descriptor, line)
        if written < len(line):
            os.ftruncate(descriptor, before)
            raise OSError(f"only {written} of {len(line)} bytes fitted")
    finally:
        os.close(descriptor)


def _shipping_name(path: Path) -> Path:
    """A name that no earlier batch left behind by a kill has."""
    batch = 0
    while (name := path.with_name(f"{path.name}.{batch}.shipping")).exists():
        batch += 1
    return name


def _read(path: Path) -> Iterator[TrialRow]:
    for line in path.read_text(encoding="utf-8").splitlines():
        record: Mapping[str, Any] = json.loads(line)
        yield TrialRow(**record)


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
