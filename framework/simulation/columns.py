"""Weights whose every column is an account of its own, replayed without their results: only figures are kept."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from framework.data.bars import Bars
from framework.errors import BadWeights, OpenbookError
from framework.simulation.banked import Market, only
from framework.simulation.scenario import Scenario
from framework.simulation.singles import follow
from framework.simulation.summary import figures_of
from framework.simulation.sweep import Figures, Replayer
from framework.strategy.weights import TargetWeights
from framework.trading.costs import CostModel

ANY_GROSS = 1e300  # the weights were checked before they came here
LIMIT = 1.0 + 1e-9  # of a weight: an account of one symbol does not borrow to buy it

type Found = tuple[np.ndarray, list[str]]


class Columns:
    """Replays columns of weights over the symbols of some bars. `settings` are those of a backtest.

    Where the settings are plain that is compiled for all columns at once, else by a replay a column.
    """

    def __init__(self, bars: Bars, costs: CostModel, settings: Mapping[str, Any]) -> None:
        self._market = Market(bars, costs, settings)
        self._plain = not self._market.obstacle

    def of(self, weights: TargetWeights) -> Found:
        """The same of the answer of a rule over these symbols.

        Raises
        ------
        BadWeights
            They do not fit the bars.
        """
        market = self._market
        return self.figures(
            Scenario(weights=weights, bars=market.bars, costs=market.costs, **market.settings).targets
        )

    def figures(self, targets: np.ndarray) -> Found:
        """Figures, symbols x 9, and an error for each symbol, empty where there is none.

        Parameters
        ----------
        targets : array, shape (sessions, symbols)
            Each column all in one account's fractions of equity, NaN to hold.
        """
        if not self._plain:
            return self._replayed(targets, range(targets.shape[1]))
        market = self._market
        state = market.opened(len(market.closes))
        follow(targets, market.closes, market.quotes, market.rates, state)
        table = figures_of(state, sessions=len(targets), capital=market.settings["capital"])
        ruined = np.flatnonzero(np.isnan(table[:, 0])).tolist()
        if not ruined:
            return table, [""] * len(table)
        again, errors = self._replayed(targets, ruined)  # says when
        table[ruined] = again[ruined]
        return table, errors

    def _replayed(self, targets: np.ndarray, columns: Iterable[int]) -> Found:
        """These columns by the replay that knows every setting."""
        table = np.full((targets.shape[1], len(Figures._fields)), np.nan)
        errors, bars = [""] * len(table), self._market.bars
        for column in columns:
            try:
                frame = pd.DataFrame(targets[:, [column]], bars.sessions, [bars.symbols[column]])
                table[column] = self._replayers[column].figures(TargetWeights(frame, max_gross=ANY_GROSS))
            except OpenbookError as error:
                errors[column] = f"{type(error).__name__}: {error}"
        return table, errors

    @cached_property
    def _replayers(self) -> list[Replayer]:
        market = self._market
        alone = (only(market.bars, symbol) for symbol in market.bars.symbols)
        return [Replayer(bars, market.costs, **market.settings) for bars in alone]


def check_columns(frame: pd.DataFrame, bars: Bars) -> np.ndarray:
    """The weights of `frame` as numbers, sessions x symbols of the bars; sessions without a row hold.

    Raises
    ------
    BadWeights
        Other columns than the bars' symbols, an infinite weight, one above 1 or below -1, or one outside a life.
    """
    if tuple(frame.columns) != bars.symbols:
        raise BadWeights(
            f"The answer has the columns {', '.join(map(str, frame.columns[:5]))} ({frame.shape[1]}).",
            f"An account each has the columns {', '.join(bars.symbols[:5])} ({len(bars.symbols)}), in this order.",
            "Answer with a column for every symbol of the bars.",
        )
    rows = frame if frame.index.equals(bars.sessions) else frame.reindex(bars.sessions)
    values: np.ndarray = np.ascontiguousarray(rows.to_numpy("f8"))
    bad = (np.abs(values) > LIMIT) | (np.isnan(bars.table("close")) & (np.nan_to_num(values) != 0.0))
    if bad.any():
        row, column = (int(axis[0]) for axis in np.nonzero(bad))
        raise BadWeights(
            f"The weight of {bars.symbols[column]} at {bars.sessions[row]:%Y-%m-%d} is {values[row, column]:.4f}.",
            "In an account of its own a symbol has from -1 to 1, and 0 before its first close and after its last.",
            "Scale it; each column is the fraction of an account of its own.",
        )
    return values
