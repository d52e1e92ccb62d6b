"""Equal-weight buy and hold: the benchmark that the other strategies have to beat.

Claim        None but that stocks pay to be held. It takes no skill, so skill is measured against it.
Source       None needed.
Rejected if  never. Where its gates are passed, they show what hindsight is worth: these stocks are on the list
             because they rose.
"""

from dataclasses import dataclass

from framework.data.bars import Bars
from framework.strategy.weights import TargetWeights

US_STOCKS = (
    *("AAPL", "AMD", "BAC", "BBY", "CVX", "GE", "HD", "JNJ", "JPM", "KO"),
    *("LLY", "MRK", "MSFT", "PEP", "PFE", "PG", "RRC", "UNH", "WMT", "XOM"),
)


@dataclass(frozen=True)
class BuyAndHold:
    """Equal shares of the account in all that is listed, bought once; weights drift from then on.

    It trades again only in a session in which a symbol's life begins or has ended, and then resets every
    listed symbol to an equal share.
    """

    universe: tuple[str, ...] = US_STOCKS

    @property
    def warmup(self) -> int:
        """It needs no past."""
        return 1

    def weights(self, bars: Bars) -> TargetWeights:
        """Fraction of equity wanted, decided at the first close and when the list of symbols changes."""
        listed = bars.close.notna()
        changed = (listed != listed.shift()).any(axis=1)
        count = listed.sum(axis=1).clip(lower=1)
        return TargetWeights(listed.astype(float).div(count, axis=0).where(changed))


STRATEGY = BuyAndHold()
