"""Figures of what is left of a result when one thing about it is changed."""

import math

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from framework.errors import DataError
from framework.statistics.figures.style import BLUE, GREY, TEMPLATE, VERMILLION
from framework.statistics.robustness import capacity

PANELS = (("cagr", "Return per year", ".1%"), ("sharpe_ratio", "Sharpe ratio, per year", ".2f"))


def lags(table: pd.DataFrame) -> go.Figure:
    """A `lag_table` as bars. What nobody can trade is hatched, and says so.

    Raises
    ------
    DataError
        No account in it.
    """
    names = [
        f"Lag {lag}" + ("" if tradable else "<br>cannot be traded")
        for lag, tradable in table["tradable"].items()
    ]
    hatched = ["" if tradable else "/" for tradable in table["tradable"]]
    colors = [BLUE if tradable else GREY for tradable in table["tradable"]]
    return _bars(table, names, colors, hatched)


def costs(table: pd.DataFrame) -> go.Figure:
    """A `cost_table` as bars: the assumed costs in blue.

    Raises
    ------
    DataError
        No account in it.
    """
    names = [f"{factor:g} x costs" for factor in table.index]
    colors = [BLUE if factor == 1.0 else GREY for factor in table.index]
    return _bars(table, names, colors, [""] * len(table))


def capacity_curve(table: pd.DataFrame) -> go.Figure:
    """A `capacity_table`: return per year against capital, and where half of the smallest account's is left.

    Raises
    ------
    DataError
        No account in it.
    """
    _check(table)
    half, limit = float(table["cagr"].iloc[0]) / 2.0, capacity(table)
    money = [_money(capital) for capital in table.index]
    figure = go.Figure()
    figure.add_scatter(
        x=table.index.to_numpy("f8"),
        y=table["cagr"].to_numpy("f8"),
        mode="lines+markers",
        name="Return per year",
        line={"color": BLUE, "width": 1.6},
        marker={"size": 7},
        customdata=money,
        hovertemplate="%{customdata}: %{y:.2%}<extra></extra>",
    )
    if math.isinf(limit):
        figure.update_traces(
            name=f"Return per year; more than half of it is left at {_money(table.index[-1])}"
        )
    elif math.isfinite(limit):
        name = f"Half of it is left at {_money(float(f'{limit:.2g}'))}"
        mark = {"symbol": "x", "size": 10, "color": VERMILLION}
        figure.add_scatter(x=[limit], y=[half], mode="markers", marker=mark, name=name)
    figure.update_xaxes(
        title_text="Capital in USD, log scale", type="log", tickvals=list(table.index), ticktext=money
    )
    figure.update_yaxes(title_text="Return per year", tickformat=".1%", rangemode="tozero")
    figure.update_layout(template=TEMPLATE, height=340, showlegend=True)
    return figure


def starts(table: pd.DataFrame) -> go.Figure:
    """A `start_table`: the Sharpe ratio of each account against the day on which it began; the result's own is a line.

    Raises
    ------
    DataError
        No account in it.
    """
    _check(table)
    own = float(table["sharpe_ratio"].iloc[0])
    days = pd.DatetimeIndex(table.index).strftime("%Y-%m-%d").to_numpy()
    figure = go.Figure()
    figure.add_scatter(
        x=days,
        y=table["sharpe_ratio"].to_numpy("f8"),
        mode="markers",
        marker={"size": 9, "color": BLUE},
        name="Begun on that day",
        hovertemplate="%{x}: %{y:.2f}<extra></extra>",
    )
    _level(figure, days[[0, -1]], own, f"As judged, {own:.2f}")
    figure.update_yaxes(title_text="Sharpe ratio, per year", tickformat=".2f")
    figure.update_xaxes(title_text="First session of the account")
    figure.update_layout(template=TEMPLATE, height=320)
    return figure


def symbols(table: pd.DataFrame, own: float) -> go.Figure:
    """Sharpe ratio per year without each symbol, the most needed one first; `own` is that with all of them.

    Raises
    ------
    DataError
        No account in it.
    """
    _check(table)
    ordered = table["sharpe_ratio"].sort_values(ascending=False)
    names = [f"without {symbol}" for symbol in ordered.index]
    figure = go.Figure()
    figure.add_scatter(
        x=ordered.to_numpy("f8"),
        y=names,
        mode="markers",
        marker={"size": 9, "color": BLUE},
        name="Without one symbol",
        hovertemplate="%{y}: %{x:.2f}<extra></extra>",
    )
    figure.add_scatter(
        x=[own, own],
        y=[names[0], names[-1]],
        mode="lines",
        line={"color": VERMILLION, "dash": "dot", "width": 1.2},
        name=f"With all, {own:.2f}",
        hoverinfo="skip",
    )
    figure.update_xaxes(title_text="Sharpe ratio, per year", tickformat=".2f")
    figure.update_yaxes(type="category")
    figure.update_layout(template=TEMPLATE, height=120 + 22 * len(names))
    return figure


def noise(sharpes: pd.Series, own: float) -> go.Figure:
    """Histogram of Sharpe ratios per year under parameters that are drawn around the chosen ones; `own` is a line.

    Raises
    ------
    DataError
        No number in it.
    """
    known = sharpes.dropna().to_numpy("f8")
    if not len(known):
        raise DataError(
            "No Sharpe ratio was given.", "A histogram needs one.", "Vary a rule that has numbers."
        )
    edges = np.linspace(min(known.min(), own), max(known.max(), own) + 1e-9, 21)
    counts = np.histogram(known, edges)[0]
    figure = go.Figure()
    figure.add_bar(
        x=(edges[:-1] + edges[1:]) / 2.0,
        y=counts,
        marker_color=BLUE,
        name=f"{len(known)} settings nearby",
        hovertemplate="%{x:.2f}: %{y}<extra></extra>",
    )
    figure.add_scatter(
        x=[own, own],
        y=[0.0, 1.08 * max(int(counts.max()), 1)],
        mode="lines",
        line={"color": VERMILLION, "width": 2.4},
        name=f"As chosen, {own:.2f}",
        hoverinfo="skip",
    )
    figure.update_xaxes(title_text="Sharpe ratio, per year", tickformat=".2f")
    figure.update_yaxes(title_text="Settings", rangemode="tozero")
    figure.update_layout(template=TEMPLATE, height=320, bargap=0.05)
    return figure


def _bars(table: pd.DataFrame, names: list[str], colors: list[str], hatched: list[str]) -> go.Figure:
    """Return and Sharpe ratio side by side, the number on each bar; an account that was ruined has none."""
    _check(table)
    figure = make_subplots(
        rows=1, cols=2, horizontal_spacing=0.12, subplot_titles=[each[1] for each in PANELS]
    )
    for column, (key, _, form) in enumerate(PANELS, start=1):
        values = table[key].to_numpy("f8")
        figure.add_bar(
            x=names,
            y=values,
            marker={"color": colors, "pattern": {"shape": hatched, "fgcolor": "#F2F2F2"}},
            text=["ruined" if math.isnan(value) else format(value, form) for value in values],
            textposition="outside",
            cliponaxis=False,
            hovertemplate=f"%{{x}}: %{{y:{form}}}<extra></extra>",
            row=1,
            col=column,
        )
        low, high = min(0.0, np.nanmin(values)), max(0.0, np.nanmax(values))
        room = 0.18 * (high - low or 1.0)
        figure.update_yaxes(
            tickformat=form.replace(".1%", ".0%"),
            range=(low - room * (low < 0.0), high + room * (high > 0.0)),
            row=1,
            col=column,
        )
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_layout(template=TEMPLATE, height=320, showlegend=False, bargap=0.45)
    return figure


def _level(figure: go.Figure, ends: np.ndarray, height: float, name: str) -> None:
    figure.add_scatter(
        x=list(ends),
        y=[height, height],
        mode="lines",
        line={"color": VERMILLION, "dash": "dot", "width": 1.2},
        name=name,
        hoverinfo="skip",
    )


def _money(usd: float) -> str:
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if usd >= size:
            return f"${usd / size:,.3g}{letter}"
    return f"${usd:,.0f}"


def _check(table: pd.DataFrame) -> None:
    if not table["sharpe_ratio"].notna().any():
        raise DataError(
            f"None of the {len(table)} accounts has a Sharpe ratio.",
            "A figure shows one at least.",
            "Look at a rule that traded and was not ruined.",
        )
