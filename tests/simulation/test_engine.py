"""The plain engine against arithmetic done by hand, and against the time rule."""

import numpy as np
import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.errors import SimulationError
from framework.simulation.engine import simulate
from framework.strategy.weights import TargetWeights
from framework.trading.costs import CostModel
from framework.trading.fills import cash_after, fill
from framework.trading.guard import KillSwitch
from framework.trading.marking import carry, cash_after_carry, equity_usd, worth_usd
from framework.trading.rebalance import rebalance
from framework.trading.venue import Venue

FREE = CostModel(commission_bps=0, half_spread_bps=0)
DEAR = CostModel(commission_bps=10, half_spread_bps=20)
ALL = CostModel(commission_bps=1, half_spread_bps=2, borrow_rate_per_year=0.01, cash_rate_per_year=0.03)


def wanting(bars, rows):
    return TargetWeights(pd.DataFrame(rows, bars.sessions, list(bars.symbols)), max_gross=3.0)


HOLD = [np.nan, np.nan]


def test_weights_trade_at_the_next_open_and_are_marked_at_its_close(three_days):
    result = simulate(wanting(three_days, [[0.5, 0.0], HOLD, HOLD]), three_days, DEAR, capital=1_000.0)
    cash = (
        1_000.0 - 5 * 110.22 * 1.001
    )  # 5 shares from the close of 100, bought at 110 plus 20 bps, 10 bps on that
    assert result.worth.to_list() == pytest.approx([1_000.0, cash + 5 * 105.0, cash + 5 * 90.0], rel=1e-15)
    (trade,) = result.trades.itertuples(index=False)
    assert (trade.session, trade.decided) == (three_days.sessions[1], three_days.sessions[0])
    assert (trade.symbol, trade.quantity) == ("A", 5.0)
    assert (trade.price, trade.commission_usd, trade.spread_usd) == pytest.approx((110.22, 0.5511, 1.1))


def test_close_only_bars_trade_at_the_next_close(three_days):
    bars = Bars(three_days.close)
    result = simulate(wanting(bars, [[0.5, 0.0], HOLD, HOLD]), bars, FREE, capital=1_000.0)
    assert result.trades["price"].to_list() == [105.0]
    assert result.worth.to_list() == pytest.approx([1_000.0, 1_000.0, 1_000.0 - 5 * 15.0], rel=1e-15)


def test_sizing_at_the_fill_uses_the_fills_price(three_days):
    weights = wanting(three_days, [[0.55, 0.0], HOLD, HOLD])
    result = simulate(weights, three_days, FREE, capital=1_000.0, size_at="fill")
    assert result.positions["A"].to_list() == pytest.approx([0.0, 5.0, 5.0], rel=1e-15)


def test_the_last_rows_decision_waits_for_a_session_that_never_comes(three_days):
    result = simulate(wanting(three_days, [HOLD, HOLD, [1.0, 0.0]]), three_days, DEAR)
    assert result.trades.empty
    assert result.worth.to_list() == [100_000.0] * 3


def test_a_short_gains_what_the_price_loses_and_pays_to_borrow(three_days):
    costs = CostModel(commission_bps=0, half_spread_bps=0, borrow_rate_per_year=0.252)
    result = simulate(wanting(three_days, [[-0.5, 0.0], HOLD, HOLD]), three_days, costs, capital=1_000.0)
    fees = np.array([0.0, 5 * 105.0, 5 * 90.0]) * 0.001
    assert result.borrow_usd.to_list() == pytest.approx(fees.tolist(), rel=1e-15)
    sold = 1_000.0 + 5 * 110.0
    expected = [1_000.0, sold - 525.0 - fees[1], sold - 450.0 - fees[1] - fees[2]]
    assert result.worth.to_list() == pytest.approx(expected, rel=1e-15)


def test_cash_earns_from_the_second_session_on(three_days):
    costs = CostModel(commission_bps=0, half_spread_bps=0, cash_rate_per_year=0.252)
    result = simulate(wanting(three_days, [HOLD] * 3), three_days, costs, capital=1_000.0)
    assert result.worth.to_list() == pytest.approx([1_000.0, 1_001.0, 1_002.001], rel=1e-15)


def test_whole_shares_stay_whole_and_within_the_cash(three_days):
    weights = wanting(three_days, [[0.66, 0.34], HOLD, HOLD])  # 6 of A and 6 of B; A opens 10 % higher
    result = simulate(weights, three_days, FREE, capital=1_000.0, whole_shares=True)
    assert result.positions.iloc[1].to_dict() == {"A": 6.0, "B": 6.0}
    assert result.cash.iloc[1] == 1_000.0 - 660.0 - 300.0


def test_borrowing_happens_only_when_the_weights_ask_for_it(three_days):
    levered = simulate(wanting(three_days, [[1.5, 0.0], HOLD, HOLD]), three_days, FREE, capital=1_000.0)
    assert levered.cash.iloc[1] == pytest.approx(-500.0, rel=1e-15)
    plain = simulate(wanting(three_days, [[1.0, 0.0], HOLD, HOLD]), three_days, DEAR, capital=1_000.0)
    assert plain.cash.iloc[1] >= 0.0
    assert plain.cash.iloc[1] == pytest.approx(0.0, abs=1e-9)


def test_a_delisted_symbol_is_marked_at_its_last_close_and_cannot_be_sold(make_bars):
    bars = make_bars(3, sessions=12, symbols=2, lives=True)  # S1 ends with row 5, S0 begins with row 3
    rows = [[0.0, 1.0]] * 5 + [[0.0, 0.0]] * 7
    result = simulate(TargetWeights(pd.DataFrame(rows, bars.sessions, ["S0", "S1"])), bars, FREE)
    assert result.positions["S1"].iloc[-1] > 0.0
    assert (result.worth.iloc[5:] == result.worth.iloc[5]).all()


def test_what_is_stuck_in_a_delisted_symbol_pays_for_nothing(make_bars):
    bars = make_bars(3, sessions=12, symbols=2, lives=True)
    rows = [[0.0, 0.5]] * 5 + [[1.0, 0.0]] * 7  # S1 cannot be sold any more: only the other half moves
    result = simulate(TargetWeights(pd.DataFrame(rows, bars.sessions, ["S0", "S1"])), bars, FREE)
    assert result.positions["S0"].iloc[-1] > 0.0
    assert result.positions["S1"].iloc[-1] > 0.0
    assert result.cash.min() >= 0.0


def test_an_order_in_a_symbol_that_stops_trading_overnight_expires(make_bars):
    bars = make_bars(3, sessions=12, symbols=2, lives=True)
    rows = [HOLD] * 5 + [[0.0, 1.0]] + [HOLD] * 6  # decided at S1's last close
    result = simulate(TargetWeights(pd.DataFrame(rows, bars.sessions, ["S0", "S1"])), bars, DEAR)
    assert result.trades.empty


def test_a_ruined_account_stops_the_backtest(three_days):
    rising = Bars(pd.DataFrame({"A": [1.0, 1.0, 9.0]}, three_days.sessions))
    weights = TargetWeights(pd.DataFrame({"A": [-1.0, np.nan, np.nan]}, three_days.sessions))
    with pytest.raises(SimulationError, match="at the close of 2024-01-04"):
        simulate(weights, rising, FREE)


def a_crash():
    sessions = pd.bdate_range("2024-01-01", periods=6)
    close = pd.DataFrame({"A": [100.0, 100.0, 70.0, 140.0, 150.0, 160.0]}, sessions)
    return Bars(close), TargetWeights(pd.DataFrame({"A": [1.0, 1.0, 0.5, 0.0, 1.0, 0.0]}, sessions))


def test_the_kill_switch_cancels_and_holds_from_the_breach_on():
    bars, weights = a_crash()
    free = simulate(weights, bars, FREE)
    guarded = simulate(weights, bars, FREE, kill_switch=KillSwitch(limit=-0.25))
    assert guarded.killed_at == bars.sessions[2]
    assert guarded.trades["session"].max() <= bars.sessions[2] < free.trades["session"].max()
    assert (guarded.positions["A"].iloc[2:] == guarded.positions["A"].iloc[2]).all()
    pd.testing.assert_series_equal(guarded.worth.iloc[:3], free.worth.iloc[:3], check_exact=True)


def test_the_kill_switch_is_off_unless_asked_for():
    bars, weights = a_crash()
    assert simulate(weights, bars, FREE).killed_at is None


def test_a_switch_that_never_fires_changes_nothing():
    bars, weights = a_crash()
    guarded = simulate(weights, bars, FREE, kill_switch=KillSwitch(limit=-0.9))
    assert guarded.killed_at is None
    pd.testing.assert_series_equal(guarded.worth, simulate(weights, bars, FREE).worth, check_exact=True)


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_the_engine_is_the_public_functions_a_day_at_a_time_bit_for_bit(seed, whole, make_bars, make_weights):
    """The loop of a nightly run: pandas in, orders kept overnight, filled, carried, marked."""
    bars = make_bars(seed, lives=True)
    weights = make_weights(seed, bars, gross=1.5, short=True)
    result = simulate(weights, bars, ALL, whole_shares=whole)
    venue = Venue.of(None, whole_shares=whole)
    cash, held, waiting, worths = 100_000.0, pd.Series(0.0, list(bars.symbols)), (), []
    marks = bars.close.ffill()
    for row, session in enumerate(bars.sessions):
        quotes = bars.open.loc[session]
        fills = fill(waiting, session=session, prices=quotes, cash=cash, costs=ALL, venue=venue)
        cash = cash_after(cash, fills)
        for done in fills:
            held[done.order.symbol] += done.quantity
        if row:
            cash = cash_after_carry(cash, carry(cash, held, marks.loc[session], ALL))
        worths.append(worth_usd(cash, held, marks.loc[session]))
        waiting = rebalance(
            weights.at(session),
            session=session,
            holdings=held,
            prices=bars.close.loc[session],
            equity=equity_usd(cash, held, bars.close.loc[session], marks.loc[session]),
            venue=venue,
        )
    assert len(result.trades) > 50
    assert result.worth.to_list() == worths
    assert result.cash.iloc[-1] == cash
    assert result.positions.iloc[-1].to_dict() == held.to_dict()
