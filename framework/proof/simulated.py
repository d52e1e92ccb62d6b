"""A judged backtest computed again: from bars, code and parameters to every number of its page."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from pydantic import TypeAdapter

from framework.data.bars import Bars
from framework.desk.backtest import Backtest, replayed
from framework.desk.judge import judged
from framework.desk.judgement import SIMULATED, Benchmark, benchmark_of
from framework.desk.record import row_of
from framework.desk.rule import Subject
from framework.ledger.ledger import Ledger
from framework.ledger.rows import BacktestRow
from framework.proof.checkouts import Elsewhere
from framework.statistics.gates import Gates
from framework.strategy.base import Strategy
from framework.strategy.identity import identity
from framework.trading.costs import CostModel
from framework.trading.guard import Guards, KillSwitch
from framework.trading.venue import Venue

RuleNamed = Callable[[str, Mapping[str, Any]], Strategy]
"""The rule of a strategy by its name on record, with parameters: by the code of the commit that is recomputed."""

RULES: Mapping[str, type] = {"kill_switch": KillSwitch, "venue": Venue, "guards": Guards}
_PLAIN = ("capital", "whole_shares", "fill_at", "size_at")
_ITS_OWN = ("run_id", "versions", "git_sha", "lock_hash", "code_hash")  # of the recording, not of the result


@dataclass(frozen=True)
class RecomputedBacktest:
    """The backtest as it follows from bars, code and parameters, and what speaks against the one on record."""

    row: BacktestRow
    faults: tuple[str, ...]


def recompute_backtest(row: BacktestRow, *, ledger: Ledger, rule_named: RuleNamed) -> RecomputedBacktest:
    """Run and judge the backtest of `row` again, with the trials that were counted when it was recorded.

    Nothing is counted or recorded. Of the row only what was asked is taken (parameters, costs, settings, gates, the
    benchmark's name) and who recorded it when.

    Parameters
    ----------
    row : BacktestRow
        As it is on record.
    ledger : Ledger
        For bars and trials.
    rule_named : callable
        See `RuleNamed`.

    Raises
    ------
    OpenbookError
        Bars, rule or benchmark are not to be had.
    """
    bars = ledger.vault.as_seen(row.snapshot_hash, strategy=row.strategy)
    faults = _of_bars(bars, row)
    result = _replayed(row, bars, rule_named(row.strategy, row.parameters))
    judgement = judged(
        result,
        _benchmark(row, result, ledger, rule_named),
        [_trials_then(ledger, row)],
        name=row.strategy,
        gates=Gates(**row.verdict["gates"]),
        recorded=True,
    )
    found = row_of(judgement, row.run_id)
    settings = json.loads(json.dumps(found.settings, sort_keys=True))  # in the order in which they come back
    kept = {name: getattr(row, name) for name in _ITS_OWN}
    return RecomputedBacktest(replace(found, settings=settings, **kept), faults)


def _of_bars(bars: Bars, row: BacktestRow) -> tuple[str, ...]:
    if bars.content_hash == row.snapshot_hash:
        return ()
    return (f"the bars on record hash to {bars.content_hash[:12]}, the result saw {row.snapshot_hash[:12]}",)


def _replayed(row: BacktestRow, bars: Bars, rule: Strategy) -> Backtest:
    subject = Subject(
        rule,
        name=row.strategy,
        parameters=row.parameters,
        code_hash=_code_hash(rule),
        pinned=True,
        claim=row.settings.get("claim", {}),
    )
    return _again(subject, bars, row.costs, row.settings)


def _again(subject: Subject, bars: Bars, costs: Mapping[str, Any], settings: Mapping[str, Any]) -> Backtest:
    options = {key: settings[key] for key in _PLAIN}
    rules = {key: _rule(kind, settings.get(key)) for key, kind in RULES.items()}
    return replayed(subject, bars, CostModel(**costs), options, rules)


def _benchmark(row: BacktestRow, result: Backtest, ledger: Ledger, rule_named: RuleNamed) -> Benchmark | None:
    told = row.benchmark
    if told is None:
        return None
    sessions = pd.DatetimeIndex(result.worth.index)
    if told["source"] != SIMULATED:
        series = ledger.vault.bars((told["name"],), source=told["source"], as_of=row.known_at)
        return benchmark_of(series, sessions)
    made = told["made"]
    rule = rule_named(told["name"], made["parameters"])
    subject = Subject(rule, told["name"], made["parameters"], _code_hash(rule), pinned=True, claim={})
    return benchmark_of(_again(subject, result.bars, made["costs"], made["timing"]), sessions)


def _code_hash(rule: Strategy) -> str:
    return rule.code_hash if isinstance(rule, Elsewhere) else str(identity(rule)["code_hash"])


def _trials_then(ledger: Ledger, row: BacktestRow) -> pd.DataFrame:
    """The trials that were on record when the judgement was."""
    trials, judged_at = ledger.trials(row.strategy), ledger.judged_at(row.strategy)
    return trials[trials["recorded_at"] <= judged_at]


def _rule(kind: type, given: Mapping[str, Any] | None) -> Any:
    return None if given is None else TypeAdapter(kind).validate_python(dict(given))
