"""50,000 combinations over 8,313 sessions in a process that may have 2 GiB of address space, all it needs included."""

import os
import resource
import subprocess
import sys
from pathlib import Path

from harness.market import prices
from harness.rates import Limit

SESSIONS, WINDOWS = 8_313, range(2, 319)
ALLOWED = 2 << 30  # bytes of address space


def solve() -> None:
    """Sweep under the limit; how many combinations finished, and the highest resident size in MB."""
    resource.setrlimit(resource.RLIMIT_AS, (ALLOWED, ALLOWED))

    from framework import Bars, CostModel, sweep
    from strategies.moving_average_cross import MovingAverageCross

    bars = Bars(prices(sessions=SESSIONS, symbols=1)[0])
    table = sweep(
        MovingAverageCross(universe=bars.symbols),
        {"fast": WINDOWS, "slow": WINDOWS},
        bars,
        costs=CostModel(commission_bps=1.0, half_spread_bps=2.0),
        where=lambda fast, slow: fast < slow,
        accounts="each",
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print((table["outcome"] == "finished").sum(), peak)


def main() -> None:
    """The sweep in a process of its own."""
    command = [sys.executable, "-c", "import sweep_memory; sweep_memory.solve()"]
    environment = os.environ | {"OPENBOOK_RECORD": "0"}
    done = subprocess.run(
        command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True, env=environment
    )
    finished, peak = map(float, done.stdout.split()[-2:])
    swept = Limit("sweep in 2 GiB of address space, 8,313 sessions", "combinations", at_least=50_000.0)
    peaked = Limit("memory of that sweep, interpreter and libraries included", "MB", at_most=2_048.0)
    kept = [swept.judge([finished]), peaked.judge([peak])]
    assert all(kept), "A limit is broken."


if __name__ == "__main__":
    main()
