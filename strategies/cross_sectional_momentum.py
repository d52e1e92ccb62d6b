"""Cross-sectional momentum: hold the winners of the past year, its last month left out.

Claim        Stocks that did best over the past year, but for its last month, keep doing best.
Source       Jegadeesh and Titman (1993), "Returns to Buying Winners and Selling Losers", Journal of
             Finance 48(1).
Rejected if  the deflated Sharpe ratio is below 0.95 with every trial counted, or the net return
             falls under equal-weight buy and hold at twice the assumed cost.
"""

from dataclasses import dataclass

from framework.data.bars import Bars
from framework.strategy.schedule import first_of_month
from framework.strategy.weights import TargetWeights

US_STOCKS = (
    *("AAPL", "AMD", "BAC", "BBY", "CVX", "GE", "HD", "JNJ", "JPM", "KO"),
    *("LLY", "MRK", "MSFT", "PEP", "PFE", "PG", "RRC", "UNH", "WMT", "XOM"),
)


@dataclass(frozen=True)
class CrossSectionalMomentum:
    """An equal share in each of the `winners` stocks with the best return from 12 to 1 months ago.

    The winners' side only: the losers of a list of survivors came back, which no one knew. While fewer
    stocks have a return, their shares stay the same and the rest is cash. Of equal returns the first wins.
    """

    universe: tuple[str, ...] = US_STOCKS
    winners: int = 5
    lookback: int = 252  # sessions
    skip: int = 21  # sessions, over which returns tend to reverse

    @property
    def warmup(self) -> int:
        """Sessions before the first return exists."""
        return self.lookback + 1

    def weights(self, bars: Bars) -> TargetWeights:
        """Fraction of equity wanted, decided at the first close of each month and held till the next."""
        past = bars.close.shift(self.skip) / bars.close.shift(self.lookback)
        place = past.where(bars.close.notna()).rank(axis=1, ascending=False, method="first")
        wanted = (place <= self.winners) / self.winners
        return TargetWeights(wanted.loc[first_of_month(bars.sessions)].reindex(bars.sessions))


STRATEGY = CrossSectionalMomentum()
