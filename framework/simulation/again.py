"""A result's account once more, with something changed."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from framework.data.bars import Bars
from framework.simulation.result import BacktestResult
from framework.strategy.weights import TargetWeights
from framework.trading.costs import SESSIONS_PER_YEAR, CostModel

Engine = Callable[..., BacktestResult]
FOUND = {
    *("worth", "cash", "positions", "trades", "borrow_usd", "interest_usd", "dividends_usd"),
    *("weights", "bars", "costs", "engine"),
}  # every other field of a result is a setting of the engine


def again(
    result: BacktestResult,
    *,
    weights: TargetWeights | None = None,
    bars: Bars | None = None,
    costs: CostModel | None = None,
    settings: Mapping[str, Any] | None = None,
    engine: Engine | None = None,
) -> BacktestResult:
    """The account as it was asked for, with other weights, bars, costs, settings or engine where they are given.

    Raises
    ------
    SimulationError
        The account is ruined.
    """
    from framework.simulation import compiled  # imports numba, which takes its time

    own = {item.name: getattr(result, item.name) for item in fields(BacktestResult) if item.name not in FOUND}
    simulate = engine or compiled.simulate
    return simulate(
        weights or result.weights, bars or result.bars, costs or result.costs, **own | dict(settings or {})
    )


def sharpe_of(result: BacktestResult) -> float:
    """Sharpe ratio per session above the cash rate; NaN where the account stood still."""
    from framework.simulation.metrics import measure

    cash = result.costs.cash_rate_per_year / SESSIONS_PER_YEAR
    return float(measure(result.worth.to_numpy(), cash).sharpe)
