"""A server of its own for a while, which leaves nothing behind: where a stranger's dump is laid out."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from framework.ledger import locks
from framework.ledger.embedded import Server
from framework.ledger.place import SHELTER

PATIENCE_SECONDS = 30.0


@contextmanager
def scratch_server() -> Iterator[Server]:
    """A fresh embedded server for the length of a ``with`` block.

    Raises
    ------
    LedgerError
        It does not start.
    """
    home = Path(tempfile.mkdtemp(prefix="openbook-scratch-", dir=SHELTER))
    home.chmod(0o755)  # or the unprivileged account that it runs as where we are root could not get there
    try:
        server = Server.start(home, linger_seconds=0.0)
        try:
            yield server
        finally:
            server.stop()
            _await_end(home)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _await_end(home: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while locks.is_held(home / "postgres" / "reaper.lock") and time.monotonic() < deadline:
        time.sleep(locks.PAUSE_SECONDS)
