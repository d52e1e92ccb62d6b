"""A backtest with one thing changed at a time: its timing, costs, beginning, universe, parameters and size."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, is_dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from framework.data.bars import Bars
from framework.desk.neighbours import HIGHER, LOWER, numbers_of, varied
from framework.desk.rule import GivenWeights, narrowed
from framework.errors import OpenbookError
from framework.simulation.again import again, sharpe_of
from framework.statistics.robustness import (
    OUTCOME,
    capacity_table,
    cost_table,
    lag_table,
    outcome,
    start_table,
    weights_table,
)
from framework.strategy.base import Strategy
from framework.strategy.succession import Succession, Turn
from framework.strategy.weights import TargetWeights
from framework.trading.costs import SESSIONS_PER_YEAR

if TYPE_CHECKING:
    from framework.desk.backtest import Backtest

MOST_SYMBOLS = 50  # left out one at a time, those with the largest positions first


@dataclass(frozen=True, eq=False, repr=False)
class Robustness:
    """What is left of a backtest when one thing is changed. Nothing here is a trial, since nothing is chosen by it.

    Parameters
    ----------
    name : str
        Of the strategy.
    own : dict
        What the backtest itself came to: the columns of the tables.
    lags, costs, starts, capacity : DataFrame, optional
        As `lag_table`, `cost_table`, `start_table` and `capacity_table` give them.
    symbols : DataFrame, optional
        A row a symbol that the rule then has to do without; it decides anew over the others.
    noise : DataFrame, optional
        A row a draw: the factor of each number among the rule's parameters, and ``sharpe_ratio`` per year.
    why_not : mapping of str to str
        Why a table is not there.
    """

    name: str
    own: Mapping[str, float]
    lags: pd.DataFrame
    costs: pd.DataFrame
    starts: pd.DataFrame | None
    symbols: pd.DataFrame | None
    noise: pd.DataFrame | None
    capacity: pd.DataFrame | None
    why_not: Mapping[str, str]

    def __repr__(self) -> str:
        late, dear = self.lags["sharpe_ratio"].loc[2], self.costs["sharpe_ratio"].iloc[-1]
        return (
            f"Robustness(Sharpe ratio per year {self.own['sharpe_ratio']:.2f}; a session late {late:.2f}, at"
            f" {self.costs.index[-1]:g} times the costs {dear:.2f})"
        )


def robustness(result: "Backtest", *, draws: int = 40, seed: int = 0) -> Robustness:
    """Change one thing at a time, and say why where that cannot be done.

    Parameters
    ----------
    draws : int
        Settings near the chosen one, each number times a factor from 0.8 to 1.2 of its own.
    seed : int
        Of those draws.
    """
    rule, why_not = result.subject.rule, dict[str, str]()
    tables: dict[str, pd.DataFrame | None] = {}
    makers: dict[str, Callable[[], pd.DataFrame]] = {
        "starts": lambda: start_table(result),
        "symbols": lambda: _symbol_table(result, rule),
        "noise": lambda: _noise_table(result, rule, draws, seed),
        "capacity": lambda: capacity_table(result),
    }
    for name, make in makers.items():
        try:
            tables[name] = make()
        except (OpenbookError, _CannotVary) as error:
            tables[name], why_not[name] = None, str(error)
    return Robustness(
        name=result.subject.name,
        own=outcome(result),
        lags=lag_table(result),
        costs=cost_table(result),
        **tables,
        why_not=why_not,
    )


class _CannotVary(Exception):
    """Why a rule cannot be run with something else."""


def _symbol_table(result: "Backtest", rule: Strategy) -> pd.DataFrame:
    size = (result.positions.abs() * result.bars.close.ffill()).mean().sort_values(ascending=False)
    symbols = [str(symbol) for symbol in size.index[:MOST_SYMBOLS]]
    if len(result.bars.symbols) < 2:
        raise _CannotVary("There is one symbol only.")
    weights = {symbol: _weights_without(rule, result.bars, symbol) for symbol in symbols}
    return weights_table(result, weights).reindex(columns=list(OUTCOME))


def _weights_without(rule: Strategy, bars: Bars, symbol: str) -> TargetWeights:
    """What the rule wants where this symbol does not exist; given weights keep its share in cash."""
    if isinstance(rule, GivenWeights):
        frame = rule.weights(bars).frame.copy()
        frame.loc[frame[symbol].notna(), symbol] = 0.0
        return TargetWeights(frame, max_gross=rule.given.max_gross)
    others = tuple(each for each in bars.symbols if each != symbol)
    return _over(rule, others).weights(narrowed(bars, others))


def _over(rule: Strategy, universe: tuple[str, ...]) -> Strategy:
    """The same rule over another universe."""
    if isinstance(rule, Succession):
        turns = tuple(Turn(turn.session, _over(turn.rule, universe)) for turn in rule.turns)
        history = rule.history and narrowed(rule.history, universe)
        return replace(rule, universe=universe, turns=turns, history=history)
    own: Any = rule
    if is_dataclass(own) and "universe" in own.__dataclass_fields__:
        return cast("Strategy", replace(cast("Any", own), universe=universe))
    raise _CannotVary("The rule's universe is not a parameter of it.")


def _noise_table(result: "Backtest", rule: Strategy, draws: int, seed: int) -> pd.DataFrame:
    names = numbers_of(rule)
    if not names:
        raise _CannotVary("The rule has no number that a dataclass names.")
    factors = np.random.default_rng(seed).uniform(LOWER, HIGHER, (draws, len(names)))
    rows = []
    for drawn in factors:
        chosen = dict(zip(names, drawn.tolist(), strict=True))
        try:
            weights = varied(rule, chosen).weights(result.bars)
            sharpe = sharpe_of(again(result, weights=weights)) * SESSIONS_PER_YEAR**0.5
        except Exception:  # noqa: BLE001 - a rule may refuse a parameter in any way
            sharpe = np.nan
        rows.append(chosen | {"sharpe_ratio": sharpe})
    return pd.DataFrame(rows)
