"""Rules by the code of the commit that ran them: in this process, or in a checkout of their own."""

import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import field, fields, is_dataclass, make_dataclass, replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self, cast

import numpy as np
import pandas as pd

from framework.data.bars import FIELDS, Bars
from framework.errors import ProofError
from framework.ledger.rows import RunRow
from framework.proof.oracle import Oracle
from framework.strategy.base import Strategy
from framework.strategy.load import load
from framework.strategy.weights import TargetWeights


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
        self._made: dict[str, tuple[Path, Oracle]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for checkout, oracle in self._made.values():
            oracle.close()
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
        return _elsewhere(self._oracle(git_sha), Path(self._folder.name), spec, given)

    def _oracle(self, sha: str) -> Oracle:
        if sha not in self._made:
            checkout = Path(self._folder.name) / sha[:12]
            done = _git(self._root, "worktree", "add", "--detach", str(checkout), sha)
            if done.returncode:
                raise ProofError(
                    f"The commit {sha} cannot be checked out: {done.stderr.strip()}",
                    "A run is recomputed by the code of its own commit.",
                    "Fetch the whole history of the repository (git fetch --unshallow), and try again.",
                )
            self._made[sha] = checkout, Oracle(checkout)
        return self._made[sha][1]


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
    given = {name: _tupled(value) for name, value in parameters.items()}
    return cast("Strategy", replace(cast("Any", rule), **given))


class Elsewhere:
    """A rule that is asked in a process of its own, in a checkout of its commit.

    Its fields are the parameters that it was given, so that it can be varied like any rule.
    """

    oracle: ClassVar[Oracle]
    scratch: ClassVar[Path]
    spec: ClassVar[str]

    @property
    def universe(self) -> tuple[str, ...]:
        """Symbols that the rule may hold."""
        return tuple(self._described["universe"])

    @property
    def warmup(self) -> int:
        """Sessions before its first decision."""
        return int(self._described["warmup"])

    @property
    def code_hash(self) -> str:
        """SHA-256 of its source, as its own commit computes it."""
        return str(self._described["code_hash"])

    @cached_property
    def _described(self) -> dict[str, Any]:
        return self.oracle.ask(spec=self.spec, parameters=self._parameters)

    @property
    def _parameters(self) -> dict[str, Any]:
        return {item.name: getattr(self, item.name) for item in fields(cast("Any", self))}

    def weights(self, bars: Bars) -> TargetWeights:
        """What the rule wants, decided in the checkout.

        Raises
        ------
        ProofError
            It fails there, or the bars have features, which are not handed over.
        """
        if bars.features:
            raise ProofError(
                f"{self.spec} was given features: {', '.join(bars.features)}.",
                "Bars are handed to another commit without features.",
                "Check that commit out, and recompute there.",
            )
        source, answer = self.scratch / "bars.npz", self.scratch / "weights.npz"
        tables: dict[str, Any] = {name: bars.table(name) for name in FIELDS if bars.has(name)}
        stamps = bars.sessions.to_numpy("datetime64[ns]").view("i8")
        np.savez(source, sessions=stamps, symbols=np.array(bars.symbols), **tables)
        self.oracle.ask(spec=self.spec, parameters=self._parameters, source=str(source), answer=str(answer))
        with np.load(answer) as found:
            sessions = pd.DatetimeIndex(found["sessions"].view("datetime64[ns]")).as_unit(bars.sessions.unit)
            frame = pd.DataFrame(found["values"], sessions, found["symbols"].tolist())
            return TargetWeights(frame, max_gross=float(found["max_gross"]))


def _elsewhere(oracle: Oracle, scratch: Path, spec: str, parameters: Mapping[str, Any]) -> Strategy:
    order = oracle.ask(spec=spec, parameters=parameters)["parameters"]  # as its class declares them
    given = {name: _tupled(parameters[name]) for name in order if name in parameters}
    kind = make_dataclass(
        "Elsewhere",
        [(name, type(value), field(default=value)) for name, value in given.items()],
        bases=(Elsewhere,),
        frozen=True,
        namespace={"oracle": oracle, "scratch": scratch, "spec": spec},
    )
    return cast("Strategy", kind())


def _tupled(value: Any) -> Any:
    return tuple(map(_tupled, value)) if isinstance(value, list) else value


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
