"""One backtest as it was asked for: checked, and aligned row by row for the engines."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isfinite, isnan
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from framework.data.bars import Bars
from framework.errors import BadWeights, SimulationError, SpecError
from framework.simulation.result import BacktestResult
from framework.strategy.weights import TargetWeights, check_against
from framework.trading.costs import CostModel
from framework.trading.guard import KillSwitch

FillAt = Literal["open", "close"]
SizeAt = Literal["decision", "fill"]
Prices = dict[str, float]


class Row(NamedTuple):
    """What a session brings: prices to trade at, closes, last known closes, and the decided weights."""

    session: pd.Timestamp
    quotes: Prices
    closes: Prices
    marks: Prices
    target: Prices | None


@dataclass(frozen=True, eq=False, kw_only=True)
class Scenario:
    """Weights, bars, costs and settings of one backtest, refused where they do not fit together.

    `fill_at` None becomes "open" where the bars have opens and "close" where they do not; the weights get the rows
    and columns of the bars.

    Raises
    ------
    BadWeights
        Weights for a symbol or a session that the bars do not have.
    SpecError
        Capital not above zero, an unknown `fill_at` or `size_at`, or fills at an open that the bars lack.
    """

    weights: TargetWeights
    bars: Bars
    costs: CostModel
    capital: float
    fill_at: FillAt | None
    size_at: SizeAt
    whole_shares: bool
    kill_switch: KillSwitch | None

    def __post_init__(self) -> None:
        if self.fill_at is None:
            object.__setattr__(self, "fill_at", "open" if self.bars.has("open") else "close")
        if not (isfinite(self.capital) and self.capital > 0.0):
            raise SpecError(
                f"Capital is {self.capital!r} USD.", "It is above zero.", "Give the account some money."
            )
        _check_choice("fill_at", self.fill_at, ("open", "close"))
        _check_choice("size_at", self.size_at, ("decision", "fill"))
        if self.fill_at == "open" and not self.bars.has("open"):
            raise SpecError(
                "Fills at the open were asked for.",
                "These bars have closes only.",
                "Fill at the close, or load a source with opens.",
            )
        object.__setattr__(self, "weights", _fitted(self.weights, self.bars))

    @cached_property
    def targets(self) -> np.ndarray:
        """Weights, sessions x symbols of the bars; NaN rows hold, symbols without weights are not held."""
        return self.weights.table("frame")

    @cached_property
    def quotes(self) -> np.ndarray:
        """Prices at which orders fill; NaN where the symbol does not trade, which valid bars see to."""
        return self.bars.table("open") if self.fill_at == "open" else self.closes

    @cached_property
    def closes(self) -> np.ndarray:
        """Closes; NaN outside a symbol's life."""
        return self.bars.table("close")

    @cached_property
    def marks(self) -> np.ndarray:
        """The last known close of each symbol: a delisted one keeps its last."""
        if not np.isnan(self.closes).any():
            return self.closes
        return self.bars.close.ffill().to_numpy("f8")

    def rows(self) -> Iterator[Row]:
        """The sessions, oldest first, as plain mappings."""
        symbols = self.bars.symbols
        tables = (table.tolist() for table in (self.quotes, self.closes, self.marks, self.targets))
        for session, *values in zip(self.bars.sessions, *tables, strict=True):
            quotes, closes, marks, target = (dict(zip(symbols, row, strict=True)) for row in values)
            holding = all(map(isnan, target.values()))
            yield Row(session, quotes, closes, marks, None if holding else target)

    def result(
        self,
        diary: Mapping[str, pd.Series] | pd.DataFrame,
        positions: pd.DataFrame,
        trades: pd.DataFrame,
        *,
        engine: str,
    ) -> BacktestResult:
        """What an engine found, beside what was asked for; `diary` has worth, cash, interest and borrow."""
        assert self.fill_at is not None  # noqa: S101 - __post_init__ resolved it
        return BacktestResult(
            worth=diary["worth"],
            cash=diary["cash"],
            positions=positions,
            trades=trades,
            borrow_usd=diary["borrow_usd"],
            interest_usd=diary["interest_usd"],
            weights=self.weights,
            bars=self.bars,
            costs=self.costs,
            capital=self.capital,
            fill_at=self.fill_at,
            size_at=self.size_at,
            whole_shares=self.whole_shares,
            engine=engine,
            kill_switch=self.kill_switch,
        )


def check_solvent(worth: float, session: pd.Timestamp) -> None:
    """Refuse a worth at or below zero: neither weights nor returns mean anything from there."""
    if not worth > 0.0:
        raise SimulationError(
            f"The account was worth {worth:,.2f} USD at the close of {session:%Y-%m-%d}.",
            "Weights and returns need a worth above zero.",
            "Lower the leverage or the shorts: this account was ruined.",
        )


def _check_choice(name: str, value: str | None, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise SpecError(f"{name} is {value!r}.", f"It is one of {', '.join(choices)}.", "Choose one of them.")


def _fitted(weights: TargetWeights, bars: Bars) -> TargetWeights:
    """The weights with a row for each session of the bars: those that they leave out hold."""
    rows, _ = weights.labels("frame")
    strange = rows[:0] if rows.equals(bars.sessions) else rows.difference(bars.sessions)
    if len(strange):
        raise BadWeights(
            f"There are weights for {strange[0]:%Y-%m-%d} ({len(strange)} such rows).",
            f"The bars' sessions run from {bars.sessions[0]:%Y-%m-%d} to {bars.sessions[-1]:%Y-%m-%d}.",
            "Decide on sessions of the bars only.",
        )
    return check_against(weights.over(bars.sessions), bars)
