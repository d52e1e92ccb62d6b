"""Weights scaled to a volatility that was fixed in advance."""

from dataclasses import dataclass
from math import inf, isfinite, sqrt

import numpy as np

from framework.errors import SpecError
from framework.trading.costs import SESSIONS_PER_YEAR


@dataclass(frozen=True, kw_only=True)
class VolatilityTarget:
    r"""Scales each row of weights so that it would have had this volatility over the last sessions.

    .. math:: w'_t = w_t \min(\sigma^* / \sigma_t, G / |w_t|_1), \quad
              \sigma_t = \sqrt{252}\, s(w_t \cdot r_{t-n+1}, \ldots, w_t \cdot r_t)

    with :math:`s` the standard deviation (``ddof=1``) and :math:`r` daily returns: nothing but what the close of *t*
    knew goes into it, and not the account's own past. Rows that hold are not scaled: a rule that decides once is
    scaled once. On what it does and does not do for returns, see Harvey, Hoyle, Korgaonkar, Rattray, Sargaison and Van
    Hemert (2018), "The Impact of Volatility Targeting", Journal of Portfolio Management 45(1).

    Parameters
    ----------
    per_year : float
        Wanted standard deviation of returns as a fraction per year of 252 sessions: 0.1 is 10 %.
    sessions : int
        Returns that the volatility is taken from, 2 or more. A row with a symbol that has fewer is not scaled.
    max_gross : float
        Largest sum of absolute weights, of rows that are not scaled too. Above 1.0 the account may borrow.

    Raises
    ------
    SpecError
        A target or a limit at or below zero, or fewer than two sessions.
    """

    per_year: float
    sessions: int = 63
    max_gross: float = 1.0

    def __post_init__(self) -> None:
        for name, least in (("per_year", 0.0), ("max_gross", 0.0), ("sessions", 1)):
            value = getattr(self, name)
            if not (isfinite(value) and value > least) or (name == "sessions" and value % 1):
                raise SpecError(
                    f"{name} of the volatility target is {value!r}.",
                    f"It is {'a whole number' if name == 'sessions' else 'a finite figure'} above {least:g}.",
                    "Write VolatilityTarget(per_year=0.1) for 10 % a year over 63 sessions.",
                )

    def scaled(self, weights: np.ndarray, returns: np.ndarray) -> np.ndarray:
        """The rows of `weights`, scaled.

        Parameters
        ----------
        weights : array, shape (sessions, symbols)
            Target weights; NaN rows hold.
        returns : array, same shape
            Of each symbol in each session; NaN where there is none.
        """
        scaled = np.array(weights)
        for row in np.flatnonzero(~np.isnan(weights).any(axis=1)):
            gross = float(np.abs(weights[row]).sum())
            if gross:
                past = returns[: row + 1][-self.sessions :]
                scaled[row] *= min(self._wanted(weights[row], past), self.max_gross / gross)
        return scaled

    def _wanted(self, weights: np.ndarray, past: np.ndarray) -> float:
        owned = weights != 0.0
        earned = (past[:, owned] * weights[owned]).sum(axis=1)
        if len(earned) < self.sessions or np.isnan(earned).any():
            return 1.0
        deviation = float(earned.std(ddof=1)) * sqrt(SESSIONS_PER_YEAR)
        return self.per_year / deviation if deviation else inf
