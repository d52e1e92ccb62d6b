"""The second engine: vectorbt, fed with weights and not with our orders.

Sizes follow from the weights here once more, in compiled code of its own; vectorbt executes each order
(``process_order_nb``) and values the account from its order records (``Portfolio``). vectorbt has no margin
account and no rates: cash that the weights plan to borrow is lent to it for the length of a session, and
interest and borrow fees are added to the account beside it.

Importing this module imports vectorbt, which takes seconds: import it where it is used. Its licence is
Apache-2.0 with Commons Clause.
"""

from pathlib import Path
from zlib import crc32

import numpy as np
import pandas as pd
import vectorbt
from numba import njit
from vectorbt.base.array_wrapper import ArrayWrapper
from vectorbt.portfolio.enums import OrderStatus, ProcessOrderState, log_dt, order_dt
from vectorbt.portfolio.nb import order_nb, process_order_nb

from framework.data.bars import Bars
from framework.errors import SimulationError
from framework.simulation import vectorbt_sizes
from framework.simulation.result import BacktestResult, trades_frame
from framework.simulation.scenario import Scenario, SizeAt, check_solvent
from framework.simulation.vectorbt_sizes import Terms, sales_first, sizes_of, value_of
from framework.strategy.weights import TargetWeights
from framework.trading.costs import SESSIONS_PER_YEAR, CostModel
from framework.trading.fills import PLANNED
from framework.trading.guard import Guards, KillSwitch
from framework.trading.quotes import FillAt
from framework.trading.rebalance import DUST
from framework.trading.venue import WHOLE, Venue

ENGINE = f"vectorbt {vectorbt.__version__}"
_LOST = 1e-12  # of capital: sizes this small are zero to vectorbt
_SIZES = Path(vectorbt_sizes.__file__).read_bytes()
_BUILT_FOR = crc32(
    ENGINE.encode() + _SIZES
)  # what is compiled in from other files: numba does not look at those


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
    """Replay the weights with vectorbt, by the rules of :func:`framework.simulation.engine.simulate`.

    Raises
    ------
    SimulationError
        A kill switch, stops, market impact or splits were asked for (this engine has none of them: the plain engine
        stands alone), the account was ruined, or vectorbt refused an order.
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
    check_followed(scenario)
    records, carried = replayed(scenario)
    return _result(scenario, records, carried)


def agree(result: BacktestResult, *, tolerance: float = 1e-9) -> float:
    """Worst difference of worth and cash between `result` and vectorbt, as a fraction of capital.

    Raises
    ------
    SimulationError
        It is above `tolerance`, or the result's kill switch fired, which vectorbt cannot follow.
    """
    if result.killed_at is not None:
        raise switched_off(result.killed_at)
    rival = simulate(
        result.weights,
        result.bars,
        result.costs,
        capital=result.capital,
        fill_at=result.fill_at,
        size_at=result.size_at,
        whole_shares=result.whole_shares,
        venue=result.venue,
        guards=result.guards,
    )
    worth, cash = (rival.worth - result.worth).to_numpy(), (rival.cash - result.cash).to_numpy()
    apart = np.maximum(np.abs(worth), np.abs(cash)) / result.capital
    worst = float(apart.max())  # NaN, and refused, if any of them is
    if not worst <= tolerance:
        first = result.worth.index[int(np.argmin(apart <= tolerance))]
        raise SimulationError(
            f"{result.engine} and {rival.engine} differ by {worst:.3e} of capital, first at {first:%Y-%m-%d}.",
            f"The limit is {tolerance:.0e}.",
            "Publish neither; find the first trade that differs.",
        )
    return worst


def switched_off(session: pd.Timestamp) -> SimulationError:
    """What to say of an account whose kill switch fired."""
    return SimulationError(
        f"The kill switch fired at {session:%Y-%m-%d}.",
        "vectorbt has no guards to compare with.",
        "Let the plain engine stand alone, and say so.",
    )


def replayed(scenario: Scenario) -> tuple[np.ndarray, np.ndarray]:
    """The order records of vectorbt, and interest, borrow fee and dividends (USD) a session."""
    orders = np.empty(scenario.targets.size, dtype=order_dt)
    carried = np.zeros((len(scenario.bars), 3))
    arguments = (_session_later(scenario.targets), _prices(scenario), _terms(scenario), orders, carried)
    count, refused, built_for = _replay(*arguments)
    if built_for != _BUILT_FOR:  # on disk from another vectorbt: numba compares the date of this file only
        _replay.recompile()
        count, refused, _ = _replay(*arguments)
    if refused >= 0:
        raise SimulationError(
            f"vectorbt refused or cut an order at {scenario.bars.sessions[refused]:%Y-%m-%d}.",
            "Both engines must execute the sizes that follow from the weights.",
            "Let the plain engine stand alone, and report the case.",
        )
    return orders[:count], carried


def check_followed(scenario: Scenario) -> None:
    """Refuse what vectorbt does not know."""
    asked = {
        "a kill switch": scenario.kill_switch is not None,
        "stops": scenario.stops is not None,
        "market impact": scenario.costs.impact > 0.0,
        "splits": scenario.bars.has("split"),
    }
    unknown = " and ".join(name for name, wanted in asked.items() if wanted)
    if unknown:
        raise SimulationError(
            f"vectorbt was asked for {unknown}.",
            "Of these it knows none; the plain engine does.",
            "Compare the engines without, or let the plain engine stand alone.",
        )


def _terms(scenario: Scenario) -> Terms:
    costs, venue = scenario.costs, Venue.of(scenario.venue, whole_shares=scenario.whole_shares)
    return Terms(
        capital=float(scenario.capital),
        half_spread=costs.half_spread,
        commission=costs.commission,
        cash_rate=float(costs.cash_rate_per_year),
        borrow_rate=float(costs.borrow_rate_per_year),
        sessions_per_year=float(SESSIONS_PER_YEAR),
        lot=float(venue.lot),
        minimum_usd=float(venue.minimum_usd),
        band=float(venue.band),
        dust=DUST,
        whole=WHOLE,
        planned=PLANNED,
    )


def _prices(scenario: Scenario) -> np.ndarray:
    """Five tables: what sizes follow from, last closes known then, what trades at, what closes mark, dividends."""
    quotes, marks, paid = scenario.quotes, scenario.marks, scenario.dividends
    dividends = np.zeros(quotes.shape) if paid is None else paid
    if scenario.size_at == "fill":
        return np.stack([quotes, marks, quotes, marks, dividends])
    return np.stack([_session_later(scenario.closes), _session_later(marks), quotes, marks, dividends])


def _session_later(table: np.ndarray) -> np.ndarray:
    later = np.full(table.shape, np.nan)
    later[1:] = table[:-1]
    return later


@njit(cache=True)
def _replay(
    targets: np.ndarray, prices: np.ndarray, terms: Terms, orders: np.ndarray, carried: np.ndarray
) -> tuple[int, int, int]:
    """Replay all sessions; a row of `targets` is what the session before decided, NaN to hold.

    Returns the number of orders, the first session at which vectorbt did not execute a size (-1: none),
    and what this was built for.
    """
    positions = np.zeros(targets.shape[1])
    logs = np.empty(1, dtype=log_dt)
    cash, count = terms.capital, 0
    for i in range(1, len(targets)):
        quotes, marks = prices[2, i], prices[3, i]
        carried[i, 2] = value_of(positions, prices[4, i], 1.0) - value_of(positions, prices[4, i], -1.0)
        if not np.isnan(targets[i, 0]):
            sizes, loan = sizes_of(targets[i], prices[:, i], positions, cash, terms)
            for k in sales_first(sizes):
                lent = ProcessOrderState(
                    cash + loan, positions[k], 0.0, cash + loan, quotes[k], np.nan, count, 0
                )
                order = order_nb(
                    size=sizes[k], price=quotes[k], fees=terms.commission, slippage=terms.half_spread
                )
                done, state = process_order_nb(i, k, 0, lent, False, order, orders, logs)  # noqa: FBT003
                filled = done.size if done.status == OrderStatus.Filled else 0.0
                if (abs(sizes[k]) - filled) * quotes[k] > _LOST * terms.capital:
                    return count, i, _BUILT_FOR
                cash, positions[k], count = state.cash - loan, state.position, state.oidx
        carried[i, 0] = cash * terms.cash_rate / terms.sessions_per_year
        carried[i, 1] = value_of(positions, marks, -1.0) * terms.borrow_rate / terms.sessions_per_year
        cash += carried[i, 0] - carried[i, 1] + carried[i, 2]
    return count, -1, _BUILT_FOR


def _result(scenario: Scenario, records: np.ndarray, carried: np.ndarray) -> BacktestResult:
    sessions = scenario.bars.sessions
    account = portfolio(scenario, records)
    gains = (carried[:, 0] - carried[:, 1] + carried[:, 2]).cumsum()
    diary = pd.DataFrame({"worth": account.value() + gains, "cash": account.cash() + gains})
    diary[["interest_usd", "borrow_usd", "dividends_usd"]] = carried
    ruined = int(np.argmin(diary["worth"].to_numpy() > 0.0))  # the first, or 0 where none is
    check_solvent(float(diary["worth"].iloc[ruined]), sessions[ruined])
    return scenario.result(diary, account.assets(), _trades(scenario, records), engine=ENGINE)


def portfolio(scenario: Scenario, records: np.ndarray) -> vectorbt.Portfolio:
    """The account of these orders, one group that is named after this engine."""
    sessions, symbols = scenario.bars.sessions, list(scenario.bars.symbols)
    marks = np.ascontiguousarray(scenario.bars.close.ffill().bfill())  # a price also before there is one
    close = pd.DataFrame(marks, index=sessions, columns=symbols, copy=False)
    group = pd.Index([ENGINE] * len(symbols), name="engine")
    wrapper, capital = ArrayWrapper.from_obj(close, group_by=group, freq="1D"), np.array([scenario.capital])
    return vectorbt.Portfolio(wrapper, close, records, np.empty(0, log_dt), capital, cash_sharing=True)


def _trades(scenario: Scenario, records: np.ndarray) -> pd.DataFrame:
    sessions, half = scenario.bars.sessions, scenario.costs.half_spread
    rows, columns = records["idx"], records["col"]
    sign = np.where(records["side"] == 0, 1.0, -1.0)
    mids = scenario.quotes[rows, columns]
    return trades_frame(
        {
            "session": sessions[rows],
            "decided": sessions[rows - 1],
            "symbol": np.array(scenario.bars.symbols, dtype=object)[columns],
            "quantity": sign * records["size"],
            "price": records["price"],
            "commission_usd": records["fees"],
            "spread_usd": records["size"] * np.abs(mids * (1.0 + sign * half) - mids),
            "impact_usd": np.zeros(len(records)),
        }
    )
