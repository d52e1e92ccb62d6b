import math

import pandas as pd
import pytest

from framework.errors import BadWeights
from framework.trading.rebalance import DUST, closing, rebalance
from framework.trading.venue import ANYWHERE, Venue

DAY = pd.Timestamp("2024-01-02")
WHOLE = Venue(lot=1.0)


def quantities(target, *, holdings=None, prices=None, equity=1_000.0, venue=ANYWHERE):
    orders = rebalance(
        target,
        session=DAY,
        holdings=holdings or {},
        prices=prices or {"A": 10.0, "B": 40.0, "C": 5.0},
        equity=equity,
        venue=venue,
    )
    return {order.symbol: order.quantity for order in orders}


def test_orders_are_the_difference_between_wanted_and_held():
    wanted = {"A": 0.5, "B": -0.2, "C": 0.0}
    assert quantities(wanted, holdings={"A": 20.0, "C": 3.0}) == {"B": -5.0, "C": -3.0, "A": 30.0}


def test_sales_are_listed_before_purchases():
    orders = quantities({"A": 0.5, "B": 0.0, "C": 0.3}, holdings={"B": 5.0, "C": 100.0})
    assert list(orders) == ["B", "C", "A"]


def test_a_series_is_taken_as_well_as_a_mapping():
    target, prices = pd.Series({"A": 0.5}), pd.Series({"A": 10.0})
    (order,) = rebalance(target, session=DAY, holdings=pd.Series({"A": 0.0}), prices=prices, equity=1_000.0)
    assert (order.symbol, order.quantity, order.reference_price, order.session) == ("A", 50.0, 10.0, DAY)


def test_a_row_of_nothing_but_nan_holds():
    assert quantities({"A": math.nan, "B": math.nan}, holdings={"A": 7.0}) == {}


def test_a_row_that_is_nan_in_part_is_refused():
    with pytest.raises(BadWeights, match="NaN for B only"):
        quantities({"A": 0.5, "B": math.nan})


def test_what_is_held_but_not_named_is_closed():
    assert quantities({"A": 0.0}, holdings={"C": 4.0}) == {"C": -4.0}


def test_a_symbol_without_a_close_gets_no_order():
    prices = {"A": 10.0, "B": math.nan}
    assert quantities({"A": 0.5, "B": 0.5, "C": 0.1}, holdings={"B": 3.0}, prices=prices) == {"A": 50.0}


@pytest.mark.parametrize(("weight", "shares"), [(0.999, 24.0), (-0.999, -24.0), (0.03, None)])
def test_whole_shares_are_truncated_toward_zero(weight, shares):
    assert quantities({"B": weight}, venue=WHOLE).get("B") == shares


def test_a_whole_position_is_truncated_not_the_order():
    assert quantities({"A": 0.083}, holdings={"A": 10.0}, venue=WHOLE) == {"A": -2.0}


def test_positions_are_multiples_of_the_lot_and_odd_lots_can_be_closed():
    lots = Venue(lot=20.0)
    assert quantities({"A": 0.5, "B": -0.9}, venue=lots) == {"A": 40.0, "B": -20.0}
    assert quantities({"A": 0.0}, holdings={"A": 33.0}, venue=lots) == {"A": -33.0}


def test_an_order_below_the_least_value_is_not_sent_nor_is_a_closing_one():
    least = Venue(minimum_usd=50.0)
    assert quantities({"A": 0.05, "B": 0.04}, venue=least) == {"A": 5.0}  # 50 USD, and 40 USD
    assert quantities({"A": 0.0, "B": 0.0}, holdings={"A": 4.0, "B": 2.0}, venue=least) == {"B": -2.0}


def test_the_band_leaves_small_drifts_alone_and_closes_what_is_not_wanted():
    """Of 1,000 USD, 20 shares of 10 are 20 %; 25 % are wanted: a drift of 5 %."""
    held, wide, narrow = {"A": 20.0}, Venue(band=0.06), Venue(band=0.05)
    assert quantities({"A": 0.25}, holdings=held, venue=wide) == {}
    assert quantities({"A": 0.25}, holdings=held, venue=narrow) == {"A": 5.0}  # not less than the band
    assert quantities({"A": 0.0}, holdings={"A": 1.0}, venue=wide) == {"A": -1.0}


def test_closing_leaves_everything_else_as_it_is():
    held = {"A": 5.0, "B": -2.0, "C": 1.0}
    orders = closing(["B", "A", "D"], session=DAY, holdings=held, prices={"A": 10.0, "B": 40.0})
    assert {order.symbol: order.quantity for order in orders} == {"A": -5.0, "B": 2.0}
    assert closing([], session=DAY, holdings=held, prices={}) == ()


def test_dust_is_not_traded():
    held = 50.0 * (1.0 + 0.5 * DUST)
    assert quantities({"A": 0.5}, holdings={"A": held}) == {}
    assert quantities({"A": 0.5}, holdings={"A": 50.0 * (1.0 + 4.0 * DUST)}) != {}


def test_a_closing_order_is_never_dust():
    assert quantities({"A": 0.0}, holdings={"A": 1e-15}) == {"A": -1e-15}


def test_an_account_with_nothing_to_move_closes_what_it_can():
    assert quantities({"A": 0.5, "B": 0.5}, holdings={"A": -2.0}, equity=0.0) == {"A": 2.0}


@pytest.mark.parametrize("equity", [-5.0, math.nan])
def test_an_account_without_equity_follows_no_weights(equity):
    with pytest.raises(BadWeights, match="Equity at 2024-01-02"):
        quantities({"A": 0.5}, equity=equity)


def test_the_run_that_decided_is_written_on_each_order():
    (order,) = rebalance(
        {"A": 1.0}, session=DAY, holdings={}, prices={"A": 10.0}, equity=100.0, run_id="2024-01-02/dual/1"
    )
    assert order.run_id == "2024-01-02/dual/1"
