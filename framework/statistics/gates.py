"""The limits that a strategy must pass, fixed before anyone sees a result."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Gates:
    """Limits that a strategy must pass, fixed before anyone sees a result. Why these: docs/decisions/0022.

    Parameters
    ----------
    deflated_sharpe : float
        Least deflated Sharpe ratio, a probability: with every trial counted, and with near copies counted once.
    probabilistic_sharpe : float
        Least probability that the true Sharpe ratio is above zero, were this the only trial; the same confidence
        decides how long a track record must be.
    overfitting : float
        Largest probability of backtest overfitting: one half is what choosing blindly comes to.
    snooping : float
        Largest p-value of the best trial, the search paid for.
    trials_known : float
        Least share of the trials whose returns are known, below which nothing is said about the search.
    plateau : float
        Least share of the Sharpe ratio that is left in the median of the neighbouring parameters.
    cost_multiple : float
        The net return must beat the benchmark with all costs multiplied by this.
    cost_stress : float
        The net return must be above zero with all costs multiplied by this.
    sessions : int
        Least number of returns: three years of 252 sessions.
    engines_difference : float
        Largest difference between the two engines' worths, as a fraction of the capital.
    """

    deflated_sharpe: float = 0.95
    probabilistic_sharpe: float = 0.95
    overfitting: float = 0.5
    snooping: float = 0.05
    trials_known: float = 0.5
    plateau: float = 0.5
    cost_multiple: float = 2.0
    cost_stress: float = 4.0
    sessions: int = 756
    engines_difference: float = 1e-9
