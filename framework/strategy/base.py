"""What a strategy is."""

from typing import Protocol, runtime_checkable

from framework.data.bars import Bars
from framework.strategy.weights import TargetWeights


@runtime_checkable
class Strategy(Protocol):
    """A frozen, memory-less rule from past bars to target weights.

    Implementations are frozen dataclasses whose fields are their parameters. They have no clock, no
    network and no state: the same bars give the same weights.
    """

    @property
    def universe(self) -> tuple[str, ...]:
        """Symbols the rule may hold."""
        ...

    @property
    def warmup(self) -> int:
        """Sessions that must have closed before the first meaningful weight exists."""
        ...

    def weights(self, bars: Bars) -> TargetWeights:
        """Fraction of equity wanted at each close, decided from that close and those before it."""
        ...
