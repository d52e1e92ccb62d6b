"""Short-term reversal: buy last week's losers, sell last week's winners.

Claim        A stock's move of one week is partly undone in the next.
Source       Lehmann (1990), "Fads, Martingales, and Market Efficiency", Quarterly Journal of Economics
             105(1); Jegadeesh (1990), "Evidence of Predictable Behavior of Security Returns", Journal
             of Finance 45(3).
Rejected if  the net return is not above zero at the assumed cost. It is expected to be: the whole book turns
             over every week, and a rejected strategy belongs on the record.
"""

from dataclasses import dataclass

from framework.data.bars import Bars
from framework.strategy.schedule import first_of_week
from framework.strategy.weights import TargetWeights

US_STOCKS = (
    *("AAPL", "AMD", "BAC", "BBY", "CVX", "GE", "HD", "JNJ", "JPM", "KO"),
    *("LLY", "MRK", "MSFT", "PEP", "PFE", "PG", "RRC", "UNH", "WMT", "XOM"),
)


@dataclass(frozen=True)
class ShortTermReversal:
    """Weights opposite to the past `lookback` sessions' returns less their mean, gross 1 and net 0."""

    universe: tuple[str, ...] = US_STOCKS
    lookback: int = 5  # sessions

    @property
    def warmup(self) -> int:
        """Sessions before the first trailing return exists."""
        return self.lookback + 1

    def weights(self, bars: Bars) -> TargetWeights:
        """Fraction of equity wanted, decided at the first close of each week and held till the next."""
        trailing = bars.close / bars.close.shift(self.lookback) - 1.0
        excess = trailing.sub(trailing.mean(axis=1), axis=0)
        size = excess.abs().sum(axis=1)
        wanted = -excess.div(size.where(size > 0.0), axis=0).fillna(0.0)
        return TargetWeights(wanted.loc[first_of_week(bars.sessions)].reindex(bars.sessions))


STRATEGY = ShortTermReversal()
