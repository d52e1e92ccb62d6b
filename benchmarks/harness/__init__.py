"""Two contenders on the same work: equality first, then time in alternation, then a row of docs/benchmarks.md.

Each contender lives in a process of its own, the peer in `.venv-peers` (`sh .ci/install peers`), so that neither warms,
slows or bloats the other; both are timed turn by turn, so that whatever else the machine does hits both. Nothing is
recorded as a trial.
"""

import inspect
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from harness.page import duration, size, write

ROOT = Path(__file__).parents[2]
OURS, PEERS = (ROOT / name / "bin/python" for name in (".venv", ".venv-peers"))

Work = Callable[[], object]


@dataclass(frozen=True)
class Bench:
    """One row: what is done, by whom, and how many times as fast it has to be.

    Parameters
    ----------
    work : str
        What is done.
    peer : str
        Its distribution, whose version the row gives; or, with a blank in it, a description.
    ours, theirs : function without arguments
        Loads what it needs, warms it, and returns a function that does the work once and answers with numbers. They
        are called in processes of their own: what both need stands at the head of the file, all else inside. If the
        answer is not what is compared, the returned function has an attribute `answer`, a function that is called
        once for it; if it starts processes, `children = True` has their memory looked at.
    at_least : float
        Limit of the ratio.
    tolerance : float
        Largest difference of the answers, relative to the peer's largest number.
    share : float
        What part of the work `theirs` does, where all of it would take minutes and its time is proportional.
    part : slice
        Of our answer, what `theirs` answers.
    rounds, seconds
        How many turns each has, and how long a turn lasts about.
    remark : str
        Added to the last column.
    """

    work: str
    peer: str
    ours: Callable[[], Work]
    theirs: Callable[[], Work]
    at_least: float
    tolerance: float
    share: float = 1.0
    part: slice = slice(None)
    rounds: int = 9
    seconds: float = 0.3
    remark: str = ""


def run(bench: Bench) -> float:
    """Compare, measure, print and write down; the median ratio."""
    ours, theirs = _Contender(OURS, bench.ours, bench.seconds), _Contender(PEERS, bench.theirs, bench.seconds)
    try:
        difference = _difference(ours.ask("answer")[bench.part], theirs.ask("answer"))
        assert difference <= bench.tolerance, f"The answers differ by {difference:.3e}: nothing was timed."
        turns = [(ours.ask("time"), theirs.ask("time") / bench.share) for _ in range(bench.rounds)]
        memory = [ours.ask("memory"), theirs.ask("memory")]
        peer = bench.peer if " " in bench.peer else f"{bench.peer} {theirs.ask('version ' + bench.peer)}"
    finally:
        ours.stop()
        theirs.stop()
    ratios = sorted(their / our for our, their in turns)
    own, other = (median(turn[side] for turn in turns) for side in (0, 1))
    write(
        [
            bench.work,
            peer,
            duration(other) + ("" if bench.share == 1.0 else f" (from {bench.share:.2%} of it)"),
            duration(own),
            f"{size(median(ratios))}x ({size(ratios[0])} to {size(ratios[-1])})",
            f"{bench.at_least:,g}x",
            " / ".join(f"{beyond:.0f} MB ({whole:.0f})" for beyond, whole in memory),
            f"{difference:.0e}{bench.remark and ': ' + bench.remark}",
        ]
    )
    return median(ratios)


class _Contender:
    """A process that does one side's work when it is asked to."""

    def __init__(self, python: Path, function: Callable[[], Work], seconds: float) -> None:
        (read, answers), (questions, write_) = os.pipe(), os.pipe()
        worker, file = Path(__file__).with_name("worker.py"), inspect.getfile(function)
        command = [python, worker, file, function.__name__, str(seconds), str(questions), str(answers)]
        environment = os.environ | {"OPENBOOK_RECORD": "0"}
        self._process = subprocess.Popen(command, pass_fds=(questions, answers), env=environment)
        os.close(questions)
        os.close(answers)
        self._read, self._write = Connection(read, writable=False), Connection(write_, readable=False)

    def ask(self, question: str) -> Any:
        self._write.send(question)
        return self._read.recv()

    def stop(self) -> None:
        self._write.close()
        self._read.close()
        self._process.wait()


def _difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The largest difference, relative to the peer's largest number; NaN in one only is infinitely far."""
    if ours.shape != theirs.shape or (np.isnan(ours) != np.isnan(theirs)).any():
        return np.inf
    return float(np.nanmax(np.abs(ours - theirs)) / np.nanmax(np.abs(theirs)))
