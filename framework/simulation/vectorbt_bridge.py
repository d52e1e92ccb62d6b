"""The second engine: vectorbt, fed with weights and not with our orders.

Sizes follow from the weights here once more, in compiled code of its own; vectorbt executes each order
(``process_order_nb``) and values the account from its order records (``Portfolio``). vectorbt has no margin
account and no rates: cash that the weights plan to borrow is lent to it for the length of a session, and
interest and borrow fees are added to the account beside it.

Importing this module imports vectorbt, which takes seconds: import it where it is used. Its licence is
Apache-2.0 with Commons Clause.
"""

from typing import NamedTuple
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
from framework.simulation.result import BacktestResult, trades_frame
from framework.simulation.scenario import FillAt, Scenario, SizeAt, check_solvent
from framework.strategy.weights import TargetWeights
from framework.trading.costs import SESSIONS_PER_YEAR, CostModel
from framework.trading.fills import PLANNED
from framework.trading.guard import KillSwitch
from framework.trading.rebalance import DUST, WHOLE

ENGINE = f"vectorbt {vectorbt.__version__}"
_LOST = 1e-12  # of capital: sizes this small are zero to vectorbt
_BUILT_FOR = crc32(repr((ENGINE, DUST, WHOLE, PLANNED, SESSIONS_PER_YEAR)).encode())  # what numba cannot see


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
) -> BacktestResult:
    """Replay the weights with vectorbt, by the rules of :func:`framework.simulation.engine.simulate`.

    Raises
    ------
    SimulationError
        A kill switch was asked for (this engine has none: the plain engine stands alone), the account was
        ruined, or vectorbt refused an order.
    """
    if kill_switch is not None:
        raise SimulationError(
            "A kill switch was asked of vectorbt.",
            "Only the plain engine follows the account's path.",
            "Compare the engines without the switch, or let the plain engine stand alone.",
        )
    scenario = Scenario(
        weights=weights,
        bars=bars,
        costs=costs,
        capital=capital,
        fill_at=fill_at,
        size_at=size_at,
        whole_shares=whole_shares,
        kill_switch=None,
    )
    records, carried = _replayed(scenario)
    return _result(scenario, records, carried)


def agree(result: BacktestResult, *, tolerance: float = 1e-9) -> float:
    """Worst difference of worth and cash between `result` and vectorbt, as a fraction of capital.

    Raises
    ------
    SimulationError
        It is above `tolerance`, or the result's kill switch fired, which vectorbt cannot follow.
    """
    if result.killed_at is not None:
        raise SimulationError(
            f"The kill switch fired at {result.killed_at:%Y-%m-%d}.",
            "vectorbt has no guards to compare with.",
            "Let the plain engine stand alone, and say so.",
        )
    rival = simulate(
        result.weights,
        result.bars,
        result.costs,
        capital=result.capital,
        fill_at=result.fill_at,
        size_at=result.size_at,
        whole_shares=result.whole_shares,
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


class _Terms(NamedTuple):
    """What the compiled code knows of costs and settings."""

    capital: float
    whole_shares: bool
    half_spread: float
    commission: float
    cash_rate: float
    borrow_rate: float


def _replayed(scenario: Scenario) -> tuple[np.ndarray, np.ndarray]:
    """The order records of vectorbt, and interest and borrow fee (USD) a session."""
    orders = np.empty(scenario.targets.size, dtype=order_dt)
    carried = np.zeros((len(scenario.bars), 2))
    costs = scenario.costs
    terms = _Terms(
        float(scenario.capital),
        scenario.whole_shares,
        costs.half_spread,
        costs.commission,
        float(costs.cash_rate_per_year),
        float(costs.borrow_rate_per_year),
    )
    arguments = (_session_later(scenario.targets), _prices(scenario), terms, orders, carried)
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


def _prices(scenario: Scenario) -> np.ndarray:
    """Four tables: what sizes follow from, last closes known then, what orders trade at, what closes mark."""
    quotes, marks = scenario.quotes, scenario.marks
    if scenario.size_at == "fill":
        return np.stack([quotes, marks, quotes, marks])
    return np.stack([_session_later(scenario.closes), _session_later(marks), quotes, marks])


def _session_later(table: np.ndarray) -> np.ndarray:
    later = np.full(table.shape, np.nan)
    later[1:] = table[:-1]
    return later


@njit(cache=True)
def _replay(
    targets: np.ndarray, prices: np.ndarray, terms: _Terms, orders: np.ndarray, carried: np.ndarray
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
        if not np.isnan(targets[i, 0]):
            sizes, loan = _sizes(targets[i], prices[:, i], positions, cash, terms)
            for k in _sales_first(sizes):
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
        carried[i, 0] = cash * terms.cash_rate / SESSIONS_PER_YEAR
        carried[i, 1] = _value(positions, marks, -1.0) * terms.borrow_rate / SESSIONS_PER_YEAR
        cash += carried[i, 0] - carried[i, 1]
    return count, -1, _BUILT_FOR


@njit(cache=True)
def _sizes(
    target: np.ndarray, prices: np.ndarray, positions: np.ndarray, cash: float, terms: _Terms
) -> tuple[np.ndarray, float]:
    """Signed shares to trade now, and a sum of cash that is certain to be enough on the way."""
    basis, quotes = prices[0], prices[2]
    equity = _equity(cash, positions, basis, prices[1])
    sizes = np.zeros(len(target))
    for k in range(len(target)):
        if not np.isnan(basis[k]):
            wanted = _shares(target[k] * equity / basis[k], terms.whole_shares)
            sizes[k] = wanted - positions[k]
            if wanted != 0.0 and abs(sizes[k]) * basis[k] <= DUST * equity:
                sizes[k] = 0.0
    sold, bought = _value(sizes, basis, -1.0), _value(sizes, basis, 1.0)
    planned, moved = cash + sold - bought, abs(cash) + sold + bought
    floor = planned if planned < -PLANNED * moved else 0.0
    _scale(sizes, quotes, 1.0, terms.whole_shares)
    income = _value(sizes, quotes, -1.0) * (1.0 - terms.half_spread) * (1.0 - terms.commission)
    outlay = _value(sizes, quotes, 1.0) * (1.0 + terms.half_spread) * (1.0 + terms.commission)
    if outlay > 0.0 and cash + income - outlay < floor:
        _scale(sizes, quotes, max(0.0, cash + income - floor) / outlay, terms.whole_shares)
    return sizes, 2.0 * (moved + outlay)


@njit(cache=True)
def _scale(sizes: np.ndarray, quotes: np.ndarray, part: float, whole: bool) -> None:  # noqa: FBT001
    """Leave of each purchase its part, and of what does not trade nothing."""
    for k in range(len(sizes)):
        if np.isnan(quotes[k]):
            sizes[k] = 0.0
        elif sizes[k] > 0.0 and part < 1.0:
            sizes[k] = float(np.floor(sizes[k] * part)) if whole else sizes[k] * part


@njit(cache=True)
def _equity(cash: float, positions: np.ndarray, basis: np.ndarray, marks: np.ndarray) -> float:
    """Cash and what can be traded; a short that cannot still owes its mark."""
    total = cash
    for k in range(len(positions)):
        if not np.isnan(basis[k]):
            total += positions[k] * basis[k]
        elif positions[k] < 0.0:
            total += positions[k] * marks[k]
    return max(0.0, total)


@njit(cache=True)
def _value(shares: np.ndarray, prices: np.ndarray, side: float) -> float:
    """Value, as a positive sum, of the shares on one side: 1.0 above zero, -1.0 below."""
    total = 0.0
    for k in range(len(shares)):
        if shares[k] * side > 0.0:
            total += shares[k] * side * prices[k]
    return total


@njit(cache=True)
def _sales_first(sizes: np.ndarray) -> list[int]:
    sales = [k for k in range(len(sizes)) if sizes[k] < 0.0]
    return sales + [k for k in range(len(sizes)) if sizes[k] > 0.0]


@njit(cache=True)
def _shares(wanted: float, whole: bool) -> float:  # noqa: FBT001
    if not whole:
        return wanted
    nearest = float(np.rint(wanted))
    return nearest if abs(wanted - nearest) <= WHOLE * max(1.0, abs(wanted)) else float(np.trunc(wanted))


def _result(scenario: Scenario, records: np.ndarray, carried: np.ndarray) -> BacktestResult:
    sessions = scenario.bars.sessions
    marks = np.ascontiguousarray(scenario.bars.close.ffill().bfill())  # a price also before there is one
    close = pd.DataFrame(marks, index=sessions, columns=list(scenario.bars.symbols), copy=False)
    wrapper, capital = ArrayWrapper.from_obj(close, group_by=True), np.array([scenario.capital])
    portfolio = vectorbt.Portfolio(wrapper, close, records, np.empty(0, log_dt), capital, cash_sharing=True)
    gains = (carried[:, 0] - carried[:, 1]).cumsum()
    diary = pd.DataFrame({"worth": portfolio.value() + gains, "cash": portfolio.cash() + gains})
    diary[["interest_usd", "borrow_usd"]] = carried
    ruined = int(np.argmin(diary["worth"].to_numpy() > 0.0))  # the first, or 0 where none is
    check_solvent(float(diary["worth"].iloc[ruined]), sessions[ruined])
    return scenario.result(diary, portfolio.assets(), _trades(scenario, records), engine=ENGINE)


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
        }
    )
