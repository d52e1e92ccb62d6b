"""Accounts by their trades against the replay, at tiles of any size: see also test_banked."""

import numpy as np
import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.simulation.compiled import simulate
from framework.simulation.crossings import by_trades
from framework.simulation.sides import no_changes
from framework.simulation.singles import by_bars
from framework.simulation.tiles import Account, Prices, Rates, blank_tile, describe
from framework.strategy.weights import TargetWeights
from framework.trading.costs import CostModel
from framework.trading.fills import PLANNED
from framework.trading.rebalance import DUST

COSTS = CostModel(commission_bps=3, half_spread_bps=5, cash_rate_per_year=0.04)
CAPITAL = 25_000.0


def invented(seed, sessions=300):
    rng = np.random.default_rng(seed)
    close = np.round(50.0 * np.exp(rng.normal(0.0, 0.03, sessions).cumsum()), 2)
    opens = np.round(np.concatenate([close[:1], close[:-1]]) * np.exp(rng.normal(0.0, 0.01, sessions)), 2)
    index = pd.bdate_range("2020-01-01", periods=sessions)
    return Bars(pd.DataFrame({"A": close}, index), open=pd.DataFrame({"A": opens}, index))


def account(side, bars, size, *, at_fill):
    """The account that is in where `side` says so, tile after tile."""
    rates = Rates(COSTS.commission, COSTS.half_spread, 0.04 / 252, 0.0, DUST, PLANNED, at_fill)
    prices = Prices(bars.close["A"].to_numpy(), bars.open["A"].to_numpy())
    state = np.array([[0.0, CAPITAL, CAPITAL, CAPITAL, 1.0, *[0.0] * 7]])
    tile, before = blank_tile(size), 0.0
    for first in range(1, len(bars), size):
        after = min(first + size, len(bars))
        run = side[first - 1 : after - 1]
        rows = np.flatnonzero(np.diff(run, prepend=before)).astype(np.int32)
        before = run[-1]
        describe(prices, rates, first, after, tile)
        none = no_changes(1, size)
        changes = none._replace(
            starts=np.array([0, len(rows)]), rows=rows, inside=np.array([before], np.uint8)
        )
        (by_trades if at_fill else by_bars)(changes, prices, rates, tile, first, after, state)
    return Account(*state[0])


@pytest.mark.parametrize("at_fill", [True, False])
@pytest.mark.parametrize("size", [512, 100, 3, 1])
def test_an_account_that_goes_in_and_out_is_the_replays(size, at_fill):
    for seed, turning in ((1, 0.1), (2, 0.5), (3, 0.01)):
        bars = invented(seed)
        side = (np.random.default_rng(seed).random(300) < turning).cumsum() % 2.0
        wanted = pd.DataFrame({"A": side}, bars.sessions)
        weights = TargetWeights(wanted.where(wanted != wanted.shift()))
        result = simulate(weights, bars, COSTS, capital=CAPITAL, size_at="fill" if at_fill else "decision")
        found = account(side, bars, size, at_fill=at_fill)
        assert found.trades == len(result.trades) > 0
        assert found.worth == pytest.approx(result.worth.iloc[-1], rel=1e-12)
        assert found.deepest == pytest.approx((result.worth / result.worth.cummax()).min(), rel=1e-12)
        assert found.traded_usd == pytest.approx(result.traded_usd.sum(), rel=1e-11)
        assert found.costs_usd == pytest.approx(result.costs_paid.sum(), rel=1e-11)
        excess = result.returns - 0.04 / 252
        powers = [(excess**power).sum() for power in (1, 2, 3, 4)]
        np.testing.assert_allclose(
            [found.first, found.second, found.third, found.fourth], powers, rtol=1e-9, atol=1e-15
        )
