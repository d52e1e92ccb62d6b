"""One backtest as it was asked for: checked, and aligned row by row for the engines."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property, partial
from itertools import repeat
from math import isfinite, isnan
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import pandas as pd

from framework.data.adjust import total_returns
from framework.data.bars import Bars
from framework.errors import DataError, SimulationError, SpecError
from framework.simulation.result import BacktestResult, deferred
from framework.strategy.fit import Decisions, check_against, decisions_of
from framework.strategy.weights import TargetWeights
from framework.trading.costs import CostModel
from framework.trading.guard import Guards, KillSwitch
from framework.trading.impact import impact_per_root_share
from framework.trading.quotes import FillAt, check_fill_at, quotes, usual
from framework.trading.venue import Venue
from framework.trading.volatility import VolatilityTarget

SizeAt = Literal["decision", "fill"]
Prices = dict[str, float]

HALTED_FOR_EVER = 21  # sessions without any volume that are no halt but a series without volume


class Row(NamedTuple):
    """What a session brings: prices to trade at, closes, last known closes, and the decided weights.

    Then, where the costs or the bars have them, what a share's root moves its price by, splits and dividends.
    """

    session: pd.Timestamp
    quotes: Prices
    closes: Prices
    marks: Prices
    target: Prices | None
    impacts: Prices
    splits: Prices
    dividends: Prices


@dataclass(frozen=True, eq=False, kw_only=True)
class Scenario:
    """Weights, bars, costs and settings of one backtest, refused where they do not fit together.

    `fill_at` None becomes "open" where the bars have opens and "close" where they do not; `venue` takes whole shares
    where `whole_shares` says so.

    Raises
    ------
    BadWeights
        Weights for a symbol or a session that the bars do not have.
    SpecError
        Capital not above zero, an unknown `fill_at` or `size_at`, fills at a price that the bars lack, an impact on
        bars without volume, or lots that are no whole shares where whole ones were asked for.
    """

    weights: TargetWeights
    bars: Bars
    costs: CostModel
    capital: float
    fill_at: FillAt | None
    size_at: SizeAt
    whole_shares: bool
    kill_switch: KillSwitch | None
    venue: Venue | None = None
    guards: Guards | None = None
    _given: Decisions = field(init=False)

    def __post_init__(self) -> None:
        if self.fill_at is None:
            object.__setattr__(self, "fill_at", usual(self.bars))
        if not (isfinite(self.capital) and self.capital > 0.0):
            raise SpecError(
                f"Capital is {self.capital!r} USD.", "It is above zero.", "Give the account some money."
            )
        check_fill_at(self.bars, self.fill_at)
        if self.size_at not in get_args(SizeAt):
            raise SpecError(
                f"size_at is {self.size_at!r}.", "It is one of decision, fill.", "Choose one of them."
            )
        object.__setattr__(self, "venue", Venue.of(self.venue, whole_shares=self.whole_shares))
        object.__setattr__(self, "_given", decisions_of(self.weights, self.bars))

    def __reduce__(self) -> tuple[Any, ...]:
        asked = {each.name: getattr(self, each.name) for each in fields(self) if each.init}
        return partial(Scenario, **asked), ()

    @cached_property
    def decisions(self) -> Decisions:
        """The rows that decide: what :attr:`targets` has without the rows that hold."""
        if self._volatility is None:
            return self._given
        rows = np.flatnonzero(~np.isnan(self.targets[:, 0]))
        return Decisions(rows, self.targets[rows])

    @cached_property
    def targets(self) -> np.ndarray:
        """Weights, sessions x symbols of the bars; NaN rows hold, symbols without weights are not held.

        They are scaled where the guards target a volatility.
        """
        wanted = _fitted(self.weights, self.bars).table("frame")
        return (
            wanted if self._volatility is None else self._volatility.scaled(wanted, total_returns(self.bars))
        )

    @cached_property
    def quotes(self) -> np.ndarray:
        """Prices at which orders fill; NaN where the symbol does not trade."""
        assert self.fill_at is not None  # noqa: S101 - __post_init__ resolved it
        _check_traded(self.bars)
        return quotes(self.bars, self.fill_at)

    @cached_property
    def impacts(self) -> np.ndarray | None:
        """What a share's root moves its price by; None where the costs have no impact."""
        return impact_per_root_share(self.bars) if self.costs.impact else None

    @cached_property
    def splits(self) -> np.ndarray | None:
        """New shares per old one, 1.0 outside a life; None where the bars have no splits."""
        return _filled(self.bars, "split", 1.0)

    @cached_property
    def dividends(self) -> np.ndarray | None:
        """Cash per share, 0.0 outside a life; None where the bars have no dividends."""
        return _filled(self.bars, "dividend", 0.0)

    @property
    def _volatility(self) -> VolatilityTarget | None:
        return None if self.guards is None else self.guards.volatility

    @property
    def stops(self) -> Guards | None:
        """The guards, where they have rules that close positions."""
        return self.guards if self.guards is not None and self.guards.stops else None

    @cached_property
    def closes(self) -> np.ndarray:
        """Closes; NaN outside a symbol's life."""
        return self.bars.table("close")

    @cached_property
    def marks(self) -> np.ndarray:
        """The last known close of each symbol: a delisted one keeps its last."""
        return self.bars.marks

    def rows(self) -> Iterator[Row]:
        """The sessions, oldest first, as plain mappings."""
        symbols = self.bars.symbols
        tables = (
            self.quotes,
            self.closes,
            self.marks,
            self.targets,
            self.impacts,
            self.splits,
            self.dividends,
        )
        rows = (repeat(None) if table is None else table.tolist() for table in tables)
        for session, *values in zip(self.bars.sessions, *rows, strict=False):
            quoted, closes, marks, target, *rest = (
                dict(zip(symbols, row or (), strict=False)) for row in values
            )
            holding = all(map(isnan, target.values()))
            yield Row(session, quoted, closes, marks, None if holding else target, *rest)

    def result(
        self,
        diary: Mapping[str, pd.Series] | pd.DataFrame,
        positions: pd.DataFrame,
        trades: pd.DataFrame,
        *,
        engine: str,
    ) -> BacktestResult:
        """What an engine found, beside what was asked for; `diary` has worth, cash, interest, borrow and dividends."""
        assert self.fill_at is not None  # noqa: S101 - __post_init__ resolved it
        return BacktestResult(
            worth=diary["worth"],
            cash=diary["cash"],
            positions=positions,
            trades=trades,
            borrow_usd=diary["borrow_usd"],
            interest_usd=diary["interest_usd"],
            weights=deferred(_fitted, self.weights, self.bars),
            bars=self.bars,
            costs=self.costs,
            capital=self.capital,
            fill_at=self.fill_at,
            size_at=self.size_at,
            whole_shares=self.whole_shares,
            engine=engine,
            kill_switch=self.kill_switch,
            venue=self.venue,
            guards=self.guards,
            dividends_usd=diary["dividends_usd"],
        )


def check_solvent(worth: float, session: pd.Timestamp) -> None:
    """Refuse a worth at or below zero: neither weights nor returns mean anything from there."""
    if not worth > 0.0:
        raise SimulationError(
            f"The account was worth {worth:,.2f} USD at the close of {session:%Y-%m-%d}.",
            "Weights and returns need a worth above zero.",
            "Lower the leverage or the shorts: this account was ruined.",
        )


def _filled(bars: Bars, name: str, outside: float) -> np.ndarray | None:
    if not bars.has(name):
        return None
    values = bars.table(name)
    return np.where(np.isnan(values), outside, values)


def _check_traded(bars: Bars) -> None:
    """Refuse volumes that are none: with all sessions halted, nothing would ever fill, silently."""
    if not bars.has("volume"):
        return
    volume = bars.table("volume")
    lives = (~np.isnan(volume)).sum(axis=0)
    never = (lives >= HALTED_FOR_EVER) & (np.nan_to_num(volume).sum(axis=0) == 0.0)
    if never.any():
        column = int(np.argmax(never))
        raise DataError(
            f"{bars.symbols[column]} has a volume of zero in each of its {lives[column]:,} sessions.",
            "A session without volume is a halt, in which nothing fills.",
            "Leave the volume out where the source does not record it: dataclasses.replace(bars, volume=None).",
        )


def _fitted(weights: TargetWeights, bars: Bars) -> TargetWeights:
    """The weights with a row for each session of the bars, and a column for each symbol."""
    return check_against(weights.over(bars.sessions), bars)
