"""Backtest a rule and count the trial."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from framework.data.bars import Bars
from framework.desk.queue import enqueue
from framework.desk.rule import AnyRule, Subject, narrowed, subject_of
from framework.errors import DataError
from framework.host import settings
from framework.ledger.rows import TrialRow
from framework.simulation.result import BacktestResult
from framework.trading.costs import SESSIONS_PER_YEAR, CostModel
from framework.trading.guard import Guards, KillSwitch
from framework.trading.quotes import FillAt, usual
from framework.trading.venue import Venue

if TYPE_CHECKING:
    from framework.desk.robustness import Robustness

IDENTIFYING = ("parameters", "code_hash", "bars_hash", "costs", "timing")
CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Backtest(BacktestResult):
    """A backtest's result together with what was tried, so that it can be judged.

    Parameters
    ----------
    subject : Subject
        The rule, its name, its parameters and its claim.
    trial : TrialRow
        As it was counted.
    """

    subject: Subject
    trial: TrialRow

    def robustness(self, *, draws: int = 40, seed: int = 0) -> "Robustness":
        """What is left of it when timing, costs, beginning, universe, parameters or size change, one at a time.

        None of these accounts is a trial, since nothing is chosen by them. `draws` settings near the chosen one are
        drawn, by `seed`.
        """
        from framework.desk.robustness import robustness

        return robustness(self, draws=draws, seed=seed)


def backtest(  # noqa: PLR0913 - each is a decision of its own, and all but three have a default
    rule: AnyRule,
    bars: Bars,
    costs: CostModel,
    *,
    capital: float = 100_000.0,
    whole_shares: bool = False,
    fill_at: FillAt | None = None,
    size_at: Literal["decision", "fill"] = "decision",
    kill_switch: KillSwitch | None = None,
    venue: Venue | None = None,
    guards: Guards | None = None,
) -> Backtest:
    """Replay `rule` over `bars`: decide at a close, trade in the next session, pay the costs.

    The trial is counted in a local queue, a crashed one too; no database is touched. A repetition of exactly the
    same trial is the same trial.

    Parameters
    ----------
    rule : Strategy, function of Bars, or TargetWeights
        What to hold at each close. Functions answer with TargetWeights or a DataFrame.
    bars : Bars
        Symbols beyond the rule's universe are ignored.
    costs : CostModel
        Never optional: costs are a decision.
    capital : float
        USD at the first session.
    whole_shares : bool
        Whether orders are rounded to whole shares.
    fill_at : "open", "close" or "mean", optional
        Price of the next session at which orders trade: its open where the bars have one, else its close. "mean" is
        that of its open, high, low and close.
    size_at : "decision" or "fill"
        Which equity and prices turn weights into shares. Only "decision" can be traded; "fill" is for comparison
        with other engines.
    kill_switch : KillSwitch, optional
        Stop at a drawdown; off unless given.
    venue : Venue, optional
        Lots, least value of an order, no-trade band; none unless given.
    guards : Guards, optional
        Stop loss, trailing stop, take profit, time stop, target of volatility; off unless given.

    Raises
    ------
    UnknownSymbol
        The bars lack a symbol of the universe.
    DataError
        The bars are shorter than the rule's warm-up.
    StrategyError
        The rule's answer cannot be followed.
    """
    subject = subject_of(rule, bars)
    own = narrowed(bars, subject.rule.universe)
    check_length(subject, own)
    options: dict[str, Any] = {
        "capital": float(capital),
        "whole_shares": whole_shares,
        "fill_at": fill_at or usual(own),
        "size_at": size_at,
    }
    rules: dict[str, Any] = {"kill_switch": kill_switch, "venue": venue, "guards": guards}
    return tried(subject, own, costs, options, rules)


def tried(
    subject: Subject, own: Bars, costs: CostModel, options: dict[str, Any], rules: dict[str, Any]
) -> Backtest:
    """Replay the subject's rule over its bars, and count the trial, a crashed one too.

    `options` and `rules` are settings of the engine: plain values, and rules of an account that are recorded as such.
    """
    known = _known(subject, own, costs, options | recorded(rules))
    try:
        result = _replayed(known, subject, own, costs, options | rules)
    except Exception as error:
        count(_trial(known, outcome="crashed", error=f"{type(error).__name__}: {error}"))
        raise
    count(result.trial)
    return result


def replayed(
    subject: Subject, own: Bars, costs: CostModel, options: dict[str, Any], rules: dict[str, Any]
) -> Backtest:
    """What `tried` answers, counted nowhere: for whoever only recomputes what was tried."""
    known = _known(subject, own, costs, options | recorded(rules))
    return _replayed(known, subject, own, costs, options | rules)


def _replayed(
    known: dict[str, Any], subject: Subject, own: Bars, costs: CostModel, settings_: dict[str, Any]
) -> Backtest:
    from framework.simulation.compiled import simulate  # imports numba, which takes its time

    weights = subject.rule.weights(own)
    if not subject.pinned:  # what it answered stands in for what code and parameters do not determine
        known["parameters"]["weights_hash"] = weights.content_hash
    result = simulate(weights, own, costs, **settings_)
    return Backtest(
        **result.parts(), subject=subject, trial=_trial(known, outcome="finished", **_measured(result))
    )


def check_length(subject: Subject, bars: Bars) -> None:
    """Refuse bars that end before the rule decides for the first time."""
    needed = subject.rule.warmup
    if len(bars) <= needed:
        raise DataError(
            f"The bars have {len(bars)} sessions, {bars.sessions[0]:%Y-%m-%d} to {bars.sessions[-1]:%Y-%m-%d}.",
            f"{subject.name} decides for the first time after {needed}.",
            "Load an earlier start, or choose a shorter look-back.",
        )


def excess_returns(result: BacktestResult) -> pd.Series:
    """Simple returns per session above the cash rate of the cost model."""
    return result.returns - result.costs.cash_rate_per_year / SESSIONS_PER_YEAR


def recorded(rules: Mapping[str, Any]) -> dict[str, Any]:
    """Rules of an account as plain values. Those that were not asked for are left out, the kill switch apart.

    So a trial without them keeps the identity that it had before there were such rules.
    """
    plain = {name: None if rule is None else asdict(rule) for name, rule in rules.items()}
    return {name: rule for name, rule in plain.items() if rule is not None or name == "kill_switch"}


def unfinished(subject: Subject, bars: Bars, costs: CostModel, timing: Mapping[str, Any]) -> TrialRow:
    """The trial as it is known before it runs."""
    return _trial(_known(subject, bars, costs, timing), outcome="finished")


def identified(trial: TrialRow) -> TrialRow:
    """The trial under its identity: SHA-256 over code, parameters, bars, costs and timing as canonical JSON."""
    return replace(trial, identity=_identity({name: getattr(trial, name) for name in IDENTIFYING}))


def count(trial: TrialRow) -> None:
    """Put the trial into the local queue, unless recording is off."""
    if settings.recording():
        enqueue(trial, settings.read().home / "trials")


def _known(subject: Subject, bars: Bars, costs: CostModel, timing: Mapping[str, Any]) -> dict[str, Any]:
    """What is tried: the fields of a trial that do not depend on how it ends."""
    return {
        "strategy": subject.name,
        "parameters": dict(subject.parameters),
        "code_hash": subject.code_hash,
        "bars_hash": bars.content_hash,
        "costs": {name: float(value) for name, value in vars(costs).items() if name != "impact" or value},
        "timing": timing,
    }


def _trial(known: Mapping[str, Any], **ending: Any) -> TrialRow:
    return TrialRow(identity=_identity(known), **known, **ending)


def _identity(known: Mapping[str, Any]) -> str:
    what = {name: known[name] for name in IDENTIFYING}
    return hashlib.sha256(CANONICAL.encode(what).encode()).hexdigest()


def _measured(result: BacktestResult) -> dict[str, Any]:
    """Moments of the excess returns, None where they are undefined."""
    from framework.simulation.metrics import measure

    found = measure(result.worth.to_numpy(), result.costs.cash_rate_per_year / SESSIONS_PER_YEAR)
    sample = {"sharpe": found.sharpe, "skewness": found.skewness, "kurtosis": found.kurtosis}
    return {
        "observations": len(result.worth) - 1,
        **{name: value if math.isfinite(value) else None for name, value in sample.items()},
    }
