"""Dual momentum: hold the strongest risky asset, or nothing.

Claim        Assets that beat cash over the past year keep beating it for a month.
Source       Antonacci (2014), Dual Momentum Investing; Moskowitz, Ooi and Pedersen (2012), "Time Series
             Momentum", Journal of Financial Economics 104(2).
Rejected if  the deflated Sharpe ratio is below 0.95 with every trial counted, or the net return
             falls under the benchmark at twice the assumed cost.
"""

from dataclasses import dataclass

from framework.data.bars import Bars
from framework.strategy.schedule import first_of_month
from framework.strategy.weights import TargetWeights


@dataclass(frozen=True)
class DualMomentum:
    """All of the account in the best trailing return; cash if none is positive.

    Cash is taken to earn nothing. Of equal returns the first symbol wins.
    """

    universe: tuple[str, ...] = ("MTUM", "QUAL", "SIZE", "USMV", "VLUE")
    lookback: int = 252  # sessions

    @property
    def warmup(self) -> int:
        """Sessions before the first trailing return exists."""
        return self.lookback + 1

    def weights(self, bars: Bars) -> TargetWeights:
        """Fraction of equity wanted, decided at the first close of each month and held till the next."""
        trailing = bars.close / bars.close.shift(self.lookback) - 1.0
        leader = trailing.rank(axis=1, ascending=False, method="first") == 1.0
        wanted = (leader & (trailing > 0.0)).astype(float)
        return TargetWeights(wanted.loc[first_of_month(bars.sessions)].reindex(bars.sessions))


STRATEGY = DualMomentum()
