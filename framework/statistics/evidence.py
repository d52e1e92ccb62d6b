"""What a verdict rests on, as plain figures, and what a search's returns say about its choice."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from framework.statistics.effective import effective_trials
from framework.statistics.selection import probability_of_backtest_overfitting
from framework.statistics.significance import Moments
from framework.statistics.snooping import superior_predictive_ability


@dataclass(frozen=True, kw_only=True)
class SearchEvidence:
    """What the returns of the trials say. A figure is None where the returns do not give it.

    Parameters
    ----------
    known : int
        Of the trials counted, those whose returns are known: recomputed, and the same as on record.
    compared, drawn_from : int
        Trials that were compared, and the different ones that they were drawn from: all of them, or a random part.
    overfitting : float, optional
        `probability_of_backtest_overfitting`.
    p_value : float, optional
        `superior_predictive_ability` over cash.
    clusters : int, optional
        `effective_trials` among those compared, in proportion for those that they were drawn from.
    clusters_variance : float
        Variance (``ddof=1``) of the clusters' Sharpe ratios per session.
    why_not : str
        Why returns of other trials are not known; empty if all are.
    """

    known: int
    compared: int
    drawn_from: int
    overfitting: float | None = None
    p_value: float | None = None
    clusters: int | None = None
    clusters_variance: float = 0.0
    why_not: str = ""


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """What the rule comes to with each parameter a little lower and a little higher. Not trials: none is chosen.

    Parameters
    ----------
    sharpes : tuple of float
        Sharpe ratio per session of each neighbour that could be made.
    parameters : tuple of str
        The parameters that were varied; none where the rule has no number to vary.
    why_not : str
        Why nothing could be varied, where there may be something to vary.
    """

    sharpes: tuple[float, ...] = ()
    parameters: tuple[str, ...] = ()
    why_not: str = ""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """The plain figures that a verdict rests on. What is left out has not been looked for, and passes no gate.

    Parameters
    ----------
    moments : Moments
        Of the session returns above the cash rate, of the result that is judged.
    trials : int
        Distinct trials counted, this one included.
    trials_variance : float
        Variance (``ddof=1``) of the trials' Sharpe ratios per session; anything when there is one trial.
    net_return : float or None
        Total return with all costs multiplied by `Gates.cost_multiple`, as a fraction; None if the account went to
        zero under them.
    benchmark_return : float or None
        Total return of the benchmark over the same sessions; None where there is no benchmark.
    causal : bool
        Whether the rule was proven causal by truncation.
    causality : str
        What the proof compared, or the finding against it.
    second_engine : str
        Name and version of the engine that recomputed the worth; empty if none did.
    engines_difference : float or None
        Largest difference between the engines' worths over the capital; None if no second engine ran.
    stressed_return : float or None
        As `net_return`, with `Gates.cost_stress`.
    search : SearchEvidence, optional
        What the returns of the trials say; not needed where there was one trial.
    neighbours : Neighbours, optional
        What a small change of the parameters comes to.
    """

    moments: Moments
    trials: int
    trials_variance: float
    net_return: float | None
    benchmark_return: float | None
    causal: bool
    causality: str = ""
    second_engine: str = ""
    engines_difference: float | None = None
    stressed_return: float | None = None
    search: SearchEvidence | None = None
    neighbours: Neighbours | None = None


def search_evidence(
    returns: pd.DataFrame, *, known: int, drawn_from: int, why_not: str = ""
) -> SearchEvidence:
    """Hold the choice against the returns of the trials that it was made from.

    Parameters
    ----------
    returns : DataFrame, shape (periods, trials)
        Simple returns above the cash rate, a column a trial, all of them or a part drawn at random. NaN is refused.
    known, drawn_from : int
        Of the trials counted, those that these stand for; the different ones among them. A fold's look at a
        combination is a trial, and its returns are the combination's.
    why_not : str
        Why the others are not among them.

    Raises
    ------
    DataError
        Any NaN.
    """
    compared = returns.shape[1]
    told: dict[str, Any] = {
        "known": known,
        "compared": compared,
        "drawn_from": drawn_from,
        "why_not": why_not,
    }
    if compared < 2:
        return SearchEvidence(**told)
    clusters = effective_trials(returns)
    overfitting, p_value = _tested(returns)
    return SearchEvidence(
        **told,
        overfitting=overfitting,
        p_value=p_value,
        clusters=round(clusters.count * drawn_from / compared),
        clusters_variance=clusters.variance,
    )


def _tested(returns: pd.DataFrame) -> tuple[float | None, float | None]:
    """Probability of overfitting and p-value; None where there are too few periods, or no trial moved."""
    cash = pd.Series(0.0, index=returns.index)
    blocks = min(16, len(returns) // 2 // 2 * 2)
    moved = bool(np.ptp(returns.to_numpy(), axis=0).any())
    enough = len(returns) >= max(returns.shape[1], 8)
    return (
        probability_of_backtest_overfitting(returns, blocks=blocks) if enough else None,
        superior_predictive_ability(returns, benchmark=cash) if enough and moved else None,
    )
