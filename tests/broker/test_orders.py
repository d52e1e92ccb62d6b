"""What no venue could take is refused by name, and decimals never order more than was decided."""

from dataclasses import replace
from decimal import Decimal
from math import inf, nan

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.broker import client_id
from framework.broker._orders import LARGEST, Rules, check, check_cancel, steps, written
from framework.errors import OrderRefused
from framework.trading.orders import Order

ORDER = Order(symbol="KO", quantity=5.0, reference_price=60.0, session=pd.Timestamp("2024-03-14"))
ID = client_id("momentum", ORDER)
WHOLE = Rules(step=Decimal(1), tick=Decimal("0.01"))


@pytest.mark.parametrize("quantity", [0.0, -0.0, nan, inf, -inf])
def test_a_quantity_that_is_no_number_above_or_below_zero_is_refused(quantity):
    with pytest.raises(OrderRefused, match=rf"its quantity is {quantity!r}"):
        check("alpaca", replace(ORDER, quantity=quantity), ID)


@pytest.mark.parametrize("price", [0.0, -1.0, nan, inf])
def test_a_price_that_is_none_is_refused(price):
    with pytest.raises(OrderRefused, match="its prices are"):
        check("alpaca", replace(ORDER, reference_price=price), ID)
    with pytest.raises(OrderRefused, match="its prices are"):
        check("alpaca", replace(ORDER, limit=price), ID)


def test_a_value_that_must_be_a_mistake_is_refused():
    check("alpaca", replace(ORDER, quantity=LARGEST / 60.0), ID)
    with pytest.raises(OrderRefused, match=r"it is worth 60,000,000,000\..*No order of more than 5,000,000"):
        check("alpaca", replace(ORDER, quantity=-1e9), ID)


def test_an_id_of_another_making_is_refused():
    with pytest.raises(OrderRefused, match="not of our making"):
        check("alpaca", ORDER, "my-order")
    with pytest.raises(OrderRefused, match="Cancel it where it was placed"):
        check_cancel("alpaca", "my-order", "KO")
    check_cancel("alpaca", ID, "KO")


@pytest.mark.parametrize(
    ("quantity", "step", "size"),
    [
        (100.9, "1", "100"),
        (99.9999999999, "1", "100"),  # a float's rounding
        (0.1 + 0.2, "0.1", "0.3"),
        (0.3 - 0.1, "0.1", "0.2"),
        (1.23456789, "0.00001", "1.23456"),
        (7e-05, "0.00001", "0.00007"),
        (1e-30, "0.000000001", "0"),
    ],
)
def test_quantities_by_hand(quantity, step, size):
    assert steps(quantity, Decimal(step)) == Decimal(size)


@given(st.floats(1e-12, 1e9), st.sampled_from(["1", "0.1", "0.00001", "0.000000001", "100"]))
def test_the_cut_is_a_multiple_and_never_more_than_rounding_above(size, step):
    cut = steps(size, Decimal(step))
    assert cut % Decimal(step) == 0
    assert Decimal(size) - Decimal(step) < cut * (1 + Decimal("1e-9")) + Decimal(step) * Decimal("1e-9")
    assert cut <= Decimal(size) * (1 + Decimal("2e-9")) + Decimal(step) * Decimal("1e-9")


@pytest.mark.parametrize(
    ("quantity", "limit", "on_tick"), [(5.0, 60.019, "60.01"), (-5.0, 60.011, "60.02"), (5.0, 60.01, "60.01")]
)
def test_a_limit_is_never_made_worse(quantity, limit, on_tick):
    ticket = written("alpaca", replace(ORDER, quantity=quantity, limit=limit), ID, WHOLE)
    assert ticket.limit == Decimal(on_tick)
    assert ticket.quantity == quantity


@pytest.mark.parametrize(
    ("quantity", "rules", "said"),
    [
        (0.5, WHOLE, r"0 is left of it in steps of 1\..*takes 1 or more"),
        (1e-30, replace(WHOLE, step=Decimal("1e-9")), "0 is left of it"),
        (5.0, replace(WHOLE, least=Decimal(10)), "takes 10 or more"),
        (5.0, replace(WHOLE, most=Decimal(4)), "takes 4 at most"),
        (5.0, replace(WHOLE, least_value=Decimal(301)), r"5 of it are worth 300\.0.*worth 301 or more"),
    ],
)
def test_what_the_venue_does_not_trade_is_refused(quantity, rules, said):
    with pytest.raises(OrderRefused, match=said):
        written("alpaca", replace(ORDER, quantity=quantity), ID, rules)


def test_the_value_of_a_limit_order_is_at_its_limit():
    rules = replace(WHOLE, least_value=Decimal(300))
    assert written("alpaca", replace(ORDER, limit=60.0), ID, rules).size == 5
    with pytest.raises(OrderRefused, match="worth 295"):
        written("alpaca", replace(ORDER, limit=59.0), ID, rules)


def test_a_limit_below_the_smallest_price_is_refused():
    with pytest.raises(OrderRefused, match=r"prices in steps of 0\.01"):
        written("alpaca", replace(ORDER, limit=0.001), ID, WHOLE)
