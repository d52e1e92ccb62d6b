"""PostgreSQL's own client programs: where they are, and how they are told whom to connect to."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from psycopg import pq
from sqlalchemy import URL

from framework.errors import LedgerError
from framework.ledger.faults import place_of
from framework.ledger.place import programs
from framework.ledger.transport import parameters

SEARCHED = "/usr/bin:/bin"


def run(name: str, address: URL, arguments: Sequence[str]) -> None:
    """Run ``pg_dump`` or one of its kind on the database at `address`.

    The password goes through the environment, where other users cannot read it as they could read the arguments.

    Raises
    ------
    LedgerError
        The program is not there, or failed; the message quotes the first thing that it complained of.
    """
    environment = {"PATH": SEARCHED, "LC_ALL": "C.UTF-8", **_variables(address)}
    command = [str(_program(name, address)), *arguments]
    done = subprocess.run(  # noqa: S603 - our own words
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = next(iter(done.stderr.strip().splitlines()), "nothing")
        raise LedgerError(
            f"{name} failed at {place_of(address)} and said: {said}.",
            "It must be as new as the server, and reach it as we do (the bundled one has no TLS).",
            "Install the server's version of postgresql-client so that it is found on PATH, then run it again.",
        )


def _program(name: str, address: URL) -> Path:
    """That of this machine for a server of yours, if there is one; else the embedded server's own."""
    installed = shutil.which(name) if parameters(address)["host"].strip() else None
    embedded = "openbook-socket-" in parameters(address)["host"]
    return Path(installed) if installed is not None and not embedded else programs(None) / name


def _variables(address: URL) -> dict[str, str]:
    """What libpq reads from its environment, for this address."""
    wanted = parameters(address)
    names = {item.keyword.decode(): item.envvar for item in pq.Conninfo.get_defaults()}
    return {
        variable.decode(): wanted[keyword]
        for keyword, variable in names.items()
        if variable is not None and wanted[keyword]
    }
