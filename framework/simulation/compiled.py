"""The default engine: the compiled replay, from nouns to nouns."""

from functools import cache
from importlib.metadata import version
from math import nan

import numpy as np
import pandas as pd

from framework.data.bars import Bars
from framework.simulation import engine as plain
from framework.simulation.kernels import replay
from framework.simulation.result import BacktestResult, deferred
from framework.simulation.scenario import Scenario, SizeAt, check_solvent
from framework.simulation.tables import TRADE, Diary, Tables, Terms
from framework.strategy.weights import TargetWeights
from framework.trading.costs import SESSIONS_PER_YEAR, CostModel
from framework.trading.fills import PLANNED
from framework.trading.guard import Guards, KillSwitch
from framework.trading.quotes import FillAt
from framework.trading.rebalance import DUST
from framework.trading.venue import WHOLE, Venue

MONEY = ("worth", "cash", "interest_usd", "borrow_usd")


def simulate(  # noqa: PLR0913 - a backtest's settings, by name
    weights: TargetWeights,
    bars: Bars,
    costs: CostModel,
    *,
    capital: float = 100_000.0,
    fill_at: FillAt | None = None,
    size_at: SizeAt = "decision",
    whole_shares: bool = False,
    kill_switch: KillSwitch | None = None,
    venue: Venue | None = None,
    guards: Guards | None = None,
) -> BacktestResult:
    """Replay the weights as :func:`framework.simulation.engine.simulate` does, to the last bit, in compiled code.

    What the compiled code does not know yet, the plain engine replays. The first use after an installation compiles
    for some seconds (see :mod:`framework.simulation.kernels`).
    """
    scenario = Scenario(
        weights=weights,
        bars=bars,
        costs=costs,
        capital=capital,
        fill_at=fill_at,
        size_at=size_at,
        whole_shares=whole_shares,
        kill_switch=kill_switch,
        venue=venue,
        guards=guards,
    )
    if unknown_to_kernel(scenario):
        return plain.replayed(scenario)
    diary = _blank_diary(*scenario.targets.shape)
    outcome = replay(tables_of(scenario), terms_of(scenario), diary)
    sessions = scenario.bars.sessions
    if outcome.ruined >= 0:
        check_solvent(float(diary.worth[outcome.ruined]), sessions[outcome.ruined])
    for table in diary:
        table.flags.writeable = False  # the result keeps them, and copies nothing that nobody can write to
    money = {name: deferred(_series, getattr(diary, name), sessions, name) for name in MONEY}
    money["dividends_usd"] = deferred(_series, read_only(np.zeros(len(sessions))), sessions, "dividends_usd")
    positions = deferred(_positions, diary.positions, bars)
    trades = deferred(_trades, diary.trades[: outcome.trades].copy(), bars)
    return scenario.result(money, positions, trades, engine=engine())


def unknown_to_kernel(scenario: Scenario) -> str:
    """What of this the compiled code cannot replay; empty where it can."""
    shares_only = Venue.of(None, whole_shares=scenario.whole_shares)
    asked = {
        "market impact": scenario.costs.impact,
        "dividends": scenario.bars.has("dividend"),
        "splits": scenario.bars.has("split"),
        "rules of a venue": scenario.venue != shares_only,
        "stops": scenario.stops is not None,
    }
    return ", ".join(name for name, wanted in asked.items() if wanted)


@cache
def engine() -> str:
    """The name of this engine, with the version of its compiler."""
    return f"compiled, numba {version('numba')}"


def warm() -> None:
    """Have the kernel compiled, or read from disk, so that the first backtest is as quick as the next."""
    sessions, symbols = 2, 1
    prices = np.ones((sessions, symbols))
    tables = Tables(*(read_only(prices) for _ in Tables._fields))
    terms = Terms(
        1.0,
        0.0,
        0.0,
        0.0,
        0.0,
        1.0,
        nan,
        size_at_fill=False,
        whole_shares=False,
        dust=0.0,
        whole=0.0,
        planned=0.0,
    )
    replay(tables, terms, _blank_diary(sessions, symbols))


def tables_of(scenario: Scenario) -> Tables:
    """What the kernel reads, all of one type: read-only and C-ordered."""
    return Tables(
        *map(read_only, (scenario.targets, scenario.quotes, scenario.closes, scenario.marks)),
    )


def terms_of(scenario: Scenario) -> Terms:
    """Costs, settings and the thresholds of trading, as the kernel knows them."""
    costs, switch = scenario.costs, scenario.kill_switch
    return Terms(
        capital=float(scenario.capital),
        commission=float(costs.commission),
        half_spread=float(costs.half_spread),
        borrow_rate=float(costs.borrow_rate_per_year),
        cash_rate=float(costs.cash_rate_per_year),
        sessions_per_year=float(SESSIONS_PER_YEAR),
        kill_limit=nan if switch is None else float(switch.limit),
        size_at_fill=scenario.size_at == "fill",
        whole_shares=bool(scenario.whole_shares),
        dust=DUST,
        whole=WHOLE,
        planned=PLANNED,
    )


def _blank_diary(sessions: int, symbols: int) -> Diary:
    """Room for everything; what is never written to takes no memory."""
    worth, cash, interest, borrow = (np.empty(sessions) for _ in range(4))
    return Diary(
        worth, cash, interest, borrow, np.empty((sessions, symbols)), np.empty(sessions * symbols, TRADE)
    )


def read_only(table: np.ndarray) -> np.ndarray:
    """A C-ordered view that cannot be written to: the one type of table that the kernel is compiled for."""
    view = np.ascontiguousarray(table).view()
    view.flags.writeable = False
    return view


def _series(values: np.ndarray, sessions: pd.DatetimeIndex, name: str) -> pd.Series:
    return pd.Series(values, sessions, name=name, copy=False)


def _positions(shares: np.ndarray, bars: Bars) -> pd.DataFrame:
    return pd.DataFrame(shares, bars.sessions, list(bars.symbols), copy=False)


def _trades(records: np.ndarray, bars: Bars) -> pd.DataFrame:
    stamps, rows = bars.sessions.to_numpy("datetime64[ns]"), records["row"]
    columns = {
        "session": stamps[rows],
        "decided": stamps[rows - 1],
        "symbol": pd.array(list(bars.symbols), dtype="str").take(records["column"]),
        **{name: records[name].copy() for name in ("quantity", "price", "commission_usd", "spread_usd")},
        "impact_usd": np.zeros(len(records)),
    }
    return pd.DataFrame(columns, copy=False)
