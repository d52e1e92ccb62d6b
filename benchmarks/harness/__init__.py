"""Two contenders on the same work: equality first, then time in alternation, then a row of docs/benchmarks.md.

Each contender lives in a process of its own, so that neither warms, slows or bloats the other, and both are timed turn
by turn, so that whatever else the machine does hits both. Nothing is recorded as a trial.
"""

import os
import resource
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

`make bench` runs each file of `benchmarks/` and renews its row here: both contenders in processes of their own, their
answers compared first, then timed in alternation on the same data. A ratio is the peer's time over ours, the median
of the rounds with the lowest and the highest in brackets; memory is the highest resident size of the process,
interpreter and libraries included. Absolute times depend on the machine and on its load, ratios much less.

| work | openbook | peer | ratio | at least | memory, ours / peer | answers differ by |
|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Bench:
    """One row: what is done, by whom, and how much faster it has to be.

    `ours` and `theirs` load what they need and return a function that does the work once and answers with numbers.
    """

    work: str
    peer: str
    ours: Callable[[], Callable[[], object]]
    theirs: Callable[[], Callable[[], object]]
    at_least: float
    tolerance: float
    rounds: int = 9
    seconds: float = 0.3  # a contender's turn lasts about as long


def run(bench: Bench) -> float:
    """Compare, measure, print and write down; the median ratio."""
    context = get_context("spawn")
    pipes, workers = [], []
    for contender in (bench.ours, bench.theirs):
        here, there = context.Pipe()
        worker = context.Process(target=_serve, args=(there, contender, bench.seconds), daemon=True)
        worker.start()
        pipes.append(here)
        workers.append(worker)
    answers = [_ask(pipe, "answer") for pipe in pipes]
    difference = _difference(*answers)
    assert difference <= bench.tolerance, f"The answers differ by {difference:.3e}: nothing was timed."
    turns = [tuple(_ask(pipe, "time") for pipe in pipes) for _ in range(bench.rounds)]
    memory = [_ask(pipe, "memory") for pipe in pipes]
    for pipe, worker in zip(pipes, workers, strict=True):
        pipe.send("stop")
        worker.join()
    ratios = sorted(theirs / ours for ours, theirs in turns)
    cells = [
        bench.work,
        _duration(median(ours for ours, _ in turns)),
        f"{bench.peer} {version(bench.peer)}: {_duration(median(theirs for _, theirs in turns))}",
        f"{median(ratios):.1f}x ({ratios[0]:.1f} to {ratios[-1]:.1f})",
        f"{bench.at_least:g}x",
        " / ".join(f"{size:.0f} MB" for size in memory),
        f"{difference:.1e}",
    ]
    print(" | ".join(cells))
    _write(cells)
    return median(ratios)


def _serve(pipe, contender: Callable[[], Callable[[], object]], seconds: float) -> None:
    os.environ["OPENBOOK_RECORD"] = "0"
    work = contender()
    answer = work()
    started = perf_counter()
    work()
    repeats = max(1, int(seconds / (perf_counter() - started)))
    while (asked := pipe.recv()) != "stop":
        if asked == "answer":
            pipe.send(np.asarray(answer, dtype="f8"))
        elif asked == "memory":
            pipe.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)
        else:
            started = perf_counter()
            for _ in range(repeats):
                work()
            pipe.send((perf_counter() - started) / repeats)


def _ask(pipe, question: str):
    pipe.send(question)
    return pipe.recv()


def _difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The largest difference, relative to the peer's largest number; NaN in one only is infinitely far."""
    if ours.shape != theirs.shape or (np.isnan(ours) != np.isnan(theirs)).any():
        return np.inf
    return float(np.nanmax(np.abs(ours - theirs)) / np.nanmax(np.abs(theirs)))


def _duration(seconds: float) -> str:
    return f"{seconds * 1e3:.3g} ms" if seconds < 1.0 else f"{seconds:.3g} s"


def _write(cells: list[str]) -> None:
    rows = PAGE.read_text().splitlines()[len(HEAD.splitlines()) :] if PAGE.exists() else []
    kept = [row for row in rows if row.startswith("|") and not row.startswith(f"| {cells[0]} |")]
    PAGE.write_text(HEAD + "\n".join(sorted([*kept, f"| {' | '.join(cells)} |"])) + "\n")
