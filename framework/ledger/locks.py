"""Locks between processes: advisory locks on files, which the kernel frees however their holder ends."""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from framework.errors import LedgerError

PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.01


def claim(path: Path, *, shared: bool = False, patience_seconds: float = PATIENCE_SECONDS) -> int:
    """Hold a lock on the file at `path` and return its descriptor; closing it gives the lock up.

    The descriptor is not inherited by programs that this process starts. A process that is killed gives up
    its locks at once.

    Raises
    ------
    LedgerError
        Others still hold the lock after `patience_seconds`.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + patience_seconds
    while not _locked(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX):
        if time.monotonic() > deadline:
            os.close(descriptor)
            raise LedgerError(
                f"{path} is still held by another process after {patience_seconds:.0f} s.",
                "Starting or stopping the embedded server is done by one process at a time.",
                f"Look at {path.parent / 'server.log'}; find the holder with: fuser -v {path}",
            )
        time.sleep(PAUSE_SECONDS)
    return descriptor


def claim_if_free(path: Path) -> int | None:
    """Hold the lock exclusively if nobody holds it; None if somebody does."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    if _locked(descriptor, fcntl.LOCK_EX):
        return descriptor
    os.close(descriptor)
    return None


@contextmanager
def held(path: Path, *, patience_seconds: float = PATIENCE_SECONDS) -> Iterator[None]:
    """The lock at `path`, exclusively, for the length of a ``with`` block."""
    descriptor = claim(path, patience_seconds=patience_seconds)
    try:
        yield
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Whether any process holds the lock at `path`."""
    descriptor = claim_if_free(path)
    if descriptor is None:
        return True
    os.close(descriptor)
    return False


def _locked(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN):
            return False
        raise
    return True
