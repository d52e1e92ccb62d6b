"""The exactly rounded sum against ``math.fsum``, and the compiled replay's own properties."""

import os
import subprocess
import sys
from math import fsum
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from framework.simulation import kernels
from framework.simulation.compiled import simulate, tables_of, terms_of
from framework.simulation.kernels import every_bit, exact_sum, replay
from framework.simulation.scenario import Scenario
from framework.simulation.tables import TRADE, Diary
from framework.trading.costs import CostModel

COSTS = CostModel(commission_bps=1, half_spread_bps=2, borrow_rate_per_year=0.01, cash_rate_per_year=0.02)
quick = settings(deadline=None)  # the first call compiles
NUMBERS = st.floats(min_value=-1e200, max_value=1e200, allow_subnormal=True)


def both(values):
    return exact_sum(values, len(values)), every_bit(values, len(values))


@quick
@given(arrays("f8", st.integers(0, 40), elements=NUMBERS))
def test_a_sum_is_rounded_once(values):
    assert both(values) == (fsum(values), fsum(values))


@quick
@given(arrays("f8", st.integers(1, 12), elements=NUMBERS), st.integers(-2, 2))
def test_a_sum_survives_cancellation(values, units):
    mirrored = np.concatenate([values, -values[::-1] * (1.0 + units * 2.0**-52)])
    assert both(mirrored) == (fsum(mirrored), fsum(mirrored))


@quick
@given(st.lists(st.integers(-80, 80), min_size=2, max_size=12), st.integers(0, 2**12 - 1))
def test_a_sum_of_powers_of_two_breaks_ties_to_even(exponents, signs):
    values = np.array([(-1.0) ** (signs >> i & 1) * 2.0**power for i, power in enumerate(exponents)])
    assert both(values) == (fsum(values), fsum(values))


def replayed(scenario, *, rows, room):
    sessions, symbols = scenario.targets.shape
    money = (np.full(sessions, np.nan) for _ in range(4))
    diary = Diary(*money, np.empty((rows, symbols)), np.empty(room, TRADE))
    return diary, replay(tables_of(scenario), terms_of(scenario), diary)


@pytest.fixture
def scenario(make_bars, make_weights):
    bars = make_bars(5, sessions=200, lives=True)
    return Scenario(
        weights=make_weights(5, bars, gross=1.5, short=True),
        bars=bars,
        costs=COSTS,
        capital=100_000.0,
        fill_at=None,
        size_at="decision",
        whole_shares=False,
        kill_switch=None,
    )


def test_a_replay_without_room_for_trades_and_positions_is_the_same_replay(scenario):
    (whole, found), (bare, again) = (
        replayed(scenario, rows=200, room=2_000),
        replayed(scenario, rows=0, room=0),
    )
    assert found == again
    assert found.trades > 100
    np.testing.assert_array_equal(whole.worth, bare.worth)


def test_the_outcomes_totals_are_those_of_the_trades(scenario):
    diary, outcome = replayed(scenario, rows=0, room=2_000)
    trades = diary.trades[: outcome.trades]
    assert outcome.traded_usd == pytest.approx(
        (np.abs(trades["quantity"]) * trades["price"]).sum(), rel=1e-12
    )
    assert outcome.commission_usd == pytest.approx(trades["commission_usd"].sum(), rel=1e-12)
    assert outcome.spread_usd == pytest.approx(trades["spread_usd"].sum(), rel=1e-12)


def test_threads_change_nothing(scenario):
    alone, _ = replayed(scenario, rows=0, room=0)
    together = []
    threads = [
        Thread(target=lambda: together.append(replayed(scenario, rows=0, room=0)[0])) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(together) == 4
    for diary in together:
        np.testing.assert_array_equal(diary.worth, alone.worth)


def test_the_machine_code_is_read_from_disk_in_the_next_process(make_bars, make_weights):
    bars = make_bars(0)
    simulate(make_weights(0, bars), bars, COSTS)  # compiled by now, and stored
    code = (
        "from framework.simulation.kernels import replay\n"
        "from framework.simulation.compiled import warm\n"
        "warm()\n"
        "assert sum(replay.stats.cache_hits.values()) == 1, replay.stats\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_where_nothing_can_be_written_the_kernel_is_compiled_in_memory():
    """numba looks for a folder at import: that must not stop the import of a read-only installation."""
    code = (
        f"source = open({kernels.__file__!r}).read()\n"
        "scope = {'__name__': 'kernels'}\n"
        "exec(compile(source, '/proc/1/kernels.py', 'exec'), scope)\n"
        "print(type(scope['replay']._cache).__name__)\n"
    )
    nowhere = {"HOME": "/proc/1", "XDG_CACHE_HOME": "/proc/1", "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=120, env=nowhere
    )
    assert done.stdout.strip() == "NullCache"


def test_the_kernel_reads_no_constant_of_another_module():
    """numba would not notice an edit there, and would go on with what it has on disk."""
    imported = [line for line in Path(kernels.__file__).read_text().splitlines() if "import " in line]
    ours = [line for line in imported if "framework" in line]
    assert ours == ["from framework.simulation.tables import Book, Diary, Outcome, Tables, Terms"]
