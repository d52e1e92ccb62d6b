"""The few figures that are shown of every backtest: the tearsheet's own measures, without their intervals."""

from typing import Final, NamedTuple

from framework.simulation.result import BacktestResult
from framework.statistics.rows import MEASURES
from framework.statistics.track import Track
from framework.trading.costs import SESSIONS_PER_YEAR

KEYS: Final = (
    "total_return",
    "cagr",
    "annual_volatility",
    "sharpe_ratio",
    "max_drawdown",
    "turnover",
    "exposure",
    "costs_paid",
)


class Figure(NamedTuple):
    """One headline figure; `value` is None where the span does not give it."""

    label: str
    value: float | None
    unit: str


def headline(result: BacktestResult) -> tuple[Figure, ...]:
    """What the account came to, how it got there and what that cost."""
    track = Track(
        worth=result.worth,
        benchmark=None,
        costs_usd=float(result.costs_paid.sum()),
        turnover=result.turnover,
        exposure=result.exposure,
        periods_per_year=float(SESSIONS_PER_YEAR),
        risk_free_per_year=result.costs.cash_rate_per_year,
    )
    measured = [Figure(one.label, one.value(track)[0], one.unit) for one in MEASURES if one.key in KEYS]
    return (
        Figure("Worth at the end", float(result.worth.iloc[-1]), "usd"),
        *measured,
        Figure("Trades", float(len(result.trades)), "count"),
    )
