"""One rule in many settings: what each combination of a grid makes of it."""

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cached_property, partial, update_wrapper
from typing import Any, cast

from framework.data.bars import Bars
from framework.data.suggest import did_you_mean
from framework.desk.backtest import check_length
from framework.desk.rule import Answer, FunctionRule, Subject, subject_of
from framework.errors import SpecError
from framework.strategy.base import Strategy

type AnyFamily = type[Strategy] | Strategy | Callable[..., Answer]


@dataclass(frozen=True)
class Variants:
    """A class of rules, a rule to vary, or a function of bars and parameters, over some bars.

    A universe that the grid does not vary is the bars' symbols for a class, and its own for a rule.
    """

    family: AnyFamily
    bars: Bars

    def check_names(self, names: Iterable[str], *, taken: Collection[str]) -> None:
        """Refuse names that the rule does not have, and those that the results use themselves.

        Raises
        ------
        SpecError
            With the names that exist.
        """
        known = self._known
        for name in names:
            if name in taken:
                raise SpecError(
                    f"The grid varies {name}, which is also a column of the results.",
                    f"The results have the columns {', '.join(taken)}.",
                    "Rename the rule's parameter.",
                )
            if name not in known:
                raise SpecError(
                    f"The grid varies {name}, which {self._name} does not have.",
                    f"Its parameters are {', '.join(known) or 'none'}.",
                    did_you_mean(name, known),
                )

    def rule(self, combination: Mapping[str, Any]) -> Strategy:
        """The rule in this setting, made once for the same mapping."""
        known = self._made.get(id(combination))
        if known is None or known[0] is not combination:
            known = self._made[id(combination)] = (combination, self._new(combination))
        return known[1]

    @cached_property
    def _made(self) -> dict[int, tuple[Mapping[str, Any], Strategy]]:
        return {}

    def __getstate__(self) -> dict[str, Any]:
        return {"family": self.family, "bars": self.bars}

    def _new(self, combination: Mapping[str, Any]) -> Strategy:
        if inspect.isclass(self.family):
            universe = {"universe": self.bars.symbols} if "universe" in self._known else {}
            return cast("Strategy", self.family(**(universe | dict(combination))))
        if inspect.isfunction(self.family):
            bound = update_wrapper(partial(self.family, **combination), self.family)
            return FunctionRule(bound, self.bars.symbols)
        return cast("Strategy", replace(cast("Any", self.family), **combination))

    def longest_warmup(self, chosen: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """The combination that needs the most sessions; those that cannot be made crash later."""
        longest, needed = chosen[0], -1
        for combination in chosen:
            try:
                warmup = self.rule(combination).warmup
            except Exception:  # noqa: BLE001, S112 - it is tried again, and counted as crashed
                continue
            if warmup > needed:
                longest, needed = combination, warmup
        return longest

    def subject(self, combination: Mapping[str, Any]) -> Subject:
        """What the record knows of the whole family: parameters that the grid varies are left out."""
        if inspect.isfunction(self.family):
            found = subject_of(self.family, self.bars)
            return replace(found, rule=self.rule(combination))
        found = subject_of(self.rule(combination), self.bars)
        check_length(found, self.bars)
        fixed = {name: value for name, value in found.parameters.items() if name not in combination}
        return replace(found, parameters=fixed)

    @property
    def _name(self) -> str:
        return str(getattr(self.family, "__name__", type(self.family).__name__))

    @cached_property
    def _known(self) -> list[str]:
        if inspect.isfunction(self.family):
            return list(inspect.signature(self.family).parameters)[1:]
        if not is_dataclass(self.family):
            raise SpecError(
                f"{self._name} cannot be swept.",
                "A sweep varies a dataclass of rules, one such rule, or a function of bars and parameters.",
                "Hand over one of the three.",
            )
        return [field.name for field in fields(self.family) if field.init]
