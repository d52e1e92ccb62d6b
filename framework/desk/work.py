"""The work of a sweep: what a chunk of combinations comes to, as a function of nothing but itself.

It pickles as the rule does, so that any process can do a part of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from inspect import isclass, isfunction
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np

from framework.data.bars import Bars
from framework.desk.rule import FunctionRule
from framework.desk.variants import AnyFamily, Variants
from framework.errors import SpecError
from framework.strategy.base import Strategy
from framework.strategy.signals import Declared, Signal
from framework.strategy.weights import TargetWeights
from framework.trading.costs import CostModel

if TYPE_CHECKING:
    from framework.simulation.banked import Market
    from framework.simulation.columns import Columns, Found
    from framework.simulation.sweep import Replayer

Accounts = Literal["together", "each", "columns"]
Combination = Mapping[str, Any]
FIGURES = 9
RESULT_COLUMNS = 8  # of a table of results beside its figures
CHUNK = 5_000  # combinations on banks: some tenths of a second for twenty symbols of thirty years


@dataclass(frozen=True, eq=False)
class Work:
    """A rule in many settings over some bars, in accounts of one kind.

    Parameters
    ----------
    variants : Variants
        The rule.
    bars : Bars
        Of its universe.
    costs, settings
        As in `backtest`.
    accounts : {"together", "each", "columns"}
        As in `sweep`.
    """

    variants: Variants
    bars: Bars
    costs: CostModel
    settings: Mapping[str, Any]
    accounts: Accounts

    @property
    def width(self) -> int:
        """Accounts a combination."""
        return 1 if self.accounts == "together" else len(self.bars.symbols)

    @cached_property
    def path(self) -> str:
        """How it is computed: "banks", or "any rule" and why, where the rule declares a signal."""
        family = self.variants.family
        kind = family if isclass(family) else type(family)
        if not is_declared(kind):
            return "any rule"
        if self.accounts != "each":
            return "any rule: the accounts are not of one symbol each"
        return f"any rule: {self.market.obstacle}" if self.market.obstacle else "banks"

    @property
    def on_banks(self) -> bool:
        """Whether indicators are shared."""
        return self.path == "banks"

    def chunk_within(self, memory: str | int, count: int) -> int:
        """How many of `count` combinations are done at a time, so that `memory` holds them and all results.

        Raises
        ------
        SpecError
            It does not hold one, or is not a size.
        """
        from framework.simulation.sweep import BANK_BYTES, TABLES_HELD, room_for

        sessions, symbols = len(self.bars), len(self.bars.symbols)
        results = 8 * count * self.width * (FIGURES + RESULT_COLUMNS)
        if not self.on_banks:
            room_for(memory, results + TABLES_HELD * 8 * sessions * symbols, bars=self.bars, combinations=1)
            return 1
        fixed = results + 8 * sessions * (2 * symbols + 8) + BANK_BYTES
        left = room_for(memory, fixed + self._one, bars=self.bars, combinations=1)
        return min(CHUNK, 1 + left // self._one)

    @property
    def _one(self) -> int:
        """Bytes that a combination on banks takes while it is worked on."""
        return 8 * 32 * self.width + 8_192

    def check(self) -> None:
        """Refuse costs and settings that these bars do not allow.

        Raises
        ------
        SpecError
            As `backtest`.
        """
        self._replayer.check()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name in self.__dataclass_fields__}

    def evaluated(self, chunk: Sequence[Combination]) -> tuple[np.ndarray, dict[int, str]]:
        """Figures, combinations x accounts x 9, and the errors of accounts that crashed by place."""
        if self.on_banks:
            return self._banked(chunk)
        table = np.full((len(chunk), self.width, FIGURES), np.nan)
        errors: dict[int, str] = {}
        for place, combination in enumerate(chunk):
            try:
                found, told = self._account_or_accounts(combination)
                table[place] = found
            except Exception as error:  # noqa: BLE001 - a rule may fail in any way, and is counted as crashed
                told = [_told(error)] * self.width
            errors |= {place * self.width + at: text for at, text in enumerate(told) if text}
        return table, errors

    def _account_or_accounts(self, combination: Combination) -> "Found":
        if self.accounts == "together":
            rule = self.variants.rule(combination)
            return np.array([self._replayer.figures(rule.weights(self.bars))]), [""]
        if self.accounts == "columns":
            return self._columns.figures(self.columns(combination))
        found = [part.of(alone.rule(combination).weights(alone.bars)) for alone, part in self._alone]
        return np.concatenate([table for table, _ in found]), [text for _, told in found for text in told]

    def subject(self, combination: Combination) -> tuple[Strategy, Bars]:
        """The rule, and the bars that it sees: those of the first symbol where it sees one at a time."""
        variants = self._alone[0][0] if self.accounts == "each" else self.variants
        return variants.rule(combination), variants.bars if self.accounts == "each" else self.bars

    def columns(self, combination: Combination) -> np.ndarray:
        """Weights, sessions x symbols, each column an account's own."""
        from framework.simulation.columns import check_columns

        rule = self.variants.rule(combination)
        answer = rule.function(self.bars) if isinstance(rule, FunctionRule) else rule.weights(self.bars)
        return check_columns(answer.frame if isinstance(answer, TargetWeights) else answer, self.bars)

    def _banked(self, chunk: Sequence[Combination]) -> tuple[np.ndarray, dict[int, str]]:
        from framework.simulation.banked import recipes_of, swept
        from framework.simulation.summary import figures_of

        table = np.full((len(chunk), self.width, FIGURES), np.nan)
        errors: dict[int, str] = {}
        signals: dict[int, Signal] = {}
        for place, combination in enumerate(chunk):
            try:
                signals[place] = cast("Declared", self.variants.rule(combination)).declared
            except Exception as error:  # noqa: BLE001 - as above
                errors |= {place * self.width + at: _told(error) for at in range(self.width)}
        if signals:
            states = swept(self.market, recipes_of(list(signals.values())))
            capital = self.settings["capital"]
            table[list(signals)] = figures_of(states, sessions=len(self.bars), capital=capital)
        return table, errors

    @cached_property
    def market(self) -> "Market":
        """The bars and terms of accounts of one symbol each."""
        from framework.simulation.banked import Market

        return Market(self.bars, self.costs, self.settings)

    @cached_property
    def _replayer(self) -> "Replayer":
        from framework.simulation.sweep import Replayer

        return Replayer(self.bars, self.costs, **self.settings)

    @cached_property
    def _columns(self) -> "Columns":
        from framework.simulation.columns import Columns

        return Columns(self.bars, self.costs, self.settings)

    @cached_property
    def _alone(self) -> "list[tuple[Variants, Columns]]":
        """The rule over each symbol alone, and the accounts of that symbol."""
        from framework.simulation.banked import only
        from framework.simulation.columns import Columns

        parts = [only(self.bars, symbol) for symbol in self.bars.symbols]
        return [(narrow(self.variants, part), Columns(part, self.costs, self.settings)) for part in parts]


def is_declared(kind: type) -> bool:
    """Whether rules of this class get their weights from the signal that they declare."""
    return issubclass(kind, Declared) and getattr(kind, "weights", None) is Declared.weights


def narrow(variants: Variants, bars: Bars) -> Variants:
    """The rule over fewer symbols.

    Raises
    ------
    SpecError
        Its universe is not a field that could be narrowed.
    """
    family = variants.family
    if isclass(family) or isfunction(family):
        return Variants(cast("AnyFamily", family), bars)
    rule = cast("Any", family)
    if "universe" not in getattr(rule, "__dataclass_fields__", {}):
        raise SpecError(
            f"{type(rule).__name__} has no field `universe`.",
            "An account for each symbol needs the rule over one symbol.",
            'Add the field, or choose accounts="together".',
        )
    return Variants(cast("Strategy", replace(rule, universe=bars.symbols)), bars)


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
