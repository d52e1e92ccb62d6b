"""The returns of the trials on record, made again: what a choice was made from."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from framework.data.bars import Bars
from framework.desk.backtest import Backtest, excess_returns
from framework.desk.counting import distinct
from framework.desk.progress import progress
from framework.desk.search import combinations_of
from framework.desk.walk_forward import WalkForward
from framework.simulation.again import again, sharpe_of
from framework.statistics.evidence import SearchEvidence, search_evidence
from framework.strategy.base import Strategy
from framework.strategy.identity import identity
from framework.strategy.succession import Succession
from framework.trading.costs import CostModel

MOST = 500  # trials whose returns are made again; of more, so many are drawn
SAME = 1e-9  # of a Sharpe ratio: what is made again is what was recorded


class Unknown(Exception):
    """Why the returns of a trial are not known."""


@dataclass(frozen=True)
class Attempt:
    """What one trial ran: parameters of the rule, and costs."""

    parameters: Mapping[str, Any]
    costs: Mapping[str, float]

    @property
    def key(self) -> str:
        """The same for two trials of the same thing."""
        return json.dumps([self.parameters, self.costs], sort_keys=True, default=list)


class Known:
    """Makes the trials of a rule again, over the bars that it was searched on.

    A trial is known if its code, bars and settings are those of the result that is judged, and if what is made again
    has the Sharpe ratio that was recorded.
    """

    def __init__(self, result: Backtest) -> None:
        self._result = result
        self._bars: Bars = result.searched if isinstance(result, WalkForward) else result.bars
        rule = result.subject.rule
        self._rule: Any = rule.turns[0].rule if isinstance(rule, Succession) else rule
        self._attempts: dict[str, Attempt] = {}
        self._results: dict[str, tuple[float, np.ndarray]] = {}
        self._known = 0
        self._unknown: Counter[str] = Counter()

    def evidence(self, trials: Iterable[pd.DataFrame]) -> SearchEvidence:
        """What the returns of these trials, tables of the record, say about the choice."""
        singles, searches = distinct(trials)
        for row in singles:
            self._look_up(row, 1, self._single)
        for row in searches:
            self._look_up(row, int(row["parameters"]["sweep"]["count"]), self._search)
        drawn = self._drawn()
        returns: dict[int, np.ndarray] = {}
        with progress("Trials made again", len(drawn)) as advance:
            for number, attempt in enumerate(drawn):
                with suppress(Exception):  # it crashed then, too, and has no returns
                    returns[number] = self._made(attempt)[1]
                advance()
        table = pd.DataFrame(returns, index=self._bars.sessions[1:])
        why_not = ", ".join(f"{count:,} {reason}" for reason, count in sorted(self._unknown.items()))
        return search_evidence(
            table,
            known=self._known,
            drawn_from=len(self._attempts) - len(drawn) + len(returns),
            why_not=why_not,
        )

    def _look_up(self, row: Mapping[str, Any], looks: int, attempts_of: Any) -> None:
        try:
            found = attempts_of(row)
        except Unknown as reason:
            self._unknown[str(reason)] += looks
        else:
            self._known += looks
            self._attempts |= {attempt.key: attempt for attempt in found}

    def _single(self, row: Mapping[str, Any]) -> list[Attempt]:
        if row["identity"] == self._result.trial.identity and self._bars is not self._result.bars:
            return []  # the account of a walk-forward: its returns are known, but cover other sessions
        self._check_same(row)
        if row["outcome"] == "crashed":
            return []
        attempt = self._attempt(row, {})
        self._check_sharpe(attempt, row["sharpe"])
        return [attempt]

    def _search(self, row: Mapping[str, Any]) -> list[Attempt]:
        swept = row["parameters"]["sweep"]
        self._check_same(row)
        combinations = combinations_of(swept)
        if combinations is None:
            raise Unknown("whose combinations are not on record")
        if swept["best"] is not None:
            self._check_sharpe(self._attempt(row, swept["best"]), row["sharpe"])
        ran = combinations[: swept["count"] // swept["looks"]]
        return [self._attempt(row, combination) for combination in ran]

    def _attempt(self, row: Mapping[str, Any], combination: Mapping[str, Any]) -> Attempt:
        if not is_dataclass(self._rule):
            raise Unknown("that cannot be made again")
        given = {**row["parameters"], **combination}
        names = [item.name for item in fields(self._rule) if item.init and item.name in given]
        return Attempt({name: given[name] for name in names}, row["costs"])

    def _check_same(self, row: Mapping[str, Any]) -> None:
        own = self._result.trial
        if row["code_hash"] != own.code_hash:
            raise Unknown("with other code")
        if row["bars_hash"] != self._bars.content_hash:
            raise Unknown("on other bars")
        if dict(row["timing"]) != dict(own.timing):
            raise Unknown("with other settings")

    def _check_sharpe(self, attempt: Attempt, recorded: float | None) -> None:
        try:
            found, _ = self._made(attempt)
        except Exception as error:
            raise Unknown("that cannot be made again") from error
        then = math.nan if recorded is None else float(recorded)
        still = math.isnan(found) and math.isnan(then)
        if not (still or math.isclose(found, then, rel_tol=SAME, abs_tol=SAME)):
            raise Unknown("that come out otherwise now")

    def _made(self, attempt: Attempt) -> tuple[float, np.ndarray]:
        """Sharpe ratio per session and returns above the cash rate."""
        if attempt.key not in self._results:
            weights = _rule_like(self._rule, attempt.parameters).weights(self._bars)
            costs = CostModel(**attempt.costs)
            result = again(self._result, weights=weights, bars=self._bars, costs=costs)
            self._results[attempt.key] = sharpe_of(result), excess_returns(result).to_numpy()
        return self._results[attempt.key]

    def _drawn(self) -> list[Attempt]:
        every, most = list(self._attempts.values()), min(MOST, len(self._bars) - 1)
        if len(every) <= most:
            return every
        chosen = np.random.default_rng(0).choice(len(every), most, replace=False)
        return [every[place] for place in sorted(chosen.tolist())]


def _rule_like(rule: Any, parameters: Mapping[str, Any]) -> Strategy:
    """The rule with parameters from the record, where lists stand for tuples."""
    made: Strategy = replace(rule, **{name: _tupled(value) for name, value in parameters.items()})
    found = identity(made)["parameters"]
    if any(found[name] != value for name, value in parameters.items()):
        raise Unknown("that cannot be made again")
    return made


def _tupled(value: Any) -> Any:
    return tuple(_tupled(item) for item in value) if isinstance(value, list) else value
