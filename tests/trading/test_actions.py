import pandas as pd
import pytest

from framework.trading.actions import dividends_usd, split_holdings, split_orders
from framework.trading.orders import Order
from framework.trading.venue import ANYWHERE, Venue

DAY = pd.Timestamp("2024-01-02")
WHOLE = Venue(lot=1.0)


def test_a_split_multiplies_the_shares_and_leaves_those_of_others():
    assert split_holdings({"A": 10.0, "B": -4.0}, {"A": 1.5}) == {"A": 15.0, "B": -4.0}
    assert split_holdings({"A": 5.0, "B": -5.0}, {"A": 1.5, "B": 1.5}, venue=WHOLE) == {"A": 7.0, "B": -7.0}


def test_a_waiting_order_is_for_as_much_value_as_before():
    order = Order(symbol="A", quantity=4.0, reference_price=100.0, session=DAY, limit=110.0)
    (split,) = split_orders([order], {"A": 2.0})
    assert (split.quantity, split.reference_price, split.limit) == (8.0, 50.0, 55.0)
    assert split_orders([order], {"B": 2.0}) == (order,)


def test_an_order_that_closes_still_closes_after_a_split_into_fractions():
    order = Order(symbol="A", quantity=-5.0, reference_price=100.0, session=DAY)
    (split,) = split_orders([order], {"A": 1.5}, venue=WHOLE)
    assert split_holdings({"A": 5.0}, {"A": 1.5}, venue=WHOLE)["A"] + split.quantity == 0.0


def test_holders_receive_dividends_and_shorts_pay_them():
    paid = dividends_usd({"A": 10.0, "B": -4.0, "C": 7.0}, {}, {"A": 0.5, "B": 2.0}, {}, venue=ANYWHERE)
    assert paid == 10.0 * 0.5 - 4.0 * 2.0


def test_a_dividend_is_paid_on_the_shares_after_the_split_of_its_session():
    assert dividends_usd({"A": 10.0}, {"A": 2.0}, {"A": 0.5}, {"A": 50.0}) == 10.0


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_fractions_of_shares_are_settled_in_cash_where_only_whole_ones_trade(sign):
    """Three for two of 5 shares is 7 and a half one, at 60: 30 USD."""
    assert dividends_usd({"A": 5.0 * sign}, {"A": 1.5}, {}, {"A": 60.0}, venue=WHOLE) == 30.0 * sign
    assert dividends_usd({"A": 5.0 * sign}, {"A": 1.5}, {}, {"A": 60.0}) == 0.0
