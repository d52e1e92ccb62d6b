"""Declared rules swept over accounts of one symbol each: shared indicators, compiled accounts, all cores.

Nothing here depends on the number of threads: an account is computed by one of them, from its own numbers.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import pairwise
from threading import Event
from typing import Any, NamedTuple

import numpy as np

from framework.data.bars import Bars
from framework.simulation.banks import Rows, fill, rows_of, series_of
from framework.simulation.crossings import by_trades
from framework.simulation.sides import Signals, decide, no_changes
from framework.simulation.singles import by_bars
from framework.simulation.tiles import Account, Prices, Rates, blank_tile, describe
from framework.strategy.indicators import Indicator
from framework.strategy.signals import Condition, Signal
from framework.trading.costs import SESSIONS_PER_YEAR, CostModel
from framework.trading.fills import PLANNED
from framework.trading.quotes import quotes
from framework.trading.rebalance import DUST

CACHE = 800_000  # bytes of a bank that stay close to a core
PLAIN_COSTS = ("commission_bps", "half_spread_bps", "borrow_rate_per_year", "cash_rate_per_year")
PLAIN_FIELDS = ("open", "high", "low", "close", "volume")
PLAIN_SETTINGS = ("capital", "fill_at", "size_at")


class Recipes(NamedTuple):
    """What some signals are made of: the rows of a bank, the comparisons between them, and rows to be given."""

    rows: Rows
    signals: Signals
    given: tuple[Indicator, ...]


@dataclass(frozen=True, eq=False)
class Market:
    """Bars and terms of accounts of one symbol each. `settings` are those of a backtest, `fill_at` among them."""

    bars: Bars
    costs: CostModel
    settings: Mapping[str, Any]

    @property
    def obstacle(self) -> str:
        """Why the compiled accounts of one symbol cannot be used here; empty if they can."""
        odd = [name for name, value in asdict(self.costs).items() if value and name not in PLAIN_COSTS]
        odd += [name for name, value in self.settings.items() if value and name not in PLAIN_SETTINGS]
        if odd:
            return f"{', '.join(odd)} is set"
        strange = [name for name in self.bars.fields if name not in PLAIN_FIELDS]
        if strange:
            return f"the bars have {' and '.join(strange)}"
        gaps = np.isnan(self.closes).any() or np.isnan(self.quotes).any()
        return "a symbol is not traded in every session" if gaps else ""

    @cached_property
    def closes(self) -> np.ndarray:
        """Symbols x sessions."""
        return np.ascontiguousarray(self.bars.table("close").T)

    @cached_property
    def quotes(self) -> np.ndarray:
        """Prices at which orders fill, symbols x sessions."""
        return np.ascontiguousarray(quotes(self.bars, self.settings["fill_at"]).T)

    def alone(self, symbol: int) -> Bars:
        """The bars of one symbol."""
        return only(self.bars, self.bars.symbols[symbol])

    @property
    def rates(self) -> Rates:
        """Costs and settings as the kernels know them."""
        return Rates(
            commission=self.costs.commission,
            half_spread=self.costs.half_spread,
            cash=self.costs.cash_rate_per_year / SESSIONS_PER_YEAR,
            borrow=self.costs.borrow_rate_per_year / SESSIONS_PER_YEAR,
            dust=DUST,
            planned=PLANNED,
            size_at_fill=self.settings["size_at"] == "fill",
        )

    def opened(self, count: int) -> np.ndarray:
        """So many accounts at the close of the first session."""
        capital = self.settings["capital"]
        new = Account(*[0.0] * len(Account._fields))._replace(
            cash=capital, worth=capital, peak=capital, deepest=1.0
        )
        return np.tile(new, (count, 1))


def only(bars: Bars, symbol: str) -> Bars:
    """The bars of one symbol."""
    return replace(bars, **{name: getattr(bars, name)[[symbol]] for name in bars.fields})


def recipes_of(signals: Sequence[Signal]) -> Recipes:
    """The rows that the signals share, and what each compares."""
    rows: dict[Indicator | float, int] = {}
    sides: list[tuple[int, int, float, float]] = []
    places = []
    for signal in signals:
        start = len(sides)
        sides += _compared(signal.enter, rows)
        middle = len(sides)
        sides += () if signal.leave is None else _compared(signal.leave, rows)
        places.append((start, middle, len(sides)))
    left, right, relative, absolute = zip(*sides, strict=True)
    bank, given = rows_of(tuple(rows))
    compared = (np.array(left), np.array(right), np.array(relative), np.array(absolute))
    return Recipes(bank, Signals(np.array(places), *compared), given)


def _compared(
    condition: Condition, rows: dict[Indicator | float, int]
) -> list[tuple[int, int, float, float]]:
    """The rows that its comparisons look at, new ones last, and the tolerances of a tie."""
    return [
        (rows.setdefault(one.left, len(rows)), rows.setdefault(one.right, len(rows)), *one.tolerance)
        for one in condition.comparisons
    ]


def swept(market: Market, recipes: Recipes) -> np.ndarray:
    """Final states of all accounts, combinations x symbols x state."""
    count, symbols = len(recipes.signals.places), len(market.closes)
    found = np.empty((count, symbols, len(Account._fields)))
    units = list(_units(count, symbols))
    stop = Event()

    def work(unit: tuple[int, slice]) -> None:
        symbol, part = unit
        found[part, symbol] = _one_symbol(market, recipes, symbol, part, stop)

    with ThreadPoolExecutor(cores()) as pool:
        try:
            list(pool.map(work, units))
        except BaseException:
            stop.set()
            raise
    return found


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _units(count: int, symbols: int) -> Iterator[tuple[int, slice]]:
    """Work for each core at least: a symbol, and combinations."""
    parts = min(count, max(1, -(-cores() // symbols)))
    edges = np.linspace(0, count, parts + 1).astype(int)
    for symbol in range(symbols):
        for start, end in pairwise(edges.tolist()):
            yield symbol, slice(start, end)


def _one_symbol(market: Market, recipes: Recipes, symbol: int, part: slice, stop: Event) -> np.ndarray:
    """Tile after tile, so that no compiled call lasts long."""
    rows, signals, rates = recipes.rows, recipes.signals, market.rates
    signals = signals._replace(places=signals.places[part])
    close = market.closes[symbol]
    given = [each.on(market.alone(symbol)).to_numpy("f8")[:, 0] for each in recipes.given]
    series, prices = series_of(close, given), Prices(close, market.quotes[symbol])
    state = market.opened(len(signals.places))
    size = int(np.clip(CACHE // (8 * len(rows.kinds)), 256, 8_192))
    smoothed, bank, tile = np.zeros((len(rows.kinds), 2)), np.empty((len(rows.kinds), size)), blank_tile(size)
    changes, advance = no_changes(len(state), size), by_trades if rates.size_at_fill else by_bars
    for first in range(1, len(close), size):
        after = min(first + size, len(close))
        if stop.is_set():
            break
        fill(rows, series, first - 1, after - 1, smoothed, bank)
        decide(signals, bank, after - first, changes)
        describe(prices, rates, first, after, tile)
        advance(changes, prices, rates, tile, first, after, state)
    return state
