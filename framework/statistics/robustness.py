"""What is left of a result when one thing about it is changed: its timing, its costs, its beginning, its size.

Each table has a row an account. None of these accounts is a trial, since nothing is chosen by them; whoever does choose
by one (a later start, a shorter universe) makes a trial of it by calling `backtest`.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from framework.errors import DataError, SimulationError
from framework.simulation.again import again
from framework.simulation.result import BacktestResult
from framework.statistics.drawdown import max_drawdown
from framework.statistics.ratios import sharpe_ratio
from framework.statistics.returns import cagr, total_return
from framework.strategy.weights import TargetWeights
from framework.trading.costs import SESSIONS_PER_YEAR

OUTCOME = ("total_return", "cagr", "sharpe_ratio", "max_drawdown")
MULTIPLES = (0.0, 1.0, 2.0, 4.0)
CAPITALS = (1e4, 1e5, 1e6, 1e7, 1e8, 1e9)


def outcome(result: BacktestResult | None) -> dict[str, float]:
    """What an account came to: fractions, and a Sharpe ratio per year. NaN for an account that was ruined."""
    if result is None:
        return dict.fromkeys(OUTCOME, math.nan)
    excess = result.returns - result.costs.cash_rate_per_year / SESSIONS_PER_YEAR
    return {
        "total_return": total_return(result.worth),
        "cagr": cagr(result.worth),
        "sharpe_ratio": sharpe_ratio(excess, periods_per_year=SESSIONS_PER_YEAR),
        "max_drawdown": max_drawdown(result.worth),
    }


def lag_table(result: BacktestResult) -> pd.DataFrame:
    """The same weights traded 0, 1 and 2 closes after the one that decided them.

    Lag 1 is the result itself. Lag 0 fills at the very close that the decision was taken from: nobody can trade that,
    and what it earns above lag 1 is what a backtest with that mistake would have promised. Lag 2 is a session late.
    Lags 0 and 1 differ in their price as well, where orders fill at the open.

    Returns
    -------
    DataFrame, three rows by ``lag``
        ``tradable``, then the columns of `outcome`.
    """
    rows = [
        (0, False, _survived(partial(again, result, weights=_shifted(result, -1), settings=AT_THE_CLOSE))),
        (1, True, result),
        (2, True, _survived(partial(again, result, weights=_shifted(result, 1)))),
    ]
    table = pd.DataFrame([{"lag": lag, "tradable": can} | outcome(one) for lag, can, one in rows])
    return table.set_index("lag")


def cost_table(result: BacktestResult, *, multiples: Sequence[float] = MULTIPLES) -> pd.DataFrame:
    """Commission, spread, borrow and impact together times each of some factors; a row each, NaN where it is ruin."""
    rows = [
        {"multiple": factor} | outcome(_survived(partial(again, result, costs=result.costs.times(factor))))
        for factor in multiples
    ]
    return pd.DataFrame(rows).set_index("multiple")


def start_table(result: BacktestResult, *, starts: int = 12) -> pd.DataFrame:
    """Accounts that begin later, evenly over the first half: each takes over what the rule then stands for.

    Parameters
    ----------
    starts : int
        At least 2, the result's own beginning first.

    Raises
    ------
    DataError
        Fewer than two starts, or a second half of less than a year.
    """
    sessions = result.bars.sessions
    half = len(sessions) // 2
    if starts < 2 or half < SESSIONS_PER_YEAR:
        raise DataError(
            f"{starts} starts in the first {half} of {len(sessions)} sessions were asked for.",
            f"There are two starts at least, and {SESSIONS_PER_YEAR} sessions after the last.",
            "Use a longer history.",
        )
    rows = []
    for place in np.unique(np.linspace(0, half, starts).astype(int)):
        begin, frame = sessions[place], result.weights.frame.iloc[place:].copy()
        listed = result.bars.close.loc[begin].notna()
        frame.iloc[0] = result.weights.standing(begin).where(listed, 0.0)
        weights = TargetWeights(frame, max_gross=result.weights.max_gross)
        later = partial(again, result, weights=weights, bars=result.bars.since(begin))
        rows.append({"start": begin} | outcome(_survived(later)))
    return pd.DataFrame(rows).set_index("start")


def weights_table(result: BacktestResult, weights: Mapping[str, TargetWeights]) -> pd.DataFrame:
    """The accounts of other weights under the same bars and costs, by name; those of a universe that lacks a symbol."""
    rows = [
        {"account": name} | outcome(_survived(partial(again, result, weights=other)))
        for name, other in weights.items()
    ]
    return pd.DataFrame(rows, columns=["account", *OUTCOME]).set_index("account")


def capacity_table(
    result: BacktestResult, *, capitals: Iterable[float] = CAPITALS, impact: float = 1.0
) -> pd.DataFrame:
    """The same weights with more and more capital, where each order moves its own price by the square root of its size.

    Parameters
    ----------
    capitals : iterable of float
        USD at the first session.
    impact : float
        Coefficient of the impact (:func:`framework.trading.impact.impact_per_root_share`), where the result's own cost
        model has none.

    Returns
    -------
    DataFrame, a row a ``capital``
        The columns of `outcome`; NaN where the impact ruins the account.

    Raises
    ------
    SpecError
        Bars without volume.
    """
    costs = result.costs if result.costs.impact else replace(result.costs, impact=impact)
    rows = [
        {"capital": capital}
        | outcome(_survived(partial(again, result, costs=costs, settings={"capital": capital})))
        for capital in capitals
    ]
    return pd.DataFrame(rows).set_index("capital")


def capacity(table: pd.DataFrame) -> float:
    """Capital at which half of the smallest account's return per year is left, between two rows of a `capacity_table`.

    Interpolated in the logarithm of the capital. Infinite where more than half is left at the largest capital, NaN
    where the smallest account earns nothing.
    """
    earned = table["cagr"].fillna(-1.0).to_numpy()
    if not earned[0] > 0.0:
        return math.nan
    below = np.flatnonzero(earned < earned[0] / 2.0)
    if not len(below):
        return math.inf
    high, logs = int(below[0]), np.log(table.index.to_numpy("f8"))
    share = (earned[high - 1] - earned[0] / 2.0) / (earned[high - 1] - earned[high])
    return float(np.exp(logs[high - 1] + share * (logs[high] - logs[high - 1])))


AT_THE_CLOSE: Mapping[str, Any] = {"fill_at": "close", "size_at": "fill"}


def _survived(account: Callable[[], BacktestResult]) -> BacktestResult | None:
    try:
        return account()
    except SimulationError:
        return None


def _shifted(result: BacktestResult, sessions: int) -> TargetWeights:
    """Each decision so many rows later; what is not listed there is not wanted, and nothing is decided at the edge."""
    listed = result.bars.close.notna().to_numpy()
    moved = result.weights.frame.shift(sessions)
    if sessions < 0 and moved.iloc[0].isna().all():
        moved.iloc[0] = result.weights.frame.iloc[0]  # nothing can be traded before the first session
    return TargetWeights(moved.where(listed | moved.isna(), 0.0), max_gross=result.weights.max_gross)
