"""Moving-average cross: own what has a fast average above its slow one.

Claim        Prices trend: an asset whose recent average stands above its long one keeps rising.
Source       Brock, Lakonishok and LeBaron (1992), "Simple Technical Trading Rules and the Stochastic
             Properties of Stock Returns", Journal of Finance 47(5).
Rejected if  the deflated Sharpe ratio is below 0.95 with every pair of windows counted, or the net
             return falls under the benchmark at twice the assumed cost.
"""

from dataclasses import dataclass

from framework.strategy.indicators import average
from framework.strategy.signals import Declared, Signal, above


@dataclass(frozen=True)
class MovingAverageCross(Declared):
    """An equal share of the account in each symbol whose fast average is strictly above its slow one.

    Averages are means of the last `fast` and `slow` closes. Equal averages are flat, and averages within one
    part in 1e11 are equal, so that no tie is decided by the rounding of the arithmetic that computed it.
    """

    fast: int = 50  # sessions
    slow: int = 200  # sessions
    universe: tuple[str, ...] = ("GOOG", "IBM")

    @property
    def signal(self) -> Signal:
        """Hold while the fast average is above the slow one."""
        return Signal(above(average(self.fast), average(self.slow)))


STRATEGY = MovingAverageCross()
