import math
from math import fsum

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.errors import SpecError
from framework.trading.costs import CostModel
from framework.trading.fills import cash_after, cash_floor, fill
from framework.trading.orders import Order
from framework.trading.venue import Venue

WHOLE = Venue(lot=1.0)
DAY, NEXT = pd.Timestamp("2024-01-02"), pd.Timestamp("2024-01-03")
FREE = CostModel(commission_bps=0, half_spread_bps=0)
DEAR = CostModel(commission_bps=10, half_spread_bps=20)


def an_order(symbol, quantity, reference_price, limit=None):
    return Order(symbol=symbol, quantity=quantity, reference_price=reference_price, session=DAY, limit=limit)


def test_a_purchase_pays_the_half_spread_and_the_commission():
    (done,) = fill([an_order("A", 5.0, 100.0)], session=NEXT, prices={"A": 110.0}, cash=1_000.0, costs=DEAR)
    assert done.price == pytest.approx(110.22, rel=1e-15)
    assert done.spread_usd == pytest.approx(5 * 0.22, rel=1e-12)
    assert done.commission_usd == pytest.approx(5 * 110.22 * 0.001, rel=1e-15)
    assert cash_after(1_000.0, [done]) == pytest.approx(1_000.0 - 551.1 - 0.5511, rel=1e-15)
    assert (done.session, done.order.session) == (NEXT, DAY)


def test_a_sale_gets_the_half_spread_less():
    (done,) = fill([an_order("A", -5.0, 100.0)], session=NEXT, prices={"A": 110.0}, cash=0.0, costs=DEAR)
    assert done.price == pytest.approx(109.78, rel=1e-15)
    assert cash_after(0.0, [done]) == pytest.approx(548.9 - 0.5489, rel=1e-15)


def test_sales_pay_for_purchases():
    orders = [an_order("B", 10.0, 10.0), an_order("A", -1.0, 100.0)]
    sale, purchase = fill(orders, session=NEXT, prices={"A": 100.0, "B": 10.0}, cash=0.0, costs=FREE)
    assert (sale.order.symbol, purchase.quantity) == ("A", 10.0)


def test_purchases_share_what_cash_there_is_pro_rata():
    orders = [an_order("A", 6.0, 100.0), an_order("B", 40.0, 10.0)]
    first, second = fill(orders, session=NEXT, prices={"A": 125.0, "B": 12.5}, cash=1_000.0, costs=FREE)
    assert first.quantity == pytest.approx(4.8, rel=1e-15)
    assert second.quantity == pytest.approx(32.0, rel=1e-15)


def test_whole_shares_are_cut_to_whole_shares():
    orders = [an_order("A", 6.0, 100.0), an_order("B", 40.0, 10.0)]
    fills = fill(orders, session=NEXT, prices={"A": 125.0, "B": 12.5}, cash=1_000.0, costs=FREE, venue=WHOLE)
    assert [done.quantity for done in fills] == [4.0, 32.0]


def test_lots_are_cut_to_lots_and_what_is_left_below_the_least_value_is_not_bought():
    orders = [an_order("A", 60.0, 10.0), an_order("B", 40.0, 10.0)]  # 1,250 USD with 1,000: 80 % of each
    asked = {"session": NEXT, "prices": {"A": 12.5, "B": 12.5}, "cash": 1_000.0, "costs": FREE}
    lots = fill(orders, venue=Venue(lot=10.0), **asked)
    assert [done.quantity for done in lots] == [40.0, 30.0]
    least = fill(orders, venue=Venue(minimum_usd=500.0), **asked)
    assert [done.quantity for done in least] == [48.0, 0.0]  # 600 USD, and 400


def test_impact_grows_with_the_root_of_the_shares_and_is_a_cost_of_its_own():
    """Coefficient 0.5, 0.002 a root share, 100 shares: 0.5 * 0.002 * 10 = 1 % of the mid, beside 20 bps of spread."""
    costs = CostModel(commission_bps=0, half_spread_bps=20, impact=0.5)
    orders = [an_order("A", 100.0, 10.0), an_order("B", -100.0, 10.0)]
    asked = {"session": NEXT, "prices": {"A": 10.0, "B": 10.0}, "cash": 5_000.0, "costs": costs}
    sale, purchase = fill(orders, impacts={"A": 0.002, "B": 0.002}, **asked)
    assert (purchase.price, sale.price) == pytest.approx((10.12, 9.88), rel=1e-12)
    for done in (sale, purchase):
        assert (done.spread_usd, done.impact_usd) == pytest.approx((2.0, 10.0), rel=1e-12)
    quarter = fill([an_order("A", 25.0, 10.0)], impacts={"A": 0.002}, **asked)[0]
    assert quarter.price == pytest.approx(
        10.0 * 1.007, rel=1e-12
    )  # a quarter of the shares moves half as far


def test_an_order_whose_impact_is_unknown_expires_and_a_price_is_never_below_zero():
    costs = CostModel(commission_bps=1, half_spread_bps=2, impact=1.0)
    orders = [an_order("A", -5.0, 10.0), an_order("B", -400.0, 10.0)]
    asked = {"session": NEXT, "prices": {"A": 10.0, "B": 10.0}, "cash": 0.0, "costs": costs}
    unknown, huge = fill(orders, impacts={"B": 0.1}, **asked)
    assert (unknown.quantity, unknown.impact_usd) == (0.0, 0.0)
    assert (huge.quantity, huge.price) == (-400.0, 0.0)
    assert huge.spread_usd + huge.impact_usd == pytest.approx(4_000.0, rel=1e-12)
    with pytest.raises(SpecError, match=r"impact of 1\.0"):
        fill(orders, **asked)


def test_borrowing_goes_as_far_as_it_was_planned_and_no_further():
    orders = [an_order("A", 15.0, 100.0)]  # 1,500 USD with 1,000 USD: 500 USD are borrowed on purpose
    assert cash_floor(1_000.0, orders) == -500.0
    (done,) = fill(orders, session=NEXT, prices={"A": 120.0}, cash=1_000.0, costs=FREE)
    assert done.quantity == pytest.approx(12.5, rel=1e-15)
    assert cash_after(1_000.0, [done]) >= -500.0


def test_rounding_in_the_plan_is_not_a_plan_to_borrow():
    assert cash_floor(1_000.0, [an_order("A", 10.000000000001, 100.0)]) == 0.0


def test_a_purchase_larger_than_an_overdrawn_account_allows_gets_nothing():
    orders = [an_order("A", 1.0, 100.0), an_order("B", -20.0, 10.0)]
    sale, purchase = fill(orders, session=NEXT, prices={"A": 100.0, "B": 1.0}, cash=-50.0, costs=FREE)
    assert (sale.quantity, purchase.quantity) == (-20.0, 0.0)


@pytest.mark.parametrize("prices", [{"A": math.nan, "B": 10.0}, {"B": 10.0}])
@pytest.mark.parametrize("quantity", [5.0, -5.0])
def test_an_order_without_a_price_expires(prices, quantity):
    orders = [an_order("A", quantity, 100.0), an_order("B", 1.0, 10.0)]
    fills = {
        done.order.symbol: done for done in fill(orders, session=NEXT, prices=prices, cash=50.0, costs=DEAR)
    }
    assert (fills["A"].quantity, fills["A"].commission_usd, fills["A"].spread_usd) == (0.0, 0.0, 0.0)
    assert fills["B"].quantity == 1.0


@pytest.mark.parametrize(
    ("quantity", "limit", "filled"), [(1.0, 99.0, 0.0), (1.0, 100.2, 1.0), (-1.0, 100.0, 0.0)]
)
def test_a_limit_is_compared_with_the_price_that_is_paid(quantity, limit, filled):
    order = an_order("A", quantity, 100.0, limit=limit)
    (done,) = fill([order], session=NEXT, prices={"A": 100.0}, cash=1_000.0, costs=DEAR)
    assert done.quantity == filled


def test_no_orders_no_fills():
    assert fill([], session=NEXT, prices={}, cash=0.0, costs=DEAR) == ()


def test_prices_may_be_a_series():
    orders = [an_order("A", 1 / 3, 100.0)]
    plain = fill(orders, session=NEXT, prices={"A": 101.1}, cash=1e3, costs=DEAR)
    assert fill(orders, session=NEXT, prices=pd.Series({"A": 101.1}), cash=1e3, costs=DEAR) == plain


money = st.floats(0.01, 1e6)
baskets = st.lists(st.tuples(st.floats(-1e4, 1e4).filter(lambda q: abs(q) > 1e-6), money, money), max_size=6)


@settings(max_examples=300, deadline=None)
@given(baskets, st.floats(0.0, 1e7), st.floats(0.0, 100.0), st.floats(0.0, 100.0), st.booleans())
def test_purchases_never_take_cash_below_the_floor_by_a_single_bit(basket, cash, commission, spread, whole):
    costs = CostModel(commission_bps=commission, half_spread_bps=spread)
    orders = [
        an_order(str(i), float(int(quantity)) if whole else quantity, reference)
        for i, (quantity, reference, _) in enumerate(basket)
    ]
    prices = {str(i): price for i, (_, _, price) in enumerate(basket)}
    fills = fill(
        orders, session=NEXT, prices=prices, cash=cash, costs=costs, venue=Venue.of(None, whole_shares=whole)
    )
    lowest = cash_floor(cash, orders)
    assert cash_after(cash, fills) >= lowest
    for done in fills:
        assert abs(done.quantity) <= abs(done.order.quantity)
        assert not whole or done.quantity == int(done.quantity)
    sold = fsum(done.cash_flow_usd for done in fills if done.quantity < 0.0)
    short = fsum(done.order.quantity - done.quantity for done in fills)
    if short > 0.0 and not whole:  # what was cut was cut for cash, and all of the cash was used
        assert cash_after(cash, fills) - lowest <= 1e-9 * (cash + abs(sold) + abs(lowest) + 1.0)
