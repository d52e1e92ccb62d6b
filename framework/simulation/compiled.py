"""The default engine: the compiled replay, from nouns to nouns."""

from functools import cache
from importlib.metadata import version
from math import inf, nan

import numpy as np
import pandas as pd

from framework.data.bars import Bars
from framework.simulation.kernels import replay
from framework.simulation.result import BacktestResult, deferred
from framework.simulation.scenario import Scenario, SizeAt, check_solvent
from framework.simulation.sums import SCRATCH
from framework.simulation.tables import TRADE, Book, Diary, Outcome, Ruled, Rules, Stances, Tables, Terms
from framework.strategy.weights import TargetWeights
from framework.trading.costs import SESSIONS_PER_YEAR, CostModel
from framework.trading.fills import PLANNED
from framework.trading.guard import Guards, KillSwitch
from framework.trading.quotes import FillAt
from framework.trading.rebalance import DUST
from framework.trading.venue import ANYWHERE, WHOLE, WHOLE_SHARES, Venue

TRADED = ("quantity", "price", "commission_usd", "spread_usd", "impact_usd")
LINE = 8  # doubles
MONEY = ("worth", "cash", "interest_usd", "borrow_usd", "dividends_usd")


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

    The first use after an installation compiles for some seconds (see :mod:`framework.simulation.machine`), and so does
    the first account with rules (:mod:`framework.simulation.ruled`).
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
    diary = _room(len(bars), len(bars.symbols))
    outcome = run(scenario, diary)
    if outcome.ruined >= 0:
        check_solvent(float(diary.worth[outcome.ruined]), bars.sessions[outcome.ruined])
    money = {name: deferred(_series, _sealed(getattr(diary, name)), bars.sessions, name) for name in MONEY}
    positions = deferred(_positions, scenario)
    trades = deferred(_trades, scenario, outcome.trades)
    return scenario.result(money, positions, trades, engine=engine())


@cache
def engine() -> str:
    """The name of this engine, with the version of its compiler."""
    return f"compiled, numba {version('numba')}"


def warm() -> None:
    """Have the kernel compiled, or read from disk, so that the first backtest is as quick as the next."""
    tables = Tables(read_only(np.zeros(1, np.int64)), *(read_only(np.ones((2, 1))) for _ in range(4)))
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
    replay(tables, terms, empty_book(1), _room(2, 1))


def run(scenario: Scenario, diary: Diary) -> Outcome:
    """Replay the scenario into the diary."""
    return follow(tables_of(scenario), rules_of(scenario), terms_of(scenario), diary)


def follow(tables: Tables, rules: Rules | None, terms: Terms, diary: Diary) -> Outcome:
    """Replay what the kernels read into the diary: the quick one where there are no rules."""
    symbols = tables.marks.shape[1]
    outcome: Outcome
    if rules is None:
        outcome = replay(tables, terms, empty_book(symbols), diary)
    else:
        from framework.simulation.ruled import replay_ruled  # loaded only for those who need it

        outcome = replay_ruled(Ruled(tables, rules, terms, empty_stances(symbols)), diary)
    return outcome


def tables_of(scenario: Scenario) -> Tables:
    """What the kernel reads, all read-only and C-ordered."""
    return Tables(*map(read_only, (*scenario.decisions, scenario.quotes, scenario.closes, scenario.marks)))


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
        whole_shares=bool(scenario.venue and scenario.venue.lot),
        dust=DUST,
        whole=WHOLE,
        planned=PLANNED,
    )


def rules_of(scenario: Scenario) -> Rules | None:
    """The rules of the account as the kernel knows them; None where it has none but whole shares."""
    venue = Venue.of(scenario.venue, whole_shares=False)
    tables = scenario.impacts, scenario.splits, scenario.dividends
    plain = scenario.stops is None and all(table is None for table in tables)
    if plain and venue in (ANYWHERE, WHOLE_SHARES):
        return None
    guards = scenario.stops or Guards()
    nothing = np.empty((0, len(scenario.bars.symbols)))
    impacts, splits, dividends = (read_only(nothing if table is None else table) for table in tables)
    return Rules(
        impacts=impacts,
        splits=splits,
        dividends=dividends,
        impact=float(scenario.costs.impact),
        lot=float(venue.lot),
        unit=min(float(venue.lot), 1.0),
        minimum_usd=float(venue.minimum_usd),
        band=float(venue.band),
        stop_loss=_limit(guards.stop_loss, off=nan),
        trailing_stop=_limit(guards.trailing_stop, off=nan),
        take_profit=_limit(guards.take_profit, off=nan),
        time_stop=_limit(guards.time_stop, off=inf),
        stops=scenario.stops is not None,
    )


def _limit(value: float | None, *, off: float) -> float:
    return off if value is None else float(value)


def empty_stances(symbols: int) -> Stances:
    """The working memory of an account with rules, holding nothing."""
    positions, sizes, references, side, entry, best, sessions, out = np.zeros((8, symbols))
    return Stances(
        positions,
        sizes,
        references,
        side,
        entry,
        best,
        sessions,
        out,
        values=np.empty(2 * symbols + 4),
        scratch=np.empty(SCRATCH),
    )


def empty_book(symbols: int) -> Book:
    """The kernel's working memory, holding nothing: it allocates none itself.

    Each array begins where a line of the processor's cache does, without which the kernel takes twice as long.
    """
    wide = -(-(symbols + 3) // LINE) * LINE
    room = np.zeros(3 * wide + SCRATCH + LINE)
    first = -room.ctypes.data // room.itemsize % LINE
    positions, sizes, values = (room[first + n * wide :] for n in range(3))
    return Book(
        positions=positions[:symbols],
        columns=np.zeros(symbols, np.int64),
        sizes=sizes[:symbols],
        values=values[: symbols + 3],
        scratch=values[wide : wide + SCRATCH],
    )


def _room(sessions: int, symbols: int, *, positions: bool = False, trades: int = 0) -> Diary:
    """A diary with room for the money, for the positions if they are wanted, and for so many trades."""
    worth, cash, interest, borrow = (np.empty(sessions) for _ in MONEY[:4])
    shares = np.empty((sessions if positions else 0, symbols))
    return Diary(worth, cash, interest, borrow, np.zeros(sessions), shares, np.empty(trades, TRADE))


def read_only(table: np.ndarray) -> np.ndarray:
    """A C-ordered view that cannot be written to: the one type of table that the kernel is compiled for."""
    view = np.ascontiguousarray(table).view()
    view.flags.writeable = False
    return view


def _sealed(table: np.ndarray) -> np.ndarray:
    """The table itself, never to be written to again: a result keeps it, and copies nothing that nobody can change."""
    table.flags.writeable = False
    return table


def _series(values: np.ndarray, sessions: pd.DatetimeIndex, name: str) -> pd.Series:
    return pd.Series(values, sessions, name=name, copy=False)


def _positions(scenario: Scenario) -> pd.DataFrame:
    """Shares at each close: few results are asked for them, so that the account is replayed for those that are."""
    bars = scenario.bars
    diary = _room(len(bars), len(bars.symbols), positions=True)
    run(scenario, diary)
    return pd.DataFrame(_sealed(diary.positions), bars.sessions, list(bars.symbols), copy=False)


def _trades(scenario: Scenario, count: int) -> pd.DataFrame:
    """The trades, by another replay."""
    bars = scenario.bars
    diary = _room(len(bars), len(bars.symbols), trades=count)
    run(scenario, diary)
    records = diary.trades
    stamps, rows = bars.sessions.to_numpy("datetime64[ns]"), records["row"]
    columns = {
        "session": stamps[rows],
        "decided": stamps[rows - 1],
        "symbol": pd.array(list(bars.symbols), dtype="str").take(records["column"]),
        **{name: records[name].copy() for name in TRADED},
    }
    return pd.DataFrame(columns, copy=False)
