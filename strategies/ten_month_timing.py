"""Ten-month timing: own what stands above its ten-month average, otherwise cash.

Claim        Holding an asset only while its price is above its ten-month average keeps most of its return
             and avoids most of its deep drawdowns.
Source       Faber (2007), "A Quantitative Approach to Tactical Asset Allocation", Journal of Wealth
             Management 9(4).
Rejected if  the deflated Sharpe ratio is below 0.95 with every trial counted, or the net return falls
             under the benchmark at twice the assumed cost.
"""

from dataclasses import dataclass

from framework.data.bars import Bars
from framework.strategy.schedule import first_of_month
from framework.strategy.weights import TargetWeights


@dataclass(frozen=True)
class TenMonthTiming:
    """An equal share of the account in each asset above the mean of its last `months` monthly closes.

    Faber reads the month's last close. Which session is the last is not known when it closes, so this rule
    reads, and decides at, the close of each month's first session; on bars of one row a month the two
    are the same. A price equal to its average is not held.
    """

    universe: tuple[str, ...] = ("SPX",)
    months: int = 10

    @property
    def warmup(self) -> int:
        """The fewest sessions that can hold `months` monthly closes: one a month, on monthly bars."""
        return self.months

    def weights(self, bars: Bars) -> TargetWeights:
        """Fraction of equity wanted, decided at the first close of each month and held till the next."""
        monthly = bars.close.loc[first_of_month(bars.sessions)]
        invested = monthly > monthly.rolling(self.months).mean()
        share = 1.0 / len(bars.symbols)
        return TargetWeights((invested * share).reindex(bars.sessions))


STRATEGY = TenMonthTiming()
