"""Verifying a record against its signed log: rows a second, and what the number of rows does to memory."""

import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from time import perf_counter

import psycopg
from append_record import in_bulk, trials
from harness.rates import Limit

from framework.ledger import keys
from framework.ledger.audit import audit
from framework.ledger.checkpoint import KEY, LOG, sign
from framework.ledger.door import Door
from framework.ledger.embedded import DATABASE
from framework.ledger.engine import APPLICATION, engine_for
from framework.ledger.migrate import migrate
from framework.ledger.scratch import scratch_server
from framework.ledger.tiles import Folder
from framework.ledger.verify import verify

FEW, MANY = 50_000, 800_000
ROUNDS = 5


def verified(url: str, home: Path) -> float:
    """Read log and record whole; rows a second."""
    started = perf_counter()
    files = Folder(home / LOG)
    checkpoint = keys.opened_checkpoint(files.read("checkpoint") or b"", keys.published(files))
    with audit(files, checkpoint) as found:
        report = verify(Door(engine_for(url)), found)
    report.check()
    assert (report.rows, report.unlogged) == (found.rows, 0)
    return report.rows / (perf_counter() - started)


def peak_megabytes() -> float:
    """The highest resident size of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM:"))


def measured(url: str, home: Path, rounds: int) -> list[tuple[float, float]]:
    """Rows a second and peak memory, each in a process of its own."""
    command = [sys.executable, __file__, url, str(home)]
    told = [subprocess.run(command, check=True, capture_output=True, text=True).stdout for _ in range(rounds)]
    return [(float(rate), float(memory)) for rate, memory in (line.split() for line in told)]


def main() -> None:
    """A record that grows, signed at two sizes and verified at both."""
    with scratch_server() as server, tempfile.TemporaryDirectory(prefix="openbook-bench-") as name:
        home, url = Path(name), server.url()
        keys.create(home / KEY, origin="example.com/benchmark")
        migrate(server.admin_url)
        host = str(server.place.sockets)
        found = []
        with closing(
            psycopg.connect(host=host, user=APPLICATION, dbname=DATABASE, autocommit=True)
        ) as connection:
            for more in (FEW, MANY - FEW):
                in_bulk(connection, trials(more))
                sign(Door(engine_for(url)), home=home)
                found.append(measured(url, home, ROUNDS))
    few, many = found
    rate = Limit(f"verify {MANY:,} rows against their log, every hash anew", "rows/s", at_least=150_000)
    memory = Limit(f"memory to verify {MANY:,} rows, against that for {FEW:,}", "x", at_most=1.05)
    kept = [
        rate.judge([rate for rate, _ in many]),
        memory.judge([there / here for (_, here), (_, there) in zip(few, many, strict=True)]),
    ]
    assert all(kept), "A limit is broken."


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(verified(sys.argv[1], Path(sys.argv[2])), peak_megabytes())
    else:
        main()
