"""One side's process: ``python worker.py <file> <function> <seconds> <fd to read> <fd to write>``.

It runs in either environment, so that it needs numpy only.
"""

import resource
import sys
from importlib.metadata import version
from importlib.util import module_from_spec, spec_from_file_location
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))  # for what benchmarks share


def loaded(file: str, name: str):
    """The function that prepares the work."""
    spec = spec_from_file_location("contenders", file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # so that the source of its rules can be read
    spec.loader.exec_module(module)
    return getattr(module, name)


def serve(file: str, name: str, seconds: float, questions: Connection, answers: Connection) -> None:
    work = loaded(file, name)()
    _forget_peak()
    start = _megabytes("VmRSS")
    answer = work()
    peak = _megabytes("VmHWM")
    started = perf_counter()
    work()
    repeats = max(1, int(seconds / (perf_counter() - started)))
    compared = getattr(work, "answer", lambda: answer)
    while True:
        try:
            asked = questions.recv()
        except EOFError:
            return
        if asked == "answer":
            answers.send(np.atleast_1d(np.asarray(compared(), dtype="f8")))
        elif asked == "memory":
            answers.send(_of_children() if getattr(work, "children", False) else (peak - start, _whole()))
        elif asked == "time":
            started = perf_counter()
            for _ in range(repeats):
                work()
            answers.send((perf_counter() - started) / repeats)
        else:
            answers.send(version(asked.removeprefix("version ")))


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _megabytes(name: str) -> float:
    (line,) = (
        each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith(f"{name}:")
    )
    return int(line.split()[1]) * 1024 / 1e6


def _whole() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def _of_children() -> tuple[float, float]:
    whole = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e6
    return whole, whole


if __name__ == "__main__":
    contender, function, turn, to_read, to_write = sys.argv[1:]
    serve(
        contender,
        function,
        float(turn),
        Connection(int(to_read), writable=False),
        Connection(int(to_write), readable=False),
    )
