"""How target weights fit the bars that they were decided on."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from framework.data.bars import Bars
from framework.data.suggest import did_you_mean
from framework.errors import BadWeights
from framework.strategy.weights import TargetWeights


class Decisions(NamedTuple):
    """The rows that decide, under the numbers and columns of the bars: what an engine follows.

    Parameters
    ----------
    rows : array of int, shape (decisions,)
        Numbers of the bars' sessions that decide, increasing.
    weights : array, shape (decisions, symbols)
        Signed fractions of equity, in the order of the bars' symbols; never NaN.
    """

    rows: np.ndarray
    weights: np.ndarray


def decisions_of(weights: TargetWeights, bars: Bars) -> Decisions:
    """The decisions of `weights`, without a table as large as the bars.

    Sessions that the weights leave out hold, and symbols that they leave out are not wanted. Weights of a symbol that
    had no price in that session are allowed if they are zero.

    Raises
    ------
    BadWeights
        A session or a symbol that the bars do not have, or a weight in a symbol at a close outside its life. The
        message names the row or the column.
    """
    sessions, columns = weights.labels("frame")
    rows, values = _numbers(sessions, bars.sessions)[weights.decided], weights.decisions
    if not (np.diff(rows) > 0).all():
        order = np.argsort(rows)
        rows, values = rows[order], values[order]
    if weights.symbols != bars.symbols:
        _check_columns(columns, bars.symbols)
        placed = np.zeros((len(values), len(bars.symbols)))
        placed[:, pd.Index(bars.symbols).get_indexer(columns)] = values
        values = placed
    _check_lives(rows, values, bars)
    return Decisions(rows, values)


def check_against(weights: TargetWeights, bars: Bars) -> TargetWeights:
    """Give `weights` with exactly the rows and columns of `bars`, in their order.

    A symbol of the bars that the weights leave out is not held: 0.0 in rows that rebalance. Weights of a symbol
    that had no price in that session are allowed if they are zero.

    Raises
    ------
    BadWeights
        Other sessions than those of the bars, a symbol that they do not have, or a weight in a symbol
        at a close outside its life. The message names the row or the column.
    """
    rows, _ = weights.labels("frame")
    _check_rows(rows, bars.sessions)
    decisions = decisions_of(weights, bars)
    if weights.symbols == bars.symbols:
        return weights
    full = np.full((len(rows), len(bars.symbols)), np.nan)
    full[decisions.rows] = decisions.weights
    return TargetWeights(pd.DataFrame(full, rows, list(bars.symbols)), max_gross=weights.max_gross)


def _numbers(rows: pd.Index, sessions: pd.DatetimeIndex) -> np.ndarray:
    """The number of each row's session."""
    if rows.equals(sessions):
        return np.arange(len(sessions))
    numbers = sessions.get_indexer(rows)
    strange = rows[numbers < 0]
    if len(strange):
        raise BadWeights(
            f"There are weights for {strange[0]:%Y-%m-%d} ({len(strange)} such rows).",
            f"The bars' sessions run from {sessions[0]:%Y-%m-%d} to {sessions[-1]:%Y-%m-%d}.",
            "Decide on sessions of the bars only.",
        )
    return numbers


def _check_rows(rows: pd.Index, sessions: pd.DatetimeIndex) -> None:
    if rows.equals(sessions):
        return
    odd = rows.symmetric_difference(sessions)
    which = (
        f"{odd[0]:%Y-%m-%d} is only in {'the weights' if odd[0] in rows else 'the bars'}"
        if len(odd)
        else "out of order"
    )
    raise BadWeights(
        f"The weights have {len(rows)} rows and the bars {len(sessions)} sessions ({which}).",
        "Weights have one row for each session of the bars, in their order.",
        "Reindex them with .reindex(bars.sessions): the rows that this adds say hold.",
    )


def _check_columns(columns: pd.Index, symbols: tuple[str, ...]) -> None:
    for column in columns:
        if column not in symbols:
            raise BadWeights(
                f"The weights have a column {column!r}.",
                f"The bars have {len(symbols)} symbols, and it is none of them.",
                did_you_mean(str(column), symbols),
            )
    if not columns.is_unique:
        raise BadWeights(
            f"The weights have the column {columns[columns.duplicated()][0]!r} twice.",
            "Each symbol has one column.",
            "Drop one of them.",
        )


def _check_lives(rows: np.ndarray, values: np.ndarray, bars: Bars) -> None:
    if bars.complete:
        return
    wanted = np.isnan(bars.table("close")[rows]) & (values != 0.0)
    if wanted.any():
        at, column = (int(i[0]) for i in np.nonzero(wanted))
        raise BadWeights(
            f"{bars.symbols[column]} has no close at {bars.sessions[rows[at]]:%Y-%m-%d}, but a weight of"
            f" {values[at, column]:.4f} there ({int(wanted.sum())} such weights).",
            "What is not listed cannot be owned.",
            "Write 0.0 before a symbol's first close and after its last.",
        )
