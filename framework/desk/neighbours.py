"""A rule with its numbers a little lower and a little higher. None of these is a trial: nothing is chosen by them."""

from dataclasses import fields, is_dataclass, replace
from typing import Any, cast

from framework.desk.rule import FunctionRule, GivenWeights
from framework.simulation.again import again, sharpe_of
from framework.simulation.result import BacktestResult
from framework.statistics.evidence import Neighbours
from framework.strategy.base import Strategy
from framework.strategy.succession import Succession, Turn

LOWER, HIGHER = 0.8, 1.2


def neighbours(result: BacktestResult, rule: Strategy) -> Neighbours:
    """Each number among the rule's parameters a fifth lower and a fifth higher, one at a time."""
    if isinstance(rule, GivenWeights):
        return Neighbours(why_not="weights were given as numbers")
    if isinstance(rule, FunctionRule):
        return Neighbours(why_not="the rule is a function, whose numbers only a dataclass would name")
    names = numbers_of(rule)
    sharpes = []
    for name in names:
        for factor in (LOWER, HIGHER):
            sharpe = _varied_sharpe(result, rule, {name: factor})
            if sharpe is not None:
                sharpes.append(sharpe)
    return Neighbours(sharpes=tuple(sharpes), parameters=names)


def numbers_of(rule: Strategy) -> tuple[str, ...]:
    """The parameters of a rule that are numbers other than zero; those of the rules that a succession follows."""
    own: Any = rule.turns[0].rule if isinstance(rule, Succession) else rule
    if not is_dataclass(own):
        return ()
    values = {item.name: getattr(own, item.name) for item in fields(own) if item.init}
    return tuple(
        name
        for name, value in values.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and value
    )


def varied(rule: Strategy, factors: dict[str, float]) -> Strategy:
    """The rule with each of these parameters times its factor; a whole number changes by one at least."""
    if isinstance(rule, Succession):
        turns = tuple(Turn(turn.session, varied(turn.rule, factors)) for turn in rule.turns)
        return replace(rule, turns=turns)
    changed = {name: _times(getattr(rule, name), factor) for name, factor in factors.items()}
    return cast("Strategy", replace(cast("Any", rule), **changed))


def _times(value: float, factor: float) -> float:
    if not isinstance(value, int):
        return value * factor
    moved = round(value * factor)
    return moved if moved != value or factor == 1.0 else value + (1 if factor > 1.0 else -1)


def _varied_sharpe(result: BacktestResult, rule: Strategy, factors: dict[str, float]) -> float | None:
    """None where such a rule cannot be made, cannot decide, or does not survive."""
    try:
        weights = varied(rule, factors).weights(result.bars)
        sharpe = sharpe_of(again(result, weights=weights))
    except Exception:  # noqa: BLE001 - a rule may refuse a parameter in any way
        return None
    return sharpe if sharpe == sharpe else None  # noqa: PLR0124 - NaN
