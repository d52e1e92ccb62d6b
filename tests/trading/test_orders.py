import math

import pandas as pd
import pytest

from framework.trading.orders import Fill, Order

DAY = pd.Timestamp("2024-01-02")


def a_fill(quantity, price, commission_usd):
    order = Order(symbol="KO", quantity=quantity, reference_price=60.0, session=DAY)
    return Fill(
        order=order,
        session=DAY,
        quantity=quantity,
        price=price,
        commission_usd=commission_usd,
        spread_usd=0.0,
    )


def test_a_purchase_takes_its_value_and_its_commission_from_the_cash():
    assert a_fill(10.0, 60.0, 0.6).cash_flow_usd == pytest.approx(-600.6, rel=1e-15)


def test_a_sale_brings_its_value_less_its_commission():
    assert a_fill(-10.0, 60.0, 0.6).cash_flow_usd == pytest.approx(599.4, rel=1e-15)


def test_an_expired_order_moves_no_cash_though_it_has_no_price():
    assert a_fill(0.0, math.nan, 0.0).cash_flow_usd == 0.0
