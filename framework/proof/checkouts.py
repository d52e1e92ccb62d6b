"""Rules by the code of the commit that ran them: in this process, or in a checkout of their own."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import numpy as np
import pandas as pd

from framework.data.bars import FIELDS, Bars
from framework.errors import ProofError
from framework.ledger.rows import RunRow
from framework.strategy.base import Strategy
from framework.strategy.load import load
from framework.strategy.weights import TargetWeights

# Runs at another commit with nothing of this one on its path: it may use what every commit has.
_SCRIPT = """
import dataclasses, json, sys
import numpy as np, pandas as pd
from framework.data.bars import Bars
from framework.strategy.load import load
spec, parameters, source, answer = sys.argv[1:]
rule = load(spec)
given = {name: tuple(value) if isinstance(value, list) else value for name, value in json.loads(parameters).items()}
rule = dataclasses.replace(rule, **given) if given else rule
if not source:
    print(json.dumps({"universe": list(rule.universe), "warmup": int(rule.warmup)}))
    sys.exit()
with np.load(source) as stored:
    sessions = pd.DatetimeIndex(stored["sessions"].view("datetime64[ns]"))
    tables = {name: pd.DataFrame(stored[name], sessions, stored["symbols"].tolist())
              for name in stored.files if name not in ("sessions", "symbols")}
weights = rule.weights(Bars(**tables))
frame = weights.frame
np.savez(answer, values=frame.to_numpy("f8"), sessions=frame.index.to_numpy("datetime64[ns]").view("i8"),
         symbols=np.array(list(frame.columns)), max_gross=np.array(weights.max_gross))
"""


class Checkouts:
    """Rules as they were at any commit of a repository.

    Use it in a ``with`` block: it removes the checkouts that it made.

    Parameters
    ----------
    root : Path
        A git clone of the project.
    code_hash : str
        Of the code that is running: a rule of the same code is asked in this process.
    """

    def __init__(self, root: Path, *, code_hash: str) -> None:
        self._root, self._code_hash = root, code_hash
        self._folder = tempfile.TemporaryDirectory(prefix="openbook-proof-")
        self._made: dict[str, Path] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for checkout in self._made.values():
            _git(self._root, "worktree", "remove", "--force", str(checkout))
        self._folder.cleanup()

    def of_run(self, run: RunRow, spec: str) -> Strategy:
        """The rule ``module:NAME`` as a run used it."""
        return self.rule(spec, git_sha=run.git_sha, code_hash=run.code_hash)

    def rule(
        self, spec: str, *, git_sha: str, code_hash: str, parameters: Mapping[str, Any] | None = None
    ) -> Strategy:
        """The rule ``module:NAME`` with these parameters, by the code that has this hash at this commit.

        Raises
        ------
        ProofError
            The repository does not have the commit.
        """
        given = dict(parameters or {})
        if code_hash == self._code_hash:
            return varied(load(spec), given)
        return _Elsewhere(self._checkout(git_sha), Path(self._folder.name), spec, json.dumps(given))

    def _checkout(self, sha: str) -> Path:
        if sha not in self._made:
            checkout = Path(self._folder.name) / sha[:12]
            done = _git(self._root, "worktree", "add", "--detach", str(checkout), sha)
            if done.returncode:
                raise ProofError(
                    f"The commit {sha} cannot be checked out: {done.stderr.strip()}",
                    "A run is recomputed by the code of its own commit.",
                    "Fetch the whole history of the repository (git fetch --unshallow), and try again.",
                )
            self._made[sha] = checkout
        return self._made[sha]


def varied(rule: Strategy, parameters: Mapping[str, Any]) -> Strategy:
    """`rule` with these parameters; lists become tuples, as they were before they were recorded.

    Raises
    ------
    ProofError
        It has no such parameter.
    """
    if not parameters:
        return rule
    known: set[str] = {item.name for item in fields(rule)} if is_dataclass(rule) else set()
    unknown = sorted(set(parameters) - known)
    if unknown:
        raise ProofError(
            f"{type(rule).__name__} has no parameter {', '.join(unknown)}.",
            f"It has {', '.join(sorted(known)) or 'none'}.",
            "The record speaks of another rule of that name.",
        )
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in parameters.items()}
    return cast("Strategy", replace(cast("Any", rule), **given))


@dataclass(frozen=True)
class _Elsewhere:
    """A rule that is asked in a process of its own, in a checkout of its commit."""

    checkout: Path
    scratch: Path
    spec: str
    parameters: str

    @property
    def universe(self) -> tuple[str, ...]:
        return tuple(self._described["universe"])

    @property
    def warmup(self) -> int:
        return int(self._described["warmup"])

    @cached_property
    def _described(self) -> dict[str, Any]:
        described: dict[str, Any] = json.loads(self._run("", ""))
        return described

    def weights(self, bars: Bars) -> TargetWeights:
        source, answer = self.scratch / "bars.npz", self.scratch / "weights.npz"
        tables = {name: bars.table(name) for name in FIELDS if bars.has(name)}
        stamps = bars.sessions.to_numpy("datetime64[ns]").view("i8")
        np.savez(source, sessions=stamps, symbols=np.array(bars.symbols), **cast("dict[str, Any]", tables))
        self._run(str(source), str(answer))
        with np.load(answer) as found:
            sessions = pd.DatetimeIndex(found["sessions"].view("datetime64[ns]")).as_unit(bars.sessions.unit)
            frame = pd.DataFrame(found["values"], sessions, found["symbols"].tolist())
            return TargetWeights(frame, max_gross=float(found["max_gross"]))

    def _run(self, source: str, answer: str) -> str:
        command = [sys.executable, "-c", _SCRIPT, self.spec, self.parameters, source, answer]
        environment = {"PYTHONPATH": str(self.checkout), "PATH": "", "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(  # noqa: S603 - our own words
            command, cwd=self.checkout, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise ProofError(
                f"{self.spec} failed at {self.checkout.name}: {done.stderr.strip().splitlines()[-1]}",
                "A run is recomputed by the code of its own commit.",
                "Install the lock of that commit, and try again with its packages.",
            )
        return done.stdout


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
