"""Figures of a search: how far its choice falls out of sample, and what lies around it."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from framework.statistics.figures.style import BLUE, LOSS_TO_GAIN, TEMPLATE, VERMILLION
from framework.statistics.plateau import best_cell, plateau
from framework.statistics.selection import overfitting_logits


def overfitting(returns: pd.DataFrame, *, blocks: int = 16) -> go.Figure:
    """Histogram of `overfitting_logits`: at or left of zero the trial that was chosen fell to the worse half.

    Raises
    ------
    DataError
        As `overfitting_logits`.
    """
    logits = overfitting_logits(returns, blocks=blocks)
    widest = float(np.abs(logits).max()) or 1.0
    edges = np.arange(-10, 11) / 10.0 * widest
    middles, half = (edges[:-1] + edges[1:]) / 2.0, len(edges) // 2
    share = np.histogram(-logits, -edges[::-1])[0][::-1] / len(
        logits
    )  # a bar holds its right edge, and so zero
    hover = "%{x:.2f}: %{y:.2%}"
    figure = go.Figure()
    parts = ((slice(half), VERMILLION, "Worse half"), (slice(half, None), BLUE, "Better half"))
    for part, color, side in parts:
        name = f"{side} out of sample, {share[part].sum():.1%}"
        figure.add_bar(x=middles[part], y=share[part], marker_color=color, name=name, hovertemplate=hover)
    figure.update_xaxes(title_text="Logit of the chosen trial's rank out of sample")
    figure.update_yaxes(title_text=f"Share of {len(logits):,} ways", tickformat=".0%")
    figure.update_layout(template=TEMPLATE, height=340, bargap=0.05, barmode="overlay")
    return figure


def plateau_map(scores: pd.DataFrame, *, label: str = "Sharpe ratio") -> go.Figure:
    """Scores over two parameters, with the best pair (a cross) and the centre of the best `plateau` (a disc).

    Parameters
    ----------
    scores : DataFrame, shape (values of one parameter, values of the other)
        As `plateau`; the axes' names are those of the parameters.
    label : str
        What is scored.

    Raises
    ------
    DataError
        As `plateau`.
    """
    means = plateau(scores)
    values, (rows, columns) = scores.to_numpy("f8"), scores.axes
    limit = float(np.nanmax(np.abs(values), initial=1e-12))
    names = [str(axis.name or default) for axis, default in ((rows, "rows"), (columns, "columns"))]
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=[str(each) for each in columns],
            y=[str(each) for each in rows],
            zmin=-limit,
            zmax=limit,
            colorscale=LOSS_TO_GAIN,
            colorbar={"title": label, "outlinewidth": 0},
            hovertemplate=f"{names[0]} %{{y}}, {names[1]} %{{x}}: %{{z:.3f}}<extra></extra>",
            hoverongaps=False,
        )
    )
    for table, symbol, text in ((scores, "x", "Best pair"), (means, "circle", "Best plateau")):
        row, column = best_cell(table)
        value = float(table.to_numpy("f8")[row, column])
        name = f"{text}: {names[0]} {rows[row]}, {names[1]} {columns[column]}, {value:.2f}"
        mark = {"symbol": symbol, "size": 12, "color": "#F2F2F2", "line": {"width": 2, "color": "#111111"}}
        figure.add_scatter(
            x=[str(columns[column])], y=[str(rows[row])], mode="markers", marker=mark, name=name
        )
    figure.update_xaxes(title_text=names[1], type="category", showgrid=False)
    figure.update_yaxes(title_text=names[0], type="category", showgrid=False)
    figure.update_layout(template=TEMPLATE, height=440)
    return figure
