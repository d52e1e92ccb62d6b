"""Sweep a rule over a grid: one row a combination, one trial for all of them."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from framework.data.bars import Bars
from framework.desk.backtest import count, unfinished
from framework.desk.checkpoint import Findings, load, save
from framework.desk.progress import progress, say
from framework.desk.rule import narrowed
from framework.desk.search import of_grid, summarised
from framework.desk.variants import AnyFamily, Variants
from framework.host import settings
from framework.ledger.rows import TrialRow
from framework.trading.costs import CostModel
from framework.trading.guard import KillSwitch

if TYPE_CHECKING:
    from framework.simulation.sweep import Replayer

SAVED_EVERY_SECONDS = 10.0


def sweep(  # noqa: PLR0913 - each is a decision of its own, and all but four have a default
    rule: AnyFamily,
    grid: Mapping[str, Iterable[Any]],
    bars: Bars,
    *,
    costs: CostModel,
    where: Callable[..., bool] | None = None,
    samples: int | None = None,
    seed: int = 0,
    top: int | None = None,
    memory: str | int = "1GiB",
    capital: float = 100_000.0,
    whole_shares: bool = False,
    fill_at: Literal["open", "close"] | None = None,
    size_at: Literal["decision", "fill"] = "decision",
    kill_switch: KillSwitch | None = None,
) -> pd.DataFrame:
    """Backtest a rule in every combination of a grid, and count them all as trials.

    Each combination is the account that `backtest` would give, and only its figures are kept. One that crashes
    is counted as crashed and the sweep goes on. Interrupting (Ctrl-C, the notebook's stop button) returns what is
    done; the same call then resumes, also in another process.

    Parameters
    ----------
    rule : class of strategies, strategy, or function of Bars and parameters
        A class is swept over all the bars' symbols, a strategy over its own universe.
    grid : mapping of str to iterable
        Values of each parameter.
    bars : Bars
        As in `backtest`.
    costs : CostModel
        Never optional: costs are a decision.
    where : callable, optional
        Admits a combination, given by name: ``where=lambda fast, slow: fast < slow``.
    samples, seed : int
        Random search: draw so many of the admitted combinations.
    top : int, optional
        Return only so many rows, the highest Sharpe ratios first. The trial keeps the distribution of all.
    memory : str or int
        What the sweep may take beyond the bars: "1GiB", or bytes.
    capital, whole_shares, fill_at, size_at, kill_switch
        As in `backtest`.

    Returns
    -------
    DataFrame, shape (combinations, parameters + 11)
        The parameters; total_return, sharpe (per session, not annualised), volatility (per session), skewness,
        kurtosis (raw), max_drawdown, trades, traded_usd, costs_usd; outcome ("finished" or "crashed") and error.
        ``attrs["complete"]`` is False after an interruption, ``attrs["trial"]`` the identity of the trial.

    Raises
    ------
    SpecError
        An unknown parameter, no admissible combination, or a memory limit too small for one.
    DataError
        The bars are shorter than a combination's warm-up.
    """
    from framework.simulation.grid import combinations
    from framework.simulation.sweep import Figures, Replayer, check_memory

    variants = Variants(rule, bars)
    variants.check_names(grid, taken=(*Figures._fields, "outcome", "error"))
    chosen = combinations(grid, where=where, samples=samples, seed=seed)
    subject = variants.subject(variants.longest_warmup(chosen))
    own = narrowed(bars, subject.rule.universe)
    check_memory(memory, own, len(chosen))
    timing: dict[str, Any] = {
        "capital": float(capital),
        "whole_shares": whole_shares,
        "fill_at": fill_at or ("open" if own.has("open") else "close"),
        "size_at": size_at,
    }
    replayer = Replayer(own, costs, **timing, kill_switch=kill_switch)
    trial = unfinished(subject, own, costs, timing | {"kill_switch": kill_switch and asdict(kill_switch)})
    plan = _Plan(variants, chosen, own, replayer, of_grid(trial, chosen), pinned=subject.pinned)
    findings = _run(plan)
    table = _table(chosen, findings)
    trial = summarised(plan.trial, chosen, table, observations=len(own) - 1, pinned=subject.pinned)
    if len(table):
        count(trial)
    table.attrs = {"complete": len(table) == len(chosen), "trial": trial.identity}
    return table if top is None else table.sort_values("sharpe", ascending=False, kind="stable").head(top)


@dataclass(frozen=True)
class _Plan:
    """A sweep that is about to run."""

    variants: Variants
    chosen: list[dict[str, Any]]
    bars: Bars
    replayer: "Replayer"
    trial: TrialRow
    pinned: bool

    @property
    def checkpoint(self) -> Path:
        return settings.read().home / "sweeps" / f"{self.trial.identity}.npz"

    def evaluated(self, place: int) -> tuple[tuple[float, ...], str]:
        """Figures of one combination; NaN and the error, where it crashed."""
        from framework.simulation.sweep import Figures

        try:
            rule = self.variants.rule(self.chosen[place])
            return self.replayer.figures(rule.weights(self.bars)), ""
        except Exception as error:  # noqa: BLE001 - a rule may fail in any way, and is counted as crashed
            return (math.nan,) * len(Figures._fields), f"{type(error).__name__}: {error}"


def _run(plan: _Plan) -> Findings:
    """All combinations, or those that were done when somebody interrupted."""
    path = plan.checkpoint
    findings, saved = _resumed(plan, load(path)), monotonic()
    try:
        with progress("Sweep", len(plan.chosen), done=len(findings)) as advance:
            for place in range(len(findings), len(plan.chosen)):
                findings.add(*plan.evaluated(place))
                advance()
                if monotonic() - saved > SAVED_EVERY_SECONDS:
                    save(findings, path)
                    saved = monotonic()
    except KeyboardInterrupt:
        save(findings, path)
        say(f"Stopped after {len(findings):,} of {len(plan.chosen):,} combinations. The same call resumes.")
    else:
        path.unlink(missing_ok=True)
    return findings


def _resumed(plan: _Plan, found: Findings) -> Findings:
    """What was found before, if its first combination still comes to the same."""
    same = len(found) and repr((found.figures[0], found.errors[0])) == repr(_as_stored(plan.evaluated(0)))
    return found if same else Findings([], [])


def _as_stored(evaluated: tuple[tuple[float, ...], str]) -> tuple[tuple[float, ...], str]:
    return tuple(map(float, evaluated[0])), evaluated[1]


def _table(chosen: list[dict[str, Any]], findings: Findings) -> pd.DataFrame:
    from framework.simulation.sweep import Figures

    done = len(findings)
    figures = np.array(findings.figures, dtype="f8").reshape(done, len(Figures._fields))
    table = pd.DataFrame(chosen[:done], columns=list(chosen[0]))
    table[list(Figures._fields)] = figures
    table["trades"] = table["trades"].astype("Int64")
    table["outcome"] = np.where(np.array(findings.errors, dtype=object) == "", "finished", "crashed")
    table["error"] = findings.errors
    return table
