"""Accounts of one symbol under any weights: the replay's, to 1e-9 of capital, trades exact."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from framework.errors import SimulationError
from framework.simulation.banked import Market
from framework.simulation.columns import only
from framework.simulation.compiled import simulate
from framework.simulation.singles import follow
from framework.strategy.weights import TargetWeights
from framework.trading.costs import CostModel

RATES = st.sampled_from([0.0, 0.03, 0.3])
BPS = st.sampled_from([0.0, 1.0, 40.0])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_column_is_the_account_that_the_replay_gives(data, make_bars):
    seed = data.draw(st.integers(0, 10_000))
    bars = make_bars(seed, sessions=60, symbols=2, opens=data.draw(st.booleans()))
    costs = CostModel(
        commission_bps=data.draw(BPS),
        half_spread_bps=data.draw(BPS),
        borrow_rate_per_year=data.draw(RATES),
        cash_rate_per_year=data.draw(RATES),
    )
    asked = {
        "capital": data.draw(st.sampled_from([50.0, 123_456.78])),
        "fill_at": "open" if bars.has("open") else "close",
        "size_at": data.draw(st.sampled_from(["decision", "fill"])),
    }
    rng = np.random.default_rng(seed)
    most = data.draw(st.sampled_from([1.0, 2.5]))
    wanted = rng.choice([0.0, 1.0, -1.0, 0.37, most], (60, 2)) * rng.choice([1.0, 1.0, 0.5], (60, 2))
    wanted[rng.random((60, 2)) < data.draw(st.sampled_from([0.0, 0.5, 0.9]))] = np.nan
    market = Market(bars, costs, asked)
    assert market.obstacle == ""
    state = market.opened(2)
    follow(wanted, market.closes, market.quotes, market.rates, state)
    for column, symbol in enumerate(bars.symbols):
        alone = only(bars, symbol)
        weights = TargetWeights(alone.close * 0.0 + wanted[:, [column]], max_gross=most)
        worth, trades = state[column, 2], state[column, 9]
        try:
            result = simulate(weights, alone, costs, **asked)
        except SimulationError:
            assert worth <= 0.0, "the replay was ruined, and the column was not"
            continue
        assert trades == len(result.trades)
        assert worth == pytest.approx(result.worth.iloc[-1], abs=1e-9 * asked["capital"])
        deepest = (result.worth / result.worth.cummax()).min()
        assert state[column, 4] == pytest.approx(deepest, abs=1e-9)
        assert state[column, 11] == pytest.approx(result.costs_paid.sum(), abs=1e-9 * asked["capital"])


def test_a_ruined_account_stops(make_bars):
    bars = make_bars(2, sessions=80, symbols=1)
    falling = bars.close.iloc[0, 0] * 3.0 ** np.arange(80.0)[:, None]
    market = Market(
        type(bars)(bars.close * 0.0 + falling),
        CostModel(commission_bps=0, half_spread_bps=0),
        {"capital": 100.0, "fill_at": "close", "size_at": "fill"},
    )
    state = market.opened(1)
    follow(np.full((80, 1), -1.0), market.closes, market.quotes, market.rates, state)
    assert state[0, 2] <= 0.0
