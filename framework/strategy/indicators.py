"""What rules are made of: numbers a symbol's past comes to at each close, as values that can be compared and shared.

Each answers with pandas on bars, and that answer is its definition. A sweep computes the same numbers in compiled
code, once for all combinations that name them (:mod:`framework.simulation.banks`), and is held to this by tests.
All of them are causal: row *t* is made of the closes up to *t*, and is NaN until there are enough of those.
"""

from dataclasses import dataclass
from functools import lru_cache
from numbers import Integral
from typing import Any, Protocol

import pandas as pd

from framework.data.bars import Bars
from framework.errors import SpecError

SHARED = 65_536  # indicators kept, so that the same one in two combinations is the same object


class Indicator(Protocol):
    """A frozen value object that answers on bars."""

    @property
    def sessions(self) -> int:
        """Closes that must exist before the first number does."""
        ...

    def on(self, bars: Bars) -> pd.DataFrame:
        """Sessions x symbols, NaN where too few closes came before."""
        ...


@dataclass(frozen=True)
class Price:
    """The close `lag` sessions ago; today's for 0."""

    lag: int = 0

    def __post_init__(self) -> None:
        _check("lag", self.lag, least=0)

    @property
    def sessions(self) -> int:
        """Closes needed."""
        return self.lag + 1

    def on(self, bars: Bars) -> pd.DataFrame:
        """The close so many sessions before."""
        return bars.close.shift(self.lag)


@dataclass(frozen=True)
class Average:
    """Mean of the last `window` closes."""

    window: int

    def __post_init__(self) -> None:
        _check("window", self.window)

    @property
    def sessions(self) -> int:
        """Closes needed."""
        return self.window

    def on(self, bars: Bars) -> pd.DataFrame:
        """The moving average."""
        return bars.close.rolling(self.window).mean()


@dataclass(frozen=True)
class Momentum:
    """Return over the last `lookback` sessions, as a fraction."""

    lookback: int

    def __post_init__(self) -> None:
        _check("lookback", self.lookback)

    @property
    def sessions(self) -> int:
        """Closes needed."""
        return self.lookback + 1

    def on(self, bars: Bars) -> pd.DataFrame:
        """The trailing return."""
        return bars.close / bars.close.shift(self.lookback) - 1.0


@dataclass(frozen=True)
class Highest:
    """The highest of the `window` closes before today's: the upper line of a Donchian channel."""

    window: int

    def __post_init__(self) -> None:
        _check("window", self.window)

    @property
    def sessions(self) -> int:
        """Closes needed."""
        return self.window + 1

    def on(self, bars: Bars) -> pd.DataFrame:
        """The upper line."""
        return bars.close.rolling(self.window).max().shift()


@dataclass(frozen=True)
class Lowest:
    """The lowest of the `window` closes before today's: the lower line of a Donchian channel."""

    window: int

    def __post_init__(self) -> None:
        _check("window", self.window)

    @property
    def sessions(self) -> int:
        """Closes needed."""
        return self.window + 1

    def on(self, bars: Bars) -> pd.DataFrame:
        """The lower line."""
        return bars.close.rolling(self.window).min().shift()


@dataclass(frozen=True)
class ZScore:
    """How many standard deviations (``ddof=1``) the close lies above the mean of the last `window` closes."""

    window: int

    def __post_init__(self) -> None:
        _check("window", self.window, least=2)

    @property
    def sessions(self) -> int:
        """Closes needed."""
        return self.window

    def on(self, bars: Bars) -> pd.DataFrame:
        """The score; NaN where the closes of the window do not differ."""
        past = bars.close.rolling(self.window)
        spread = past.std()
        return (bars.close - past.mean()) / spread.where(spread > FLAT * bars.close)


@dataclass(frozen=True)
class RelativeStrength:
    """Wilder's relative strength index, 0 to 100: the smoothed gains in per cent of gains and losses together.

    Smoothing starts at the first change and gives each new one a weight of ``1 / window``.
    Source: Wilder (1978), "New Concepts in Technical Trading Systems".
    """

    window: int

    def __post_init__(self) -> None:
        _check("window", self.window)

    @property
    def sessions(self) -> int:
        """Closes needed."""
        return self.window + 1

    def on(self, bars: Bars) -> pd.DataFrame:
        """The index; NaN where no close differs from the one before."""
        change = bars.close.diff()
        gains, losses = (
            side.ewm(alpha=1.0 / self.window, adjust=False, min_periods=self.window).mean()
            for side in (change.clip(lower=0.0), -change.clip(upper=0.0))
        )
        moved = gains + losses
        return 100.0 * gains / moved.where(moved > 0.0)


FLAT = 1e-7  # of the close: a standard deviation below it is the rounding of whoever computed it

price = lru_cache(SHARED)(Price)
average = lru_cache(SHARED)(Average)
momentum = lru_cache(SHARED)(Momentum)
highest = lru_cache(SHARED)(Highest)
lowest = lru_cache(SHARED)(Lowest)
zscore = lru_cache(SHARED)(ZScore)
rsi = lru_cache(SHARED)(RelativeStrength)


def _check(name: str, value: Any, *, least: int = 1) -> None:
    if type(value) is bool or not isinstance(value, Integral) or value < least:
        raise SpecError(
            f"The {name} is {value!r}.",
            f"It is a whole number of sessions, {least} or more.",
            "Choose another.",
        )
