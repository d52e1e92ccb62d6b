"""Laws that hold for every backtest, on generated accounts: long and short, whole and fractional, with gaps."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from framework.data.bars import Bars
from framework.simulation.engine import simulate
from framework.strategy.weights import TargetWeights
from framework.trading.costs import CostModel

COSTS = CostModel(commission_bps=3, half_spread_bps=5, borrow_rate_per_year=0.02, cash_rate_per_year=0.04)
SEEDS = st.integers(0, 2**32 - 1)
SETTINGS = st.fixed_dictionaries(
    {
        "whole_shares": st.booleans(),
        "fill_at": st.sampled_from(["open", "close"]),
        "size_at": st.sampled_from(["decision", "fill"]),
    }
)
laws = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@laws
@given(SEEDS, SETTINGS)
def test_cash_and_shares_are_conserved(make_bars, make_weights, seed, asked):
    bars = make_bars(seed, lives=True)
    result = simulate(make_weights(seed, bars, gross=1.5, short=True), bars, COSTS, **asked)
    assert len(result.trades) > 10
    trades = result.trades.assign(flow=lambda t: -t["quantity"] * t["price"] - t["commission_usd"])
    flows = trades.groupby("session")["flow"].sum().reindex(bars.sessions, fill_value=0.0)
    cash = 100_000.0 + (flows + result.interest_usd - result.borrow_usd).cumsum()
    shares = trades.pivot_table(index="session", columns="symbol", values="quantity", aggfunc="sum")
    positions = shares.reindex(index=bars.sessions, columns=list(bars.symbols)).fillna(0.0).cumsum()
    np.testing.assert_allclose(result.cash, cash, rtol=0.0, atol=1e-7)
    np.testing.assert_allclose(result.positions, positions, rtol=0.0, atol=1e-8)
    marked = (result.positions * bars.close.ffill().fillna(0.0)).sum(axis=1) + result.cash
    np.testing.assert_allclose(result.worth, marked, rtol=1e-13)


@laws
@given(SEEDS, SETTINGS)
def test_an_account_that_does_not_plan_to_borrow_never_has_negative_cash(
    make_bars, make_weights, seed, asked
):
    bars = make_bars(seed, lives=True)
    result = simulate(make_weights(seed, bars), bars, COSTS, **asked)
    assert not result.trades.empty
    assert result.cash.min() >= 0.0


@laws
@given(SEEDS, st.integers(-10, 10), st.sampled_from(["decision", "fill"]))
def test_twice_the_capital_is_twice_the_worth(make_bars, make_weights, seed, power, size_at):
    bars = make_bars(seed, lives=True)
    weights = make_weights(seed, bars, gross=1.5, short=True)
    small, large = (
        simulate(weights, bars, COSTS, capital=capital, size_at=size_at)
        for capital in (1_000.0, 1_000.0 * 2.0**power)
    )
    assert (large.worth == small.worth * 2.0**power).all()  # a power of two scales every float exactly


@laws
@given(SEEDS, SETTINGS)
def test_the_order_of_the_symbols_does_not_change_a_bit(make_bars, make_weights, seed, asked):
    bars = make_bars(seed, lives=True)
    weights = make_weights(seed, bars, gross=1.5, short=True)
    backwards = list(bars.symbols)[::-1]
    turned = Bars(bars.close[backwards], open=bars.open[backwards])
    turned_weights = TargetWeights(weights.frame[backwards], max_gross=weights.max_gross)
    one, two = (simulate(w, b, COSTS, **asked) for w, b in ((weights, bars), (turned_weights, turned)))
    assert one.worth.to_list() == two.worth.to_list()


@laws
@given(SEEDS, SETTINGS, st.integers(1, 39))
def test_later_bars_do_not_change_the_past(make_bars, make_weights, seed, asked, cut):
    bars = make_bars(seed)
    weights = make_weights(seed, bars, gross=1.5, short=True)
    last = bars.sessions[cut - 1]
    past = TargetWeights(weights.frame.loc[:last], max_gross=weights.max_gross)
    short, full = (simulate(w, b, COSTS, **asked) for w, b in ((past, bars.until(last)), (weights, bars)))
    assert short.worth.to_list() == full.worth.loc[:last].to_list()
    assert len(short.trades) == (full.trades["session"] <= last).sum()


@laws
@given(SEEDS, SETTINGS)
def test_weights_of_zero_do_nothing(make_bars, make_weights, seed, asked):
    bars = make_bars(seed, lives=True)
    weights = TargetWeights(make_weights(seed, bars).frame * 0.0)
    result = simulate(weights, bars, COSTS.times(50.0), **asked)
    assert result.trades.empty
    assert result.worth.iloc[0] == 100_000.0
    assert (result.positions == 0.0).all(axis=None)


@laws
@given(SEEDS)
def test_whole_share_accounts_hold_whole_shares(make_bars, make_weights, seed):
    bars = make_bars(seed, lives=True)
    result = simulate(make_weights(seed, bars, gross=1.5, short=True), bars, COSTS, whole_shares=True)
    assert (result.positions == result.positions.round()).all(axis=None)


@laws
@given(SEEDS)
def test_buying_once_without_costs_earns_the_price_relative(make_bars, seed):
    bars = make_bars(seed, symbols=1)
    weights = TargetWeights(pd.DataFrame({"S0": [1.0] + [np.nan] * 39}, bars.sessions))
    free = CostModel(commission_bps=0, half_spread_bps=0)
    result = simulate(weights, bars, free, size_at="fill", capital=1.0)
    relative = bars.close["S0"] / bars.open["S0"].iloc[1]
    assert result.worth.iloc[1:].to_list() == pytest.approx(relative.iloc[1:].to_list(), rel=1e-14)
