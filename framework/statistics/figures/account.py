"""Figures of an account: worth, drawdown, months, and whether they hold over time."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from framework.simulation.result import BacktestResult
from framework.statistics.benchmark import aligned_benchmark
from framework.statistics.drawdown import drawdowns
from framework.statistics.figures.style import (
    AS_SHARE,
    BLUE,
    FILLED,
    IN_USD,
    LIMIT,
    LOSS_TO_GAIN,
    TEMPLATE,
    THEIRS,
    line,
)
from framework.statistics.returns import monthly_returns
from framework.statistics.rolling import rolling_statistics
from framework.trading.guard import KillSwitch

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LOG_FROM = 4.0  # times the smallest worth, from where equal returns look equal only on a log scale
ROLLING = (
    ("total_return", "Return", ".2%"),
    ("annual_volatility", "Volatility", ".2%"),
    ("sharpe_ratio", "Sharpe ratio", ".2f"),
)


def worth_and_drawdown(source: BacktestResult | pd.Series, benchmark: pd.Series | None = None) -> go.Figure:
    """Worth over drawdown, a shared time axis, with the benchmark scaled to the same capital.

    Long series are thinned to the least and the greatest value of each stretch, so that every extreme is still there.
    Worth is drawn on a log scale where it grew fourfold or more.

    Parameters
    ----------
    source : BacktestResult or Series
        A result, or worth in USD at each close, the capital first.
    benchmark : Series, optional
        Its worth or prices, at every session of the worth at least.

    Raises
    ------
    DataError
        A worth at or below zero, or a session that the benchmark lacks.
    """
    worth = source.worth if isinstance(source, BacktestResult) else source
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=(0.7, 0.3), vertical_spacing=0.05)
    if benchmark is not None:
        prices = aligned_benchmark(benchmark, pd.DatetimeIndex(worth.index))
        scaled = prices / prices.iloc[0] * worth.iloc[0]
        figure.add_trace(line(scaled, "Benchmark", IN_USD | THEIRS), row=1, col=1)
        figure.add_trace(line(drawdowns(prices), "Benchmark's drawdown", AS_SHARE | THEIRS), row=2, col=1)
    figure.add_trace(line(worth, "Worth", IN_USD | {"line_color": BLUE}), row=1, col=1)
    figure.add_trace(line(drawdowns(worth), "Drawdown", AS_SHARE | FILLED), row=2, col=1)
    figure.update_yaxes(_usd_axis(worth), row=1)
    figure.update_yaxes(title_text="Drawdown", tickformat=".0%", rangemode="tozero", row=2)
    figure.update_layout(template=TEMPLATE, height=440, hovermode="x")
    return figure


def monthly_heatmap(worth: pd.Series) -> go.Figure:
    """Return of each calendar month and year in per cent, the cells of `monthly_returns`.

    Gains are blue and losses vermillion, deeper up to the largest month (and year, in its own column) of either sign.

    Raises
    ------
    DataError
        A worth at or below zero, or fewer than two rows.
    """
    table = monthly_returns(worth)
    years = [str(year) for year in table.index]
    figure = make_subplots(
        rows=1, cols=2, shared_yaxes=True, column_widths=(0.9, 0.1), horizontal_spacing=0.02
    )
    figure.add_trace(_cells(table[list(range(1, 13))], years, MONTHS), row=1, col=1)
    figure.add_trace(_cells(table[["year"]], years, ("Year",)), row=1, col=2)
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False, ticks="", ticklabelstandoff=4)
    figure.update_xaxes(side="top", type="category", showgrid=False, ticks="")
    figure.update_layout(template=TEMPLATE, height=72 + 24 * len(years))
    return figure


def underwater(
    source: BacktestResult | pd.Series, *, kill_switch: KillSwitch | None = None, seed: float | None = None
) -> go.Figure:
    """Drawdown from the running peak, with the line at which the kill switch fires and the session when it would have.

    The switch is measured against the seed capital: as the peak rises, its line falls away from the worth.

    Parameters
    ----------
    source : BacktestResult or Series
        A result, or worth in USD at each close, the capital first.
    kill_switch : KillSwitch, optional
        Its limit; that of the result, or a loss of a quarter of the seed, if it is not given.
    seed : float, optional
        Seed capital in USD; the first worth if it is not given.

    Raises
    ------
    DataError
        A worth at or below zero.
    """
    worth = source.worth if isinstance(source, BacktestResult) else source
    switch = kill_switch or getattr(source, "kill_switch", None) or KillSwitch()
    depths, capital = drawdowns(worth), float(worth.iloc[0]) if seed is None else seed
    limit = (1.0 + switch.limit) * capital / worth.cummax() - 1.0
    fired = switch.first_breach(worth, capital)
    name = f"Kill switch, {switch.limit:.0%} of the seed"
    figure = go.Figure(line(depths, "Drawdown", AS_SHARE | FILLED | {"showlegend": True}))
    figure.add_trace(line(limit, name, AS_SHARE | LIMIT | {"showlegend": True}))
    if fired is not None:
        here, day = {"symbol": "x", "size": 9, "color": BLUE}, f"{fired:%Y-%m-%d}"
        figure.add_scatter(x=[day], y=[depths[fired]], mode="markers", marker=here, name=f"Fires {day}")
    deepest = 1.1 * min(float(depths.min()), switch.limit)
    figure.update_yaxes(title_text="Drawdown", tickformat=".0%", range=(deepest, 0.0))
    figure.update_layout(template=TEMPLATE, height=300, hovermode="x")
    return figure


def rolling(worth: pd.Series, *, window: int = 252, periods_per_year: float = 252.0) -> go.Figure:
    """`rolling_statistics`, one above the other, each with its value over the whole span as a dotted line.

    Raises
    ------
    DataError
        As `rolling_statistics`.
    """
    table = rolling_statistics(worth, window=window, periods_per_year=periods_per_year)
    whole = rolling_statistics(worth, window=len(worth) - 1, periods_per_year=periods_per_year).iloc[0]
    whole["total_return"] = (1.0 + whole["total_return"]) ** (window / (len(worth) - 1)) - 1.0
    figure = make_subplots(rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.06)
    for row, (key, title, form) in enumerate(ROLLING, start=1):
        level = pd.Series(float(whole[key]), index=table.index[[0, -1]])
        style = {"hovertemplate": f"%{{y:{form}}}", "line_width": 1.2, "showlegend": row == 1}
        figure.add_trace(line(level, "Whole span", style | THEIRS), row=row, col=1)
        figure.add_trace(
            line(table[key], f"Last {window} returns", style | {"line_color": BLUE}), row=row, col=1
        )
        figure.update_yaxes(title_text=title, tickformat=form.replace(".2%", ".0%"), row=row)
    figure.update_layout(template=TEMPLATE, height=520, hovermode="x")
    return figure


def _usd_axis(worth: pd.Series) -> dict[str, str]:
    if worth.max() < LOG_FROM * worth.min():
        return {"title": "USD", "tickformat": "~s"}
    return {"title": "USD, log scale", "tickformat": "~s", "type": "log", "dtick": "D2"}


def _cells(table: pd.DataFrame, years: list[str], names: tuple[str, ...]) -> go.Heatmap:
    values = table.to_numpy("f8")
    limit = float(np.nanmax(np.abs(values), initial=1e-12))
    return go.Heatmap(
        z=values,
        x=names,
        y=years,
        zmin=-limit,
        zmax=limit,
        colorscale=LOSS_TO_GAIN,
        showscale=False,
        xgap=1,
        ygap=1,
        text=[["" if np.isnan(cell) else f"{100.0 * cell:z.1f}" for cell in row] for row in values],
        texttemplate="%{text}",
        hovertemplate="%{x} %{y}: %{z:.2%}<extra></extra>",
        hoverongaps=False,
    )
