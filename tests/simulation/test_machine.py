"""What is compiled is kept on disk, is renewed with its sources, and reads nothing from other rooms."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from framework.simulation import machine, metrics
from framework.simulation.compiled import simulate
from framework.trading.costs import CostModel

COSTS = CostModel(commission_bps=1, half_spread_bps=2)
COMPILED = ("kernels.py", "metrics.py", "ruled.py", "sizes.py", "stops.py", "sums.py")


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
        f"source = open({metrics.__file__!r}).read()\n"
        "scope = {'__name__': 'metrics'}\n"
        "exec(compile(source, '/proc/1/metrics.py', 'exec'), scope)\n"
        "print(type(scope['measure']._cache).__name__)\n"
    )
    nowhere = {"HOME": "/proc/1", "XDG_CACHE_HOME": "/proc/1", "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=120, env=nowhere
    )
    assert done.stdout.strip() == "NullCache"


def test_an_edit_of_any_module_of_the_room_compiles_anew(tmp_path):
    """numba itself would look at the caller's own file only, and go on with what it has on disk."""
    room = tmp_path / "room"
    room.mkdir()
    shutil.copy(machine.__file__, room / "machine.py")
    (room / "loops.py").write_text(
        "from machine import compiled\nfrom steps import step\n\n@compiled\ndef walk(x):\n    return step(x)\n"
    )
    answers = []
    for height in ("1.0", "1.0", "2.0"):
        (room / "steps.py").write_text(
            f"from machine import inner\n\n@inner\ndef step(x):\n    return x + {height}\n"
        )
        code = "from loops import walk; print(walk(1.0), sum(walk.stats.cache_hits.values()))"
        done = subprocess.run(
            [sys.executable, "-B", "-c", code],
            cwd=room,
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
        )
        answers.append(done.stdout.split())
    assert answers == [["2.0", "0"], ["2.0", "1"], ["3.0", "0"]]


def test_what_is_compiled_reads_no_constant_of_another_room():
    for name in COMPILED:
        lines = Path(machine.__file__).with_name(name).read_text().splitlines()
        ours = [line for line in lines if line.startswith("from framework")]
        assert ours
        assert all(line.startswith("from framework.simulation.") for line in ours)
