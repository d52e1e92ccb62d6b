"""Many accounts, one after another, in the memory of one: only their figures are kept."""

from functools import cached_property
from typing import NamedTuple

import numpy as np

from framework.data.bars import Bars
from framework.errors import SpecError
from framework.simulation.compiled import follow, read_only, rules_of, tables_of, terms_of
from framework.simulation.metrics import measure
from framework.simulation.scenario import Scenario, SizeAt, check_solvent
from framework.simulation.tables import TRADE, Diary, Rules, Tables
from framework.strategy.weights import TargetWeights
from framework.trading.costs import SESSIONS_PER_YEAR, CostModel
from framework.trading.guard import Guards, KillSwitch
from framework.trading.quotes import FillAt
from framework.trading.venue import Venue

UNITS = {"": 1, "B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "KB": 10**3, "MB": 10**6, "GB": 10**9}
BANK_BYTES = 16 * 2**20  # indicators and what a run of sessions brings, for every core
TABLES_HELD = 12  # sessions x symbols each: weights and what a rule makes on the way to them, prices


class Figures(NamedTuple):
    """What one combination came to. `sharpe` is per session, `kurtosis` raw; NaN where the account stood still."""

    total_return: float
    sharpe: float
    volatility: float
    skewness: float
    kurtosis: float
    max_drawdown: float
    trades: int
    traded_usd: float
    costs_usd: float


class Replayer:
    """Replays weights over the same bars under the same terms, in buffers that are used again.

    Parameters are those of :func:`framework.simulation.engine.simulate`.
    """

    def __init__(  # noqa: PLR0913 - a backtest's settings, by name
        self,
        bars: Bars,
        costs: CostModel,
        *,
        capital: float,
        fill_at: FillAt | None,
        size_at: SizeAt,
        whole_shares: bool,
        kill_switch: KillSwitch | None,
        venue: Venue | None = None,
        guards: Guards | None = None,
    ) -> None:
        self._bars, self._costs, self._capital, self._fill_at = bars, costs, capital, fill_at
        self._size_at, self._whole_shares, self._kill_switch = size_at, whole_shares, kill_switch
        self._venue, self._guards = venue, guards
        worth, cash, interest, borrow, dividends = (np.empty(len(bars)) for _ in range(5))
        no_positions, no_trades = np.empty((0, len(bars.symbols))), np.empty(0, TRADE)
        self._diary = Diary(worth, cash, interest, borrow, dividends, no_positions, no_trades)
        self._worth = read_only(worth)

    def figures(self, weights: TargetWeights) -> Figures:
        """Figures of the account that follows these weights.

        Raises
        ------
        BadWeights
            They do not fit the bars.
        SimulationError
            The account was ruined.
        """
        scenario, diary = self._scenario(weights), self._diary
        prices, rules = self._market
        tables = prices._replace(
            decided=read_only(scenario.decisions.rows), targets=read_only(scenario.decisions.weights)
        )
        outcome = follow(tables, rules, terms_of(scenario), diary)
        if outcome.ruined >= 0:
            check_solvent(float(diary.worth[outcome.ruined]), self._bars.sessions[outcome.ruined])
        found = measure(self._worth, self._costs.cash_rate_per_year / SESSIONS_PER_YEAR)
        return Figures(
            total_return=found.total_return,
            sharpe=found.sharpe,
            volatility=found.volatility,
            skewness=found.skewness,
            kurtosis=found.kurtosis,
            max_drawdown=found.max_drawdown,
            trades=outcome.trades,
            traded_usd=outcome.traded_usd,
            costs_usd=outcome.commission_usd
            + outcome.spread_usd
            + outcome.impact_usd
            + float(diary.borrow_usd.sum()),
        )

    @property
    def worth(self) -> np.ndarray:
        """USD at each close of the account that was replayed last; the next one overwrites it."""
        return self._worth

    def check(self) -> None:
        """Refuse what cannot be replayed, before anything is.

        Raises
        ------
        SpecError
            Settings that do not fit the bars.
        """
        _ = self._market

    @cached_property
    def _market(self) -> tuple[Tables, Rules | None]:
        """What is the same for all weights."""
        scenario = self._scenario(TargetWeights(self._bars.close * np.nan))
        return tables_of(scenario), rules_of(scenario)

    def _scenario(self, weights: TargetWeights) -> Scenario:
        return Scenario(
            weights=weights,
            bars=self._bars,
            costs=self._costs,
            capital=self._capital,
            fill_at=self._fill_at,
            size_at=self._size_at,
            whole_shares=self._whole_shares,
            kill_switch=self._kill_switch,
            venue=self._venue,
            guards=self._guards,
        )


def check_memory(memory: str | int, bars: Bars, count: int) -> None:
    """Refuse a limit that one combination at a time and the table of results do not fit into.

    Raises
    ------
    SpecError
        The limit is too small, or is not a size.
    """
    limit = size_in_bytes(memory)
    needed = TABLES_HELD * 8 * len(bars) * len(bars.symbols) + 8 * count * len(Figures._fields)
    if needed > limit:
        raise SpecError(
            f"One combination over {len(bars):,} sessions x {len(bars.symbols)} symbols and {count:,} rows of figures"
            f" take {needed / 2**20:,.1f} MiB.",
            f"The limit given is {limit / 2**20:,.1f} MiB.",
            "Raise `memory`, or sweep fewer symbols or a smaller grid.",
        )


def room_for(memory: str | int, needed: int, *, bars: Bars, combinations: int) -> int:
    """Bytes that are left of a limit; refused where not even `needed` bytes for so many combinations fit into it.

    Raises
    ------
    SpecError
        The limit is too small, or is not a size.
    """
    limit = size_in_bytes(memory)
    if needed > limit:
        raise SpecError(
            f"{combinations} at a time over {len(bars):,} sessions x {len(bars.symbols)} symbols, with all figures,"
            f" takes {needed / 2**20:,.1f} MiB.",
            f"The limit given is {limit / 2**20:,.1f} MiB.",
            "Raise `memory`, or sweep fewer symbols or a smaller grid.",
        )
    return limit - needed


def size_in_bytes(memory: str | int) -> int:
    """The bytes of a size such as "1GiB", "500 MB" or 1_000_000.

    Raises
    ------
    SpecError
        It is none.
    """
    text = str(memory).strip()
    number = text.rstrip("BKMGi ")
    unit = text[len(number) :].strip()
    if unit not in UNITS or not number.replace(".", "", 1).isdigit():
        raise SpecError(
            f"The memory limit is {memory!r}.",
            f"It is a number with one of {', '.join(name for name in UNITS if name)}, or of bytes.",
            'Write "1GiB".',
        )
    return int(float(number) * UNITS[unit])
