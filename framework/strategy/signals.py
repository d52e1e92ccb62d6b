"""Rules that say what they are made of: conditions on indicators, and when to hold by them.

A rule that declares its signal gets `weights` and `warmup` from it here, and the shared, compiled path of a sweep
from the same declaration, so that the two cannot drift apart.

Ties are decided here, for every path: two indicators within one part in 1e11 of each other are equal, and so are an
indicator and a number within 1e-11 of the larger of one and that number. Equal is not above. Rounding differs between
ways of computing a mean by some 1e-15, and prices in ticks differ by more than 1e-10: no rounding decides a tie.
"""

from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd

from framework.data.bars import Bars
from framework.errors import SpecError
from framework.strategy.indicators import Indicator
from framework.strategy.weights import TargetWeights

TIE = 1e-11


@dataclass(frozen=True)
class Comparison:
    """Whether `left` is above `right`, by more than a tie."""

    left: Indicator | float
    right: Indicator | float

    @property
    def tolerance(self) -> tuple[float, float]:
        """How far above still is a tie: in parts of `right`, and in absolute terms."""
        numbers = [abs(side) for side in (self.left, self.right) if isinstance(side, int | float)]
        return (0.0, TIE * max(1.0, *numbers)) if numbers else (TIE, 0.0)

    @property
    def sessions(self) -> int:
        """Closes that both sides need."""
        return max(0 if isinstance(side, int | float) else side.sessions for side in (self.left, self.right))

    def holds(self, bars: Bars) -> pd.DataFrame:
        """Sessions x symbols; False where a side has no number yet."""
        left, right = _numbers(self.left, bars), _numbers(self.right, bars)
        relative, absolute = self.tolerance
        held: pd.DataFrame = left > right + (relative * abs(right) + absolute)
        return held


@dataclass(frozen=True)
class Condition:
    """Comparisons that all have to hold."""

    comparisons: tuple[Comparison, ...]

    def __and__(self, other: "Condition") -> "Condition":
        return Condition(self.comparisons + other.comparisons)

    @property
    def sessions(self) -> int:
        """Closes that all sides need."""
        return max(one.sessions for one in self.comparisons)

    def holds(self, bars: Bars) -> pd.DataFrame:
        """Sessions x symbols."""
        first, *others = (one.holds(bars) for one in self.comparisons)
        for other in others:
            first = first & other
        return first


def above(left: Indicator | float, right: Indicator | float) -> Condition:
    """`left` is strictly above `right`; either may be a number.

    Raises
    ------
    SpecError
        Both are numbers, or a number is not finite.
    """
    numbers = [side for side in (left, right) if isinstance(side, int | float)]
    if len(numbers) == 2 or not all(map(isfinite, numbers)):
        raise SpecError(
            f"{left!r} is compared with {right!r}.",
            "At least one of the two is an indicator, and a number is finite.",
            "Compare an indicator with a finite number, or two indicators.",
        )
    return Condition((Comparison(left, right),))


def below(left: Indicator | float, right: Indicator | float) -> Condition:
    """`left` is strictly below `right`."""
    return above(right, left)


@dataclass(frozen=True)
class Signal:
    """Hold a symbol from `enter` until `leave`; without `leave`, for as long as `enter` holds.

    Where both hold at one close, the symbol is not held.
    """

    enter: Condition
    leave: Condition | None = None

    @property
    def sessions(self) -> int:
        """Closes needed before all sides have a number."""
        return max(part.sessions for part in (self.enter, self.leave) if part is not None)

    def on(self, bars: Bars) -> pd.DataFrame:
        """1.0 where the symbol is to be held, 0.0 elsewhere: sessions x symbols."""
        listed = bars.close.notna()
        enter = self.enter.holds(bars) & listed
        if self.leave is None:
            return enter.astype("f8")
        leave = self.leave.holds(bars) | ~listed
        told = np.where(leave, 0.0, np.where(enter, 1.0, np.nan))
        return pd.DataFrame(told, enter.index, enter.columns).ffill().fillna(0.0)


class Declared:
    """Base of a rule that declares its `signal`: an equal share of the account in each symbol that it says to hold.

    The rule trades in sessions in which some symbol's side changes, and then resets every symbol to its share; in
    all others it holds and lets the shares drift. A subclass is a frozen dataclass with a `universe`.
    """

    @property
    def signal(self) -> Signal:
        """When to hold a symbol."""
        raise NotImplementedError

    @cached_property
    def declared(self) -> Signal:
        """The signal, made once."""
        return self.signal

    @property
    def warmup(self) -> int:
        """Sessions before all indicators exist."""
        return self.declared.sessions

    def weights(self, bars: Bars) -> TargetWeights:
        """Fraction of equity wanted, decided at the closes in which a side changes."""
        return shares(self.declared.on(bars))


def _numbers(side: Indicator | float, bars: Bars) -> Any:
    return side if isinstance(side, int | float) else side.on(bars)


def shares(wanted: pd.DataFrame) -> TargetWeights:
    """Each symbol's part of its equal share, in the sessions in which one of the parts changes; the others hold."""
    changed = (wanted != wanted.shift()).any(axis=1)
    return TargetWeights((wanted / wanted.shape[1]).where(changed))
