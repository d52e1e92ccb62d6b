"""What one account can do, in the plain engine, against arithmetic done by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.errors import DataError, SpecError
from framework.simulation.engine import simulate
from framework.strategy.weights import TargetWeights
from framework.trading.costs import CostModel
from framework.trading.guard import Guards
from framework.trading.impact import impact_per_root_share
from framework.trading.venue import Venue
from framework.trading.volatility import VolatilityTarget

FREE = CostModel(commission_bps=0, half_spread_bps=0)


def sessions(count):
    return pd.bdate_range("2024-01-01", periods=count)


def one(*values):
    return pd.DataFrame({"A": values}, sessions(len(values)), dtype="f8")


def wanting(*weights, max_gross=3.0):
    return TargetWeights(one(*weights), max_gross=max_gross)


HOLD = np.nan


# --- where orders fill ------------------------------------------------------------------------------------------


def test_a_fill_at_the_mean_is_the_mean_of_the_next_sessions_four_prices():
    close = one(100.0, 120.0, 120.0)
    bars = Bars(close, open=one(100.0, 104.0, 1.0), high=one(100.0, 124.0, 200.0), low=one(100.0, 100.0, 1.0))
    result = simulate(wanting(1.0, HOLD, HOLD), bars, FREE, capital=1_120.0, fill_at="mean")
    assert result.trades["price"].tolist() == [112.0]
    assert result.positions["A"].tolist() == [0.0, 10.0, 10.0]  # 11.2 were wanted, cash pays for 10
    assert result.worth.tolist() == [1_120.0, 1_200.0, 1_200.0]


def test_a_fill_at_the_mean_is_refused_where_a_field_is_missing(three_days):
    with pytest.raises(SpecError, match="have open, close, and no high, low"):
        simulate(TargetWeights(three_days.close * 0.0), three_days, FREE, fill_at="mean")


def test_nothing_fills_in_a_halt_and_the_order_expires():
    bars = Bars(one(10.0, 10.0, 11.0, 12.0), volume=one(5.0, 0.0, 5.0, 5.0))
    once = simulate(wanting(1.0, HOLD, HOLD, HOLD), bars, FREE, capital=100.0)
    assert once.trades.empty
    again = simulate(wanting(1.0, 1.0, HOLD, HOLD), bars, FREE, capital=100.0)
    assert again.trades["session"].tolist() == [bars.sessions[2]]
    assert again.positions["A"].iloc[-1] == pytest.approx(
        100.0 / 11.0
    )  # 10 at the stale close; cash pays for less


def test_a_halted_holding_keeps_its_mark_and_cannot_be_sold():
    bars = Bars(one(10.0, 10.0, 10.0, 9.0), volume=one(5.0, 5.0, 0.0, 5.0))
    result = simulate(wanting(1.0, 0.0, 0.0, HOLD), bars, FREE, capital=100.0)
    assert result.positions["A"].tolist() == [0.0, 10.0, 10.0, 0.0]
    assert result.worth.tolist() == [100.0, 100.0, 100.0, 90.0]


def test_a_volume_that_is_always_zero_is_no_volume():
    bars = Bars(one(*[10.0] * 30), volume=one(*[0.0] * 30))
    with pytest.raises(DataError, match="A has a volume of zero in each of its 30 sessions"):
        simulate(wanting(*[1.0] * 30), bars, FREE)
    assert not simulate(wanting(*[1.0] * 30), replace(bars, volume=None), FREE).trades.empty


# --- impact -----------------------------------------------------------------------------------------------------


def test_an_order_pays_the_impact_of_its_own_size():
    rng = np.random.default_rng(0)
    close = one(*np.round(100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.02, 40))), 2))
    bars = Bars(close, volume=one(*rng.uniform(1e4, 2e4, 40)))
    weights = wanting(*[HOLD] * 30, 0.5, *[HOLD] * 9)
    costs = CostModel(commission_bps=0, half_spread_bps=10, impact=0.8)
    result = simulate(weights, bars, costs, capital=1e6)
    (trade,) = result.trades.itertuples()
    shares, mid = 5e5 / close["A"].iloc[30], close["A"].iloc[31]
    moved = 0.8 * impact_per_root_share(bars)[31, 0] * np.sqrt(shares)
    assert 0.001 < moved < 0.1
    assert (trade.quantity, trade.price) == pytest.approx((shares, mid * (1.001 + moved)), rel=1e-12)
    assert trade.impact_usd == pytest.approx(shares * mid * moved, rel=1e-9)
    assert result.costs_paid["impact"] == trade.impact_usd
    assert simulate(weights, bars, costs.times(2.0), capital=1e6).costs_paid["impact"] == pytest.approx(
        2.0 * trade.impact_usd, rel=1e-9
    )


def test_impact_needs_volume_and_without_a_past_nothing_trades(three_days):
    costs = CostModel(commission_bps=0, half_spread_bps=0, impact=1.0)
    weights = TargetWeights(three_days.close * 0.0 + 0.5)
    with pytest.raises(SpecError, match="no volume"):
        simulate(weights, three_days, costs)
    assert simulate(weights, replace(three_days, volume=three_days.close), costs).trades.empty


# --- dividends and splits ---------------------------------------------------------------------------------------


def test_a_dividend_goes_to_whoever_held_at_the_close_before():
    """Bought at 10 in the second session; 0.5 a share goes ex in the third, in which all is sold at 9.5."""
    bars = Bars(one(10.0, 10.0, 9.5, 9.5), dividend=one(0.0, 0.25, 0.5, 0.75))
    result = simulate(wanting(1.0, 0.0, HOLD, HOLD), bars, FREE, capital=100.0)
    assert result.dividends_usd.tolist() == [0.0, 0.0, 5.0, 0.0]
    assert result.worth.tolist() == [100.0, 100.0, 100.0, 100.0]
    assert result.cash.tolist() == [100.0, 0.0, 100.0, 100.0]


def test_a_short_pays_the_dividend():
    bars = Bars(one(10.0, 10.0, 9.5, 9.5), dividend=one(0.0, 0.0, 0.5, 0.0))
    result = simulate(wanting(-1.0, HOLD, HOLD, HOLD), bars, FREE, capital=100.0)
    assert result.dividends_usd.tolist() == [0.0, 0.0, -5.0, 0.0]
    assert result.worth.tolist() == [100.0, 100.0, 100.0, 100.0]


def test_a_split_changes_shares_and_waiting_orders_and_no_worth():
    """Two for one before the open of the third session, to which an order for 5 old shares waited."""
    bars = Bars(one(10.0, 10.0, 5.0, 6.0), split=one(1.0, 1.0, 2.0, 1.0))
    result = simulate(wanting(0.5, 1.0, HOLD, HOLD), bars, FREE, capital=100.0)
    assert result.positions["A"].tolist() == [0.0, 5.0, 20.0, 20.0]
    assert result.trades["quantity"].tolist() == [5.0, 10.0]
    assert result.worth.tolist() == [100.0, 100.0, 100.0, 120.0]


def test_a_split_of_whole_shares_pays_the_fraction_in_cash():
    """Three for two of 5 shares at 10: 7 of 6 USD, and half a share for 3 USD."""
    bars = Bars(one(10.0, 10.0, 6.0), split=one(1.0, 1.0, 1.5))
    result = simulate(wanting(0.5, HOLD, HOLD), bars, FREE, capital=100.0, whole_shares=True)
    assert result.positions["A"].tolist() == [0.0, 5.0, 7.0]
    assert result.dividends_usd.tolist() == [0.0, 0.0, 3.0]
    assert result.worth.tolist() == [100.0, 100.0, 50.0 + 42.0 + 3.0]


def test_raw_bars_with_their_actions_are_worth_what_adjusted_bars_are():
    """Dividends reinvested at the close: a holder of all ends where the total return index does."""
    rng = np.random.default_rng(3)
    split, paid = np.ones(30), np.zeros(30)
    split[[8, 20]], paid[[5, 12, 25]] = (2.0, 0.5), (0.3, 0.2, 0.4)
    raw = 20.0 * np.exp(np.cumsum(rng.normal(0.0, 0.02, 30))) / np.cumprod(split)
    bars = Bars(one(*raw), dividend=one(*paid), split=one(*split))
    growth = (raw[1:] + paid[1:]) * split[1:] / raw[:-1]
    adjusted = Bars(one(*(10.0 * np.cumprod([1.0, *growth]))))
    both = (simulate(wanting(*[1.0] * 30), each, FREE, size_at="fill") for each in (bars, adjusted))
    actual, expected = (result.worth.to_numpy() for result in both)
    assert len(np.unique(expected)) == 29
    # A dividend is cash for a session before it is owned again: it misses that session's move, and no more.
    np.testing.assert_allclose(actual, expected, rtol=5e-3)
    bare = simulate(wanting(*[1.0] * 30), Bars(bars.close), FREE, size_at="fill").worth.to_numpy()
    assert abs(bare[-1] / expected[-1] - 1.0) > 0.03


# --- rules of a venue -------------------------------------------------------------------------------------------


def test_a_band_lets_positions_drift_and_trades_less(make_bars, make_weights):
    bars = make_bars(0)
    weights = TargetWeights(make_weights(0, bars).frame * 0.0 + 0.25)
    narrow, wide = (simulate(weights, bars, FREE, venue=Venue(band=band)) for band in (0.0, 0.02))
    assert 0 < len(wide.trades) < len(narrow.trades) / 3
    held = wide.positions.mul(bars.close).div(wide.worth, axis=0).iloc[3:]
    assert (held - 0.25).abs().max().max() > 0.01


def test_whole_shares_and_lots_of_one_are_the_same_account(make_bars, make_weights):
    bars = make_bars(0)
    weights = make_weights(0, bars, short=True)
    short, long = (
        simulate(weights, bars, FREE, **asked)
        for asked in ({"whole_shares": True}, {"venue": Venue(lot=1.0)})
    )
    assert short.content_hash == long.content_hash


# --- guards -----------------------------------------------------------------------------------------------------


def test_a_stop_looks_at_a_close_and_sells_in_the_next_session():
    """Bought at 100; the close of 89 breaks the stop of 10 %, the open after it is 80, and that is the price."""
    close = one(100.0, 100.0, 89.0, 95.0, 95.0)
    bars = Bars(close, open=one(100.0, 100.0, 85.0, 80.0, 95.0))
    result = simulate(
        wanting(1.0, HOLD, HOLD, HOLD, HOLD), bars, FREE, capital=1_000.0, guards=Guards(stop_loss=0.1)
    )
    assert result.trades["price"].tolist() == [100.0, 80.0]
    assert result.trades["decided"].tolist() == [bars.sessions[0], bars.sessions[2]]
    assert result.worth.tolist() == [1_000.0, 1_000.0, 890.0, 800.0, 800.0]


def test_after_a_stop_the_symbol_is_out_until_the_wish_changed():
    bars = Bars(one(100.0, 100.0, 80.0, 80.0, 80.0, 80.0, 80.0, 80.0))
    wishes = wanting(1.0, 1.0, 1.0, 1.0, 0.0, 0.5, HOLD, HOLD)
    result = simulate(wishes, bars, FREE, capital=1_000.0, guards=Guards(stop_loss=0.1))
    assert result.positions["A"].tolist() == pytest.approx([0.0, 10.0, 10.0, 0.0, 0.0, 0.0, 5.0, 5.0])


def test_a_stopped_short_is_bought_back_and_a_flip_is_followed():
    bars = Bars(one(100.0, 100.0, 120.0, 120.0, 130.0))
    stopped = simulate(
        wanting(-0.5, HOLD, HOLD, HOLD, HOLD), bars, FREE, capital=1_000.0, guards=Guards(stop_loss=0.1)
    )
    assert stopped.positions["A"].tolist() == [0.0, -5.0, -5.0, 0.0, 0.0]
    assert stopped.worth.iloc[-1] == 900.0
    flipped = simulate(
        wanting(-0.5, HOLD, 0.6, HOLD, HOLD), bars, FREE, capital=1_000.0, guards=Guards(stop_loss=0.1)
    )
    assert flipped.positions["A"].tolist() == pytest.approx([0.0, -5.0, -5.0, 4.5, 4.5])  # 0.6 * 900 / 120


def test_a_stop_that_could_not_trade_is_tried_again():
    bars = Bars(one(100.0, 100.0, 80.0, 95.0, 96.0), volume=one(9.0, 9.0, 9.0, 0.0, 9.0))
    result = simulate(
        wanting(1.0, HOLD, HOLD, HOLD, HOLD), bars, FREE, capital=1_000.0, guards=Guards(stop_loss=0.1)
    )
    assert result.positions["A"].tolist() == [0.0, 10.0, 10.0, 10.0, 0.0]
    assert result.trades["price"].tolist() == [100.0, 96.0]


def test_one_symbols_stop_leaves_the_others_as_they_are():
    close = pd.DataFrame({"A": [100.0, 100.0, 80.0, 80.0], "B": [10.0, 10.0, 11.0, 12.0]}, sessions(4))
    weights = TargetWeights(pd.DataFrame([[0.5, 0.5], *[[HOLD] * 2] * 3], sessions(4), ["A", "B"]))
    result = simulate(weights, Bars(close), FREE, capital=1_000.0, guards=Guards(stop_loss=0.1))
    assert result.positions.to_numpy().tolist() == [[0.0, 0.0], [5.0, 50.0], [5.0, 50.0], [0.0, 50.0]]


def test_a_time_stop_holds_for_as_many_closes_and_a_kill_switch_ends_all_guards():
    bars = Bars(one(*[100.0] * 6))
    result = simulate(wanting(1.0, *[HOLD] * 5), bars, FREE, capital=1_000.0, guards=Guards(time_stop=2))
    assert result.positions["A"].tolist() == [0.0, 10.0, 10.0, 0.0, 0.0, 0.0]


def test_a_target_of_volatility_scales_what_is_decided():
    rng = np.random.default_rng(1)
    bars = Bars(one(*(100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.02, 400))))))
    target = Guards(volatility=VolatilityTarget(per_year=0.1, sessions=40, max_gross=2.0))
    wild, tamed = (simulate(wanting(*[1.0] * 400), bars, FREE, guards=guards) for guards in (None, target))
    assert wild.returns.iloc[41:].std() * np.sqrt(252.0) > 0.25
    assert tamed.returns.iloc[41:].std() * np.sqrt(252.0) == pytest.approx(0.1, rel=0.1)
    assert (tamed.weights.frame == 1.0).all(axis=None)  # what was asked for stays what it was
