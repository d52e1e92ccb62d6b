"""The vault: 500 symbols over 20 years into the record, out of it as of a moment, and out of the local cache."""

import shutil
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
from harness.rates import Limit, seconds

from framework.data import snapshot
from framework.data.bars import Bars
from framework.data.sessions import sessions_between
from framework.ledger import locks
from framework.ledger.connect import open_ledger
from framework.ledger.ledger import Ledger

NOW = datetime(2030, 1, 1, tzinfo=UTC)
SHAPE = "500 symbols x 20 years of daily bars"


def invented(sessions: pd.DatetimeIndex, symbols: int, source: str) -> Bars:
    """Random walks in cents, with all five fields."""
    rng = np.random.default_rng(0)
    names = [f"S{column:03d}" for column in range(symbols)]
    steps = rng.normal(0.0, 0.01, (len(sessions), symbols))
    close = np.round(100.0 * np.exp(steps.cumsum(axis=0) * 0.3), 2) + 0.01
    volume = np.round(rng.lognormal(14.0, 1.0, close.shape))

    def frame(values: np.ndarray) -> pd.DataFrame:
        return pd.DataFrame(values, sessions, names)

    return Bars(
        frame(close),
        open=frame(np.round(close * 1.001, 2)),
        high=frame(np.round(close * 1.01, 2)),
        low=frame(np.round(close * 0.99, 2)),
        volume=frame(volume),
        source=source,
    )


def daily(home: Path) -> Iterator[bool]:
    """Store, read cold, read from the cache: each of three sources."""
    bars = invented(sessions_between("XNYS", "2003-01-02", "2022-12-30"), 500, "")
    with open_ledger(url=None, admin_url=None, home=home) as ledger:
        ledger.counts()
        rounds = [turn(ledger, replace(bars, source=name), home / "cache") for name in "abc"]
        stored, cold, warm = ([*chain(*(turn[kind] for turn in rounds))] for kind in range(3))
        yield Limit(f"store {SHAPE}, through the guard", "bars/s", at_least=80_000).judge(stored)
        yield Limit(f"read {SHAPE} from the record, as of a moment", "s", at_most=4.0).judge(cold)
        yield Limit(f"read {SHAPE} from the cache, as of a moment", "s", at_most=0.2).judge(warm)
        yield from memory(ledger, bars, home / "cache")


def turn(ledger: Ledger, bars: Bars, cache: Path) -> tuple[list[float], list[float], list[float]]:
    """Bars a second stored; seconds to read them from the record, and from the cache."""
    (took,) = seconds(lambda: ledger.vault.append_bars(bars, calendar="XNYS"), 1)
    shutil.rmtree(cache, ignore_errors=True)
    cold = seconds(lambda: read(ledger, bars), 1)
    warm = seconds(lambda: read(ledger, bars), 5)
    assert read(ledger, bars).content_hash == bars.content_hash
    return [bars.close.size / took], cold, warm


def memory(ledger: Ledger, bars: Bars, cache: Path) -> Iterator[bool]:
    """What a read allocates at its peak, in panels of all five fields.

    From the cache nothing is copied: the file is mapped, its pages are the panel, and the system's to take back. From
    the record each number is copied once: out of the expanded blocks (1.4 panels, as each bar has its two times) into
    the panel (1.0). The times become arrays of their own (0.4), and checking the bars takes the rest.
    """
    panel = bars.close.size * 8 * 5
    last = replace(bars, source="c")
    for place, at_most in (("cache", 0.1), ("record", 3.0)):
        if place == "record":
            shutil.rmtree(cache)
        tracemalloc.start()
        read(ledger, last)
        peak = tracemalloc.get_traced_memory()[1] / panel
        tracemalloc.stop()
        yield Limit(f"memory taken to read {SHAPE} from the {place}", "panels", at_most=at_most).judge([peak])


def read(ledger: Ledger, bars: Bars) -> Bars:
    """The same bars out of the vault."""
    return ledger.vault.bars(bars.symbols, source=bars.source, as_of=NOW)


def minutes(home: Path) -> Iterator[bool]:
    """A million minute bars of one symbol, from a snapshot."""
    bars = invented(pd.date_range("2020-01-01", periods=1_000_000, freq="min"), 1, "minutes")
    path = home / "minutes.bars"
    snapshot.write(bars, path)
    taken = seconds(lambda: snapshot.read(path), 15)
    yield Limit("read 1,000,000 minute bars from the cache", "s", at_most=0.1).judge(taken)


def main() -> None:
    """All of it, in a home of its own."""
    home = Path(tempfile.mkdtemp(prefix="openbook-bench-", dir="/var/tmp"))
    home.chmod(0o755)
    kept = [*minutes(home), *daily(home / "home")]
    deadline = time.monotonic() + 30.0
    while locks.is_held(home / "home" / "postgres" / "reaper.lock") and time.monotonic() < deadline:
        time.sleep(0.1)
    shutil.rmtree(home)
    assert all(kept), "A limit is broken."


if __name__ == "__main__":
    main()
