"""A result as vectorbt knows it: its ``Portfolio``, for its plots and records.

Importing this module imports vectorbt, through the bridge.
"""

from typing import Any

import numpy as np

from framework.errors import SimulationError
from framework.simulation.result import BacktestResult
from framework.simulation.scenario import Scenario
from framework.simulation.vectorbt_bridge import check_followed, portfolio, replayed, switched_off


def portfolio_of(result: BacktestResult) -> Any:
    """The account as a ``vectorbt.Portfolio``, for vectorbt's plots and records: replayed from the weights by vectorbt.

    Its worth is that of `result` to 1e-9 of the capital, its order records have the same sessions, symbols and sizes.
    It shares its cash in one group, named after this engine and its version. Say ``year_freq="252 days"`` where
    vectorbt annualises: its own year has 365, whatever the sessions.

    Raises
    ------
    SimulationError
        The kill switch fired, stops, impact or splits were asked for; interest, borrow fees or dividends were paid,
        which a ``Portfolio`` has no place for; or the two worths differ.
    """
    if result.killed_at is not None:
        raise switched_off(result.killed_at)
    scenario = scenario_of(result)
    check_followed(scenario)
    records, carried = replayed(scenario)
    if np.abs(carried).max() > 0.0:
        raise SimulationError(
            f"The account was paid or paid {np.abs(carried).sum():,.2f} USD of interest, borrow fees and dividends.",
            "A vectorbt Portfolio knows orders and closes, and nothing that is paid beside them.",
            "Set both rates to 0.0 and use adjusted prices, or draw the result itself: it shows in a notebook.",
        )
    account = portfolio(scenario, records)
    apart = float((account.value() - result.worth).abs().max()) / result.capital
    if not apart <= 1e-9 or len(records) != len(result.trades):
        raise SimulationError(
            f"vectorbt comes to another account: {apart:.1e} of the capital apart, {len(records):,} orders and"
            f" {len(result.trades):,} trades.",
            "A portfolio shows the same account, to 1e-9 of the capital.",
            "Use the result itself, and report the case.",
        )
    return account


def scenario_of(result: BacktestResult) -> Scenario:
    """What was asked of the engine, without the kill switch: where it did not fire it changed nothing."""
    return Scenario(
        weights=result.weights,
        bars=result.bars,
        costs=result.costs,
        capital=result.capital,
        fill_at=result.fill_at,
        size_at=result.size_at,
        whole_shares=result.whole_shares,
        kill_switch=None,
        venue=result.venue,
        guards=result.guards,
    )
