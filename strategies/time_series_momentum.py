"""Time-series momentum: long what rose over the year, short what fell, at the same risk each.

Claim        The sign of an asset's own past year predicts the sign of its next month.
Source       Moskowitz, Ooi and Pedersen (2012), "Time Series Momentum", Journal of Financial Economics
             104(2): positions of 40 % volatility each, which is estimated with exponential weights
             whose centre of mass is 60 days.
Rejected if  the deflated Sharpe ratio is below 0.95 with every trial counted, or the net return
             falls under equal-weight buy and hold at twice the assumed cost.
"""

from dataclasses import dataclass

import numpy as np

from framework.data.bars import Bars
from framework.strategy.schedule import first_of_month
from framework.strategy.weights import TargetWeights

US_STOCKS = (
    *("AAPL", "AMD", "BAC", "BBY", "CVX", "GE", "HD", "JNJ", "JPM", "KO"),
    *("LLY", "MRK", "MSFT", "PEP", "PFE", "PG", "RRC", "UNH", "WMT", "XOM"),
)
SESSIONS_PER_YEAR = 252


@dataclass(frozen=True)
class TimeSeriesMomentum:
    """Long or short each asset by the sign of its trailing return, at `volatility` a year over their number.

    The rule borrows: a row whose gross weight would pass `max_gross` is scaled down to it.
    """

    universe: tuple[str, ...] = US_STOCKS
    lookback: int = 252  # sessions
    centre_of_mass: int = 60  # sessions
    volatility: float = 0.40  # per year, of each position
    max_gross: float = 2.0

    @property
    def warmup(self) -> int:
        """Sessions before the first trailing return exists."""
        return self.lookback + 1

    def weights(self, bars: Bars) -> TargetWeights:
        """Fraction of equity wanted, decided at the first close of each month and held till the next."""
        trend = np.sign(bars.close / bars.close.shift(self.lookback) - 1.0)
        spread = bars.close.pct_change(fill_method=None).ewm(com=self.centre_of_mass).std(bias=True)
        risk = spread * np.sqrt(SESSIONS_PER_YEAR)
        size = (self.volatility / risk.where(risk > 0.0)) / len(bars.symbols)
        wanted = (trend * size).fillna(0.0)
        gross = wanted.abs().sum(axis=1)
        wanted = wanted.mul((self.max_gross / gross.where(gross > self.max_gross)).fillna(1.0), axis=0)
        decided = wanted.loc[first_of_month(bars.sessions)]
        return TargetWeights(decided.reindex(bars.sessions), max_gross=self.max_gross)


STRATEGY = TimeSeriesMomentum()
