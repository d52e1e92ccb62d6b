import hashlib

import numpy as np
import pandas as pd
import pytest

from framework.simulation.engine import simulate
from framework.simulation.result import TRADE_TYPES, trades_frame
from framework.strategy.weights import TargetWeights
from framework.trading.costs import CostModel

COSTS = CostModel(commission_bps=10, half_spread_bps=20, borrow_rate_per_year=0.252)


@pytest.fixture
def result(three_days):
    """Buys 5 A and sells short 4 B at the second open; holds."""
    rows = [[0.5, -0.2], [np.nan] * 2, [np.nan] * 2]
    weights = TargetWeights(pd.DataFrame(rows, three_days.sessions, ["A", "B"]))
    return simulate(weights, three_days, COSTS, capital=1_000.0)


def test_returns_leave_out_the_first_session(result):
    assert len(result.returns) == 2
    assert (1.0 + result.returns).prod() == pytest.approx(result.worth.iloc[-1] / 1_000.0, rel=1e-14)


def test_costs_paid_are_those_of_the_trades_and_of_borrowing(result):
    assert result.costs_paid.to_dict() == pytest.approx(
        {
            "commission": (5 * 110.22 + 4 * 49.9) * 0.001,
            "spread": 5 * 0.22 + 4 * 0.1,
            "impact": 0.0,
            "borrow": (4 * 50.0 + 4 * 60.0) * 0.001,
        },
        rel=1e-12,
    )


def test_worth_without_costs_differs_by_exactly_the_costs_paid(result, three_days):
    free = simulate(result.weights, three_days, COSTS.times(0.0), capital=1_000.0)
    assert free.worth.iloc[-1] - result.worth.iloc[-1] == pytest.approx(result.costs_paid.sum(), rel=1e-12)


def test_turnover_counts_both_sides_against_the_worth_before(result):
    assert result.turnover.to_list() == pytest.approx(
        [0.0, (5 * 110.22 + 4 * 49.9) / 1_000.0, 0.0], rel=1e-14
    )


def test_exposure_is_gross(result):
    worth = result.worth.iloc[1]
    assert result.exposure.to_list()[:2] == pytest.approx([0.0, (5 * 105.0 + 4 * 50.0) / worth], rel=1e-14)


def test_the_content_hash_is_that_of_the_bytes_of_worth(result):
    assert result.content_hash == hashlib.sha256(result.worth.to_numpy("<f8").tobytes()).hexdigest()


def test_a_result_cannot_be_written_to(result):
    with pytest.raises(ValueError, match="read-only"):
        result.worth.to_numpy()[0] = 2.0
    with pytest.raises(ValueError, match="read-only"):
        result.positions.iloc[0, 0] = 2.0


def test_its_repr_is_one_line(result):
    assert repr(result).startswith("BacktestResult(2024-01-02 .. 2024-01-04, 3 sessions, 1,000.00 -> ")
    assert "2 trades, plain" in repr(result)


def test_a_table_of_no_trades_has_its_columns_and_types():
    empty = trades_frame({name: [] for name in TRADE_TYPES})
    assert list(empty.columns) == list(TRADE_TYPES)
    assert empty["session"].dtype == "datetime64[ns]"
    assert empty["quantity"].dtype == "f8"
