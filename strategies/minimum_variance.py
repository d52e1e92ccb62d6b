"""Minimum variance: the long-only portfolio that would have moved least, its covariance shrunk.

Claim        Covariances persist, and returns do not reward risk enough: the calmest mix of stocks has a
             better Sharpe ratio than their equal weights.
Source       Ledoit and Wolf (2004), "A Well-Conditioned Estimator for Large-Dimensional Covariance
             Matrices", Journal of Multivariate Analysis 88(2), for the covariance.
Rejected if  the deflated Sharpe ratio is below 0.95 with every trial counted, or its volatility out of
             sample is not below that of equal-weight buy and hold.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from framework.data.bars import Bars
from framework.strategy.schedule import first_of_month
from framework.strategy.weights import TargetWeights

US_STOCKS = (
    *("AAPL", "AMD", "BAC", "BBY", "CVX", "GE", "HD", "JNJ", "JPM", "KO"),
    *("LLY", "MRK", "MSFT", "PEP", "PFE", "PG", "RRC", "UNH", "WMT", "XOM"),
)


@dataclass(frozen=True)
class MinimumVariance:
    """The weights of least variance under the covariance of the last `lookback` returns, none below zero.

    Stocks without a full window of returns are left out.
    """

    universe: tuple[str, ...] = US_STOCKS
    lookback: int = 252  # sessions

    @property
    def warmup(self) -> int:
        """Sessions before the first full window of returns exists."""
        return self.lookback + 1

    def weights(self, bars: Bars) -> TargetWeights:
        """Fraction of equity wanted, decided at the first close of each month and held till the next."""
        returns = bars.close.pct_change(fill_method=None).to_numpy()
        wanted = pd.DataFrame(0.0, index=first_of_month(bars.sessions), columns=bars.close.columns)
        for session, row in zip(wanted.index, bars.sessions.get_indexer(wanted.index), strict=True):
            window = returns[row + 1 - self.lookback : row + 1] if row >= self.lookback else returns[:0]
            wanted.loc[session] = _least_variance(window)
        return TargetWeights(wanted.reindex(bars.sessions))


def _least_variance(window: np.ndarray) -> np.ndarray:
    """Minimise w'Sw over w >= 0 with sum 1.

    Its solution is proportional to the x >= 0 that minimises x'Sx - 2 sum(x), and with S = LL' that is the
    non-negative least-squares fit of L'x to the solution of Lz = 1.
    """
    from scipy.optimize import nnls
    from sklearn.covariance import ledoit_wolf  # 1 s to import, which naming a strategy should not cost

    weights = np.zeros(window.shape[1])
    whole = np.isfinite(window).all(axis=0) & bool(len(window))
    moving = whole & (np.ptp(window, axis=0) > 0.0) if len(window) else whole
    if moving.any():
        covariance, _ = ledoit_wolf(np.ascontiguousarray(window[:, moving]))
        root = np.linalg.cholesky(covariance)
        raw, _ = nnls(root.T, np.linalg.solve(root, np.ones(len(root))))
        weights[moving] = raw / raw.sum()
    return weights


STRATEGY = MinimumVariance()
