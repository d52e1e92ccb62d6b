"""Stops the embedded server when its last user has gone.

Runs as a detached process of its own, ``python -I -S reaper.py USERS REAPER ALIVE PIDFILE SOCKETS LINGER``, and
imports nothing but the standard library. USERS and REAPER are inherited descriptors. Every user of the server holds
a shared lock on USERS, so an exclusive one is granted when none is left, however the last one ended. REAPER was locked
by whoever started this process and stays locked until it ends: one reaper a server. ALIVE is the path of the file
that the server's own processes keep locked.
"""

import fcntl
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

PATIENCE_SECONDS = 30.0
PAUSE_SECONDS = 0.02


def main(users: int, reaper: int, alive: Path, pidfile: Path, sockets: Path, linger_seconds: float) -> None:
    """Wait for the last user to go, linger for the next one, then stop the server and end."""
    server = os.open(alive, os.O_RDWR)  # now: by then the home may have been deleted
    while not _deserted(users, linger_seconds):
        pass
    _stop(server, pidfile)
    with suppress(FileNotFoundError):
        for left_behind in sockets.iterdir():  # by a server that was killed
            left_behind.unlink()
        sockets.rmdir()
    os.close(reaper)  # before USERS: whoever gets in next must not take this reaper for a living one
    os.close(users)


def _deserted(users: int, linger_seconds: float) -> bool:
    fcntl.flock(users, fcntl.LOCK_EX)
    fcntl.flock(users, fcntl.LOCK_UN)
    time.sleep(linger_seconds)
    return _locked(users)


def _stop(server: int, pidfile: Path) -> None:
    # The server's processes inherited a lock on ALIVE: while it is held, the pid in the file is the server's.
    # A server whose cluster was deleted has no such file; it notices and ends by itself within a minute.
    for request in (signal.SIGINT, signal.SIGQUIT):  # fast, then immediate
        if _locked(server):
            return
        with suppress(FileNotFoundError):
            os.kill(int(pidfile.read_text().split()[0]), request)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not _locked(server) and time.monotonic() < deadline:
            time.sleep(PAUSE_SECONDS)
    fcntl.flock(server, fcntl.LOCK_EX)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


if __name__ == "__main__":
    alive, pidfile, sockets = map(Path, sys.argv[3:6])
    main(int(sys.argv[1]), int(sys.argv[2]), alive, pidfile, sockets, float(sys.argv[6]))
