"""Moving-average cross: own what has a fast average above its slow one.

Claim        Prices trend: an asset whose recent average stands above its long one keeps rising.
Source       Brock, Lakonishok and LeBaron (1992), "Simple Technical Trading Rules and the Stochastic
             Properties of Stock Returns", Journal of Finance 47(5).
Rejected if  the deflated Sharpe ratio is below 0.95 with every pair of windows counted, or the net
             return falls under the benchmark at twice the assumed cost.
"""

from dataclasses import dataclass

from framework.data.bars import Bars
from framework.strategy.weights import TargetWeights

TIE = 1e-11  # relative: far above the rounding of a rolling mean, far below one tick of any price


@dataclass(frozen=True)
class MovingAverageCross:
    """An equal share of the account in each symbol whose fast average is strictly above its slow one.

    Averages are means of the last `fast` and `slow` closes. Equal averages are flat, and averages within one
    part in 1e11 are equal, so that no tie is decided by the rounding of the arithmetic that computed it.
    The rule trades in sessions in which some symbol's side changes, and then resets every symbol to its share;
    in all others it holds and lets the shares drift.
    """

    fast: int = 50  # sessions
    slow: int = 200  # sessions
    universe: tuple[str, ...] = ("GOOG", "IBM")

    @property
    def warmup(self) -> int:
        """Sessions before both averages exist."""
        return max(self.fast, self.slow)

    def weights(self, bars: Bars) -> TargetWeights:
        """Fraction of equity wanted, decided at the closes in which an average crosses."""
        fast, slow = (bars.close.rolling(window).mean() for window in (self.fast, self.slow))
        above = fast > slow * (1.0 + TIE)
        changed = (above != above.shift()).any(axis=1)
        share = 1.0 / len(bars.symbols)
        return TargetWeights((above * share).where(changed))


STRATEGY = MovingAverageCross()
