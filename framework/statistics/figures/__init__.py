"""Figures of results, for JupyterLab light and dark and for print. The only rooms with the desk that import plotly."""

from framework.statistics.figures.account import monthly_heatmap, rolling, underwater, worth_and_drawdown
from framework.statistics.figures.choice import overfitting, plateau_map
from framework.statistics.figures.robust import capacity_curve, costs, lags, noise, starts, symbols

__all__ = [
    "capacity_curve",
    "costs",
    "lags",
    "monthly_heatmap",
    "noise",
    "overfitting",
    "plateau_map",
    "rolling",
    "starts",
    "symbols",
    "underwater",
    "worth_and_drawdown",
]
