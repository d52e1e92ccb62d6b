"""Sweep a rule over a grid: a row a combination, or a combination and symbol; one trial for all of them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Literal

import pandas as pd

from framework.data.bars import Bars
from framework.desk.backtest import count, recorded, unfinished
from framework.desk.findings import Findings, load, save
from framework.desk.progress import progress, say
from framework.desk.proof import check_rule
from framework.desk.rule import narrowed
from framework.desk.search import of_grid, summarised
from framework.desk.tally import table_of
from framework.desk.variants import AnyFamily, Variants
from framework.desk.work import FIGURES, Accounts, Work
from framework.host import settings
from framework.ledger.rows import TrialRow
from framework.trading.costs import CostModel
from framework.trading.guard import Guards, KillSwitch
from framework.trading.quotes import FillAt, usual
from framework.trading.venue import Venue

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
    accounts: Accounts = "together",
    capital: float = 100_000.0,
    whole_shares: bool = False,
    fill_at: FillAt | None = None,
    size_at: Literal["decision", "fill"] = "decision",
    kill_switch: KillSwitch | None = None,
    venue: Venue | None = None,
    guards: Guards | None = None,
) -> pd.DataFrame:
    """Backtest a rule in every combination of a grid, and count them all as trials.

    Each account is what `backtest` would give, and only its figures are kept. One that crashes is counted as crashed
    and the sweep goes on. Interrupting (Ctrl-C, the notebook's stop button) returns what is done; the same call then
    resumes, also in another process. A rule that declares its signal (:mod:`framework.strategy.signals`) is computed
    on shared indicators where accounts are of one symbol each; ``attrs["path"]`` says which way was taken.

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
    accounts : {"together", "each", "columns"}
        One account with all symbols; or one with all of the capital for each symbol, the rule run over that symbol
        alone; or one for each column of the rule's answer on all symbols, from 0 to 1 (-1 short), NaN to hold.
    memory : str or int
        What the sweep may take beyond the bars: "1GiB", or bytes.
    capital, whole_shares, fill_at, size_at, kill_switch, venue, guards
        As in `backtest`.

    Returns
    -------
    DataFrame, shape (accounts, parameters + 11, and one more for `symbol`)
        The parameters; symbol, where accounts are of one each; total_return, sharpe (per session, not annualised),
        volatility (per session), skewness, kurtosis (raw), max_drawdown, trades, traded_usd, costs_usd; outcome
        ("finished" or "crashed") and error.
        ``attrs["complete"]`` is False after an interruption, ``attrs["trial"]`` the identity of the trial.
        The trial counts each combination once; its distribution of Sharpe ratios is over all accounts.

    Raises
    ------
    SpecError
        An unknown parameter, no admissible combination, or a memory limit too small for one.
    DataError
        The bars are shorter than a combination's warm-up.
    LooksAhead
        The rule with the longest warm-up changes its mind once later bars exist.
    """
    from framework.simulation.grid import combinations
    from framework.simulation.sweep import Figures

    variants = Variants(rule, bars)
    variants.check_names(grid, taken=(*Figures._fields, "symbol", "outcome", "error"))
    chosen = combinations(grid, where=where, samples=samples, seed=seed)
    longest = variants.longest_warmup(chosen)
    subject = variants.subject(longest)
    own = narrowed(bars, subject.rule.universe)
    timing: dict[str, Any] = {
        "capital": float(capital),
        "whole_shares": whole_shares,
        "fill_at": fill_at or usual(own),
        "size_at": size_at,
    }
    rules: dict[str, Any] = {"kill_switch": kill_switch, "venue": venue, "guards": guards}
    work = Work(variants, own, costs, timing | rules, accounts)
    chunk = work.chunk_within(memory, len(chosen))
    work.check()
    check_rule(work, longest)
    trial = unfinished(subject, own, costs, timing | recorded(rules))
    plan = _Plan(work, chosen, of_grid(trial, chosen, accounts=accounts), chunk)
    findings = _run(plan)
    table = table_of(work, chosen, findings)
    trial = summarised(
        plan.trial, chosen, table, observations=len(own) - 1, pinned=subject.pinned, width=work.width
    )
    if findings.done:
        count(trial)
    table.attrs = {
        "complete": findings.done == len(chosen),
        "trial": trial.identity,
        "path": work.path,
        "accounts": accounts,
    }
    return table if top is None else table.sort_values("sharpe", ascending=False, kind="stable").head(top)


@dataclass(frozen=True)
class _Plan:
    """A sweep that is about to run."""

    work: Work
    chosen: list[dict[str, Any]]
    trial: TrialRow
    chunk: int

    @property
    def checkpoint(self) -> Path:
        return settings.read().home / "sweeps" / f"{self.trial.identity}.npz"


def _run(plan: _Plan) -> Findings:
    """All combinations, or those that were done when somebody interrupted."""
    path, total = plan.checkpoint, len(plan.chosen)
    findings, saved = _resumed(plan), monotonic()
    try:
        with progress("Sweep", total, done=findings.done) as advance:
            while findings.done < total:
                part = plan.chosen[findings.done : findings.done + plan.chunk]
                findings.add(*plan.work.evaluated(part))
                advance(len(part))
                if monotonic() - saved > SAVED_EVERY_SECONDS:
                    save(findings, path)
                    saved = monotonic()
    except KeyboardInterrupt:
        save(findings, path)
        say(f"Stopped after {findings.done:,} of {total:,} combinations. The same call resumes.")
    else:
        path.unlink(missing_ok=True)
    return findings


def _resumed(plan: _Plan) -> Findings:
    """What was found before, if its first combination still comes to the same."""
    blank = Findings.none_of(len(plan.chosen), plan.work.width, FIGURES)
    if not plan.checkpoint.exists():
        return blank
    found, (figures, errors) = load(plan.checkpoint, blank), plan.work.evaluated(plan.chosen[:1])
    first = {place: text for place, text in found.errors.items() if place < plan.work.width}
    same = found.done and figures.tobytes() == found.figures[:1].tobytes() and errors == first
    return found if same else Findings.none_of(len(plan.chosen), plan.work.width, FIGURES)
