"""Stops the embedded server when its last user has gone.

Runs as a detached process of its own, ``python -I -S reaper.py USERS REAPER ALIVE PIDFILE LINGER``, and imports
nothing but the standard library. USERS and REAPER are inherited descriptors. Every user of the server holds a
shared lock on USERS, so an exclusive one is granted when none is left, however the last one ended. REAPER is
locked by whoever started this process and stays locked until it ends: one reaper a server. ALIVE is the
path of the file that the server's own processes keep locked.
"""

import fcntl
import os
import signal
import sys
import time
from pathlib import Path


def main(users: int, reaper: int, alive: Path, pidfile: Path, linger_seconds: float) -> None:
    """Wait for the last user to go, linger for the next one, then stop the server and end."""
    while not _deserted(users, linger_seconds):
        pass
    _stop(alive, pidfile)
    os.close(reaper)  # before USERS: whoever gets in next must not take this reaper for a living one
    os.close(users)


def _deserted(users: int, linger_seconds: float) -> bool:
    fcntl.flock(users, fcntl.LOCK_EX)
    fcntl.flock(users, fcntl.LOCK_UN)
    time.sleep(linger_seconds)
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _stop(alive: Path, pidfile: Path) -> None:
    # The server's processes inherited a lock on ALIVE: where it is held, the pid in the file is the server's.
    descriptor = os.open(alive, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if pidfile.exists():  # else the cluster was deleted, and the server ends by itself within a minute
            os.kill(int(pidfile.read_text().split()[0]), signal.SIGINT)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    os.close(descriptor)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]), float(sys.argv[5]))
