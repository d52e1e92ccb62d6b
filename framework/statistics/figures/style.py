"""What all figures share: colours for any eye, on any ground and in print; lines thinned to what a screen shows."""

from itertools import pairwise

import numpy as np
import pandas as pd
import plotly.graph_objects as go

# Okabe and Ito's colours, told apart with any colour vision; the grey is as far from white as from black.
BLUE, VERMILLION, GREY, LINE = "#0072B2", "#D55E00", "#787878", "rgba(128,128,128,0.25)"
LOSS_TO_GAIN = ((0.0, VERMILLION), (0.5, "#F2F2F2"), (1.0, BLUE))

POINTS = 1_600  # about two a pixel column

IN_USD = {"hovertemplate": "%{y:$,.2f}", "line_width": 1.4}
AS_SHARE = {"hovertemplate": "%{y:.2%}", "line_width": 1.2, "showlegend": False}
LIMIT = {"line_color": BLUE, "line_dash": "dash", "line_width": 1.2}
THEIRS = {"line_color": GREY, "line_dash": "dot", "line_width": 1.0}
FILLED = {"line_color": VERMILLION, "fill": "tozeroy", "fillcolor": "rgba(213,94,0,0.18)"}

_AXIS = {"gridcolor": LINE, "linecolor": LINE, "zerolinecolor": LINE, "automargin": True}
TEMPLATE = go.layout.Template(
    layout={
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": GREY, "size": 12},
        "colorway": [BLUE, VERMILLION, GREY],
        "xaxis": _AXIS,
        "yaxis": _AXIS,
        "hoverlabel": {"bgcolor": "#F2F2F2", "font": {"color": "#222222"}},
        "legend": {"orientation": "h", "x": 0.0, "y": 1.02, "yanchor": "bottom"},
        "margin": {"l": 56, "r": 16, "t": 40, "b": 32},
    }
)


def line(series: pd.Series, name: str, style: dict[str, object]) -> go.Scatter:
    """A series against its sessions, thinned."""
    thin = thinned(series)
    days = pd.DatetimeIndex(thin.index)
    whole_days = bool((days == days.normalize()).all())
    return go.Scatter(
        x=days.strftime("%Y-%m-%d" if whole_days else "%Y-%m-%dT%H:%M:%S").to_numpy(),
        y=thin.to_numpy("f8"),
        name=name,
        mode="lines",
        **style,
    )


def thinned(series: pd.Series, points: int = POINTS) -> pd.Series:
    """At most about `points` rows: the first, the last, and the least and the greatest of each equal stretch."""
    if len(series) <= points:
        return series
    values = series.to_numpy("f8")
    edges = np.linspace(0, len(values), points // 2 + 1).astype(int)
    keep = {0, len(values) - 1}
    for begin, end in pairwise(edges):
        stretch = values[begin:end]
        keep |= {int(begin + stretch.argmin()), int(begin + stretch.argmax())}
    return series.iloc[sorted(keep)]
