"""The rows of a tearsheet, in the order in which they are shown."""

import numpy as np
import pandas as pd

from framework.statistics import losses, ratios, returns
from framework.statistics.measure import Measure, says
from framework.statistics.track import Track


def _day(session: pd.Timestamp | None) -> str:
    return "" if session is None else f"{session:%Y-%m-%d}"


def _cash_rate(track: Track) -> str:
    return f"above a cash rate of {track.risk_free_per_year:.2%} a year"


def _recovery(track: Track) -> float | None:
    return track.deepest.recovery_sessions if track.deepest.depth else None


def _costs_per_year(track: Track) -> float:
    assert track.costs_usd is not None  # noqa: S101 - `needs` was checked
    return track.costs_usd / float(track.worth.mean()) / track.years


def _mean(series: pd.Series | None) -> float:
    assert series is not None  # noqa: S101 - `needs` was checked
    return float(np.mean(series))


def _hac(track: Track) -> str:
    return f"Newey-West, {track.regression.lags} lags"


FLAT = "undefined: every return is the same"
NEVER_FELL = "undefined: worth never fell below its peak"
EXACT = "undefined: one series is flat, or the fit is exact"

MEASURES: tuple[Measure, ...] = (
    Measure(
        key="total_return",
        label="Total return",
        unit="fraction",
        compute=lambda track: returns.total_return(track.worth),
    ),
    Measure(
        key="cagr",
        label="CAGR",
        unit="fraction",
        annual=True,
        compute=lambda track: returns.cagr(track.worth),
        note=lambda track: f"over {track.years:.2f} calendar years",
    ),
    Measure(
        key="annual_volatility",
        label="Volatility, annual",
        unit="fraction",
        least=2,
        annual=True,
        compute=lambda track: ratios.annual_volatility(
            track.returns, periods_per_year=track.periods_per_year
        ),
    ),
    Measure(
        key="sharpe_ratio",
        label="Sharpe ratio",
        unit="ratio",
        least=2,
        annual=True,
        undefined=says(FLAT),
        compute=lambda track: ratios.sharpe_ratio(track.excess, periods_per_year=track.periods_per_year),
        note=_cash_rate,
    ),
    Measure(
        key="sortino_ratio",
        label="Sortino ratio",
        unit="ratio",
        least=2,
        annual=True,
        undefined=says("undefined: no return fell short of the cash rate"),
        compute=lambda track: ratios.sortino_ratio(track.excess, periods_per_year=track.periods_per_year),
        note=_cash_rate,
    ),
    Measure(
        key="calmar_ratio",
        label="Calmar ratio",
        unit="ratio",
        annual=True,
        undefined=says(NEVER_FELL),
        compute=lambda track: ratios.calmar_ratio(track.worth),
        note=says("CAGR over maximum drawdown, whole span"),
    ),
    Measure(
        key="max_drawdown",
        label="Maximum drawdown",
        unit="fraction",
        compute=lambda track: track.deepest.depth,
        note=lambda track: (
            f"peak {_day(track.deepest.peak)}, trough {_day(track.deepest.trough)}"
            if track.deepest.depth
            else "worth never fell below its peak"
        ),
    ),
    Measure(
        key="drawdown_recovery",
        label="Recovery from it",
        unit="sessions",
        compute=_recovery,
        undefined=lambda track: (
            f"not recovered by {_day(track.worth.index[-1])}" if track.deepest.depth else NEVER_FELL
        ),
        note=lambda track: f"from the trough to {_day(track.deepest.recovered)}",
    ),
    Measure(
        key="monthly_hit_rate",
        label="Months with a gain",
        unit="fraction",
        compute=lambda track: returns.hit_rate(track.months),
        note=says("calendar months; the first and the last may be partial"),
    ),
    Measure(
        key="best_month",
        label="Best month",
        unit="fraction",
        compute=lambda track: float(track.months.max()),
        note=lambda track: str(track.months.idxmax()),
    ),
    Measure(
        key="worst_month",
        label="Worst month",
        unit="fraction",
        compute=lambda track: float(track.months.min()),
        note=lambda track: str(track.months.idxmin()),
    ),
    Measure(
        key="profit_factor",
        label="Profit factor",
        unit="ratio",
        undefined=says("undefined: no session lost"),
        compute=lambda track: returns.profit_factor(track.returns),
        note=says("sum of the sessions' gains over their losses"),
    ),
    Measure(
        key="turnover",
        label="Turnover, per year",
        unit="ratio",
        needs="turnover",
        annual=True,
        compute=lambda track: _mean(track.turnover) * track.periods_per_year,
        note=says("purchases plus sales over the equity of the session before"),
    ),
    Measure(
        key="exposure",
        label="Exposure, mean gross",
        unit="fraction",
        needs="exposure",
        compute=lambda track: _mean(track.exposure),
        note=says("gross positions over equity at the close"),
    ),
    Measure(
        key="costs_paid",
        label="Costs paid",
        unit="usd",
        needs="costs_usd",
        compute=lambda track: track.costs_usd,
        note=says("commission, half-spread and borrow fees"),
    ),
    Measure(
        key="costs_per_year",
        label="Costs, per year",
        unit="fraction",
        needs="costs_usd",
        annual=True,
        compute=_costs_per_year,
        note=says("of the mean worth"),
    ),
    Measure(
        key="benchmark_return",
        label="Benchmark's total return",
        unit="fraction",
        needs="benchmark",
        compute=lambda track: None if track.benchmark is None else returns.total_return(track.benchmark),
        note=says("over the same sessions"),
    ),
    Measure(
        key="beta",
        label="Beta",
        unit="ratio",
        least=20,
        needs="benchmark",
        undefined=says(FLAT),
        compute=lambda track: track.regression.beta,
    ),
    Measure(
        key="beta_t",
        label="Beta, t-statistic",
        unit="ratio",
        least=20,
        needs="benchmark",
        undefined=says(EXACT),
        compute=lambda track: track.regression.beta_t,
        note=_hac,
    ),
    Measure(
        key="alpha",
        label="Alpha, annual",
        unit="fraction",
        least=20,
        needs="benchmark",
        annual=True,
        undefined=says(FLAT),
        compute=lambda track: track.regression.alpha * track.periods_per_year,
        note=_cash_rate,
    ),
    Measure(
        key="alpha_t",
        label="Alpha, t-statistic",
        unit="ratio",
        least=20,
        needs="benchmark",
        undefined=says(EXACT),
        compute=lambda track: track.regression.alpha_t,
        note=_hac,
    ),
    Measure(
        key="correlation",
        label="Correlation",
        unit="ratio",
        least=20,
        needs="benchmark",
        undefined=says(FLAT),
        compute=lambda track: track.regression.correlation,
    ),
    Measure(
        key="correlation_t",
        label="Correlation, t-statistic",
        unit="ratio",
        least=20,
        needs="benchmark",
        undefined=says(EXACT),
        compute=lambda track: track.regression.correlation_t,
        note=says("assumes independent sessions"),
    ),
    Measure(
        key="value_at_risk",
        label="Value at risk, 95 %",
        unit="fraction",
        least=20,
        compute=lambda track: losses.value_at_risk(track.returns),
        note=says("return per session, historical"),
    ),
    Measure(
        key="expected_shortfall",
        label="Expected shortfall, 95 %",
        unit="fraction",
        least=20,
        compute=lambda track: losses.expected_shortfall(track.returns),
        note=says("mean return of the worst sessions, historical"),
    ),
)
