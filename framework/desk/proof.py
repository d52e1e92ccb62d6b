"""The proof of causality that comes before a sweep: of one of its combinations, by a few cuts."""

from dataclasses import dataclass
from typing import cast

from framework.data.bars import Bars
from framework.desk.rule import FunctionRule
from framework.desk.work import Combination, Work, is_declared
from framework.errors import LooksAhead
from framework.simulation.banks import is_known
from framework.strategy.causality import check_causal
from framework.strategy.signals import Declared
from framework.strategy.weights import TargetWeights

CUTS = 2


@dataclass(frozen=True)
class _Standing:
    """A function of which each column is an account, as one rule: what each of them stands in, a share of all."""

    rule: FunctionRule

    @property
    def universe(self) -> tuple[str, ...]:
        return self.rule.universe

    @property
    def warmup(self) -> int:
        return self.rule.warmup

    def weights(self, bars: Bars) -> TargetWeights:
        answer = self.rule.function(bars)
        frame = answer.frame if isinstance(answer, TargetWeights) else answer
        return TargetWeights(
            frame.ffill().fillna(0.0).where(bars.close.notna(), 0.0), max_gross=frame.shape[1]
        )


def check_rule(work: Work, combination: Combination) -> None:
    """Refuse a rule that looks ahead in this setting. One that declares a signal on our indicators cannot.

    A rule that fails on bars that were cut or invented is not refused here: it is tried, and counted as crashed where
    it fails.

    Raises
    ------
    LooksAhead
        A weight up to a cut changes with what comes after it.
    """
    try:
        rule = work.variants.rule(combination)
        if is_declared(type(rule)) and _on_ours(cast("Declared", rule)):
            return
        rule, bars = work.subject(combination)
        if work.accounts == "columns" and isinstance(rule, FunctionRule):
            rule = _Standing(rule)
        check_causal(rule, bars, cuts=CUTS)
    except LooksAhead:
        raise
    except Exception:  # noqa: BLE001, S110 - whatever a rule does on bars that never were
        pass


def _on_ours(rule: Declared) -> bool:
    signal = rule.declared
    parts = (signal.enter, *(() if signal.leave is None else (signal.leave,)))
    return all(is_known(side) for part in parts for one in part.comparisons for side in (one.left, one.right))
