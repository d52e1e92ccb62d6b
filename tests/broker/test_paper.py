"""The paper book is a backtest's account, kept a night at a time."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.broker.base import Book
from framework.broker.paper import PaperBroker
from framework.trading.costs import CostModel
from framework.trading.orders import Order

COSTS = CostModel(
    commission_bps=10.0, half_spread_bps=20.0, borrow_rate_per_year=0.0252, cash_rate_per_year=0.0504
)
DECIDED, TRADED = pd.Timestamp("2022-12-27"), pd.Timestamp("2022-12-28")


def order(symbol: str, quantity: float, price: float = 100.0) -> Order:
    return Order(symbol=symbol, quantity=quantity, reference_price=price, session=DECIDED)


def test_a_purchase_by_hand():
    book: Book = PaperBroker(1_000.0, {}, COSTS)
    (done,) = book.settle([order("KO", 5.0)], session=TRADED, prices={"KO": 100.0})
    # 5 shares at 100 * 1.002 are 501.00; the commission is 0.1 % of that
    assert done.price == pytest.approx(100.2, abs=1e-12)
    assert book.cash == pytest.approx(1_000.0 - 501.0 - 0.501, abs=1e-9)
    assert book.holdings == {"KO": 5.0}


def test_a_sale_of_all_leaves_no_trace_of_the_symbol():
    book = PaperBroker(0.0, {"KO": 5.0}, COSTS)
    book.settle([order("KO", -5.0)], session=TRADED, prices={"KO": 100.0})
    # 5 at 100 * 0.998 are 499.00, less 0.1 %
    assert book.cash == pytest.approx(499.0 - 0.499, abs=1e-9)
    assert book.holdings == {}


def test_without_a_price_an_order_expires_and_changes_nothing():
    book = PaperBroker(1_000.0, {"PG": 1.0}, COSTS)
    (done,) = book.settle([order("KO", 5.0)], session=TRADED, prices={"KO": np.nan})
    assert done.quantity == 0.0
    assert (book.cash, dict(book.holdings)) == (1_000.0, {"PG": 1.0})


def test_carry_by_hand():
    book = PaperBroker(1_000.0, {"KO": -2.0, "PG": 3.0}, COSTS)
    carried = book.accrue({"KO": 100.0, "PG": 50.0})
    # a 252nd of 5.04 % on 1,000 is 0.20; a 252nd of 2.52 % on the 200 sold short is 0.02
    assert carried.interest_usd == pytest.approx(0.20, abs=1e-12)
    assert carried.borrow_usd == pytest.approx(0.02, abs=1e-12)
    assert book.cash == pytest.approx(1_000.18, abs=1e-12)
    assert book.worth({"KO": 100.0, "PG": 50.0}) == pytest.approx(1_000.18 - 200.0 + 150.0, abs=1e-9)


def test_holdings_cannot_be_written_to_from_outside():
    given_holdings = {"KO": 1.0}
    book = PaperBroker(0.0, given_holdings, COSTS)
    given_holdings["KO"] = 9.0
    assert book.holdings == {"KO": 1.0}
    with pytest.raises(TypeError):
        book.holdings["KO"] = 2.0


@settings(max_examples=60, deadline=None)
@given(
    quantities=st.lists(st.floats(-50.0, 50.0), min_size=1, max_size=6),
    price=st.floats(1.0, 500.0),
    cash=st.floats(0.0, 20_000.0),
)
def test_worth_changes_by_the_costs_alone(quantities, price, cash):
    """Conservation: at the prices of the fill, nothing but costs leaves the account."""
    symbols = [f"S{number}" for number in range(len(quantities))]
    book = PaperBroker(cash, dict.fromkeys(symbols, 60.0), COSTS)
    marks = dict.fromkeys(symbols, price)
    before = book.worth(marks)
    orders = [order(symbol, quantity, price) for symbol, quantity in zip(symbols, quantities, strict=True)]
    fills = book.settle(orders, session=TRADED, prices=marks)
    paid = sum(done.commission_usd + done.spread_usd for done in fills)
    assert len(fills) == len(orders)
    assert book.worth(marks) == pytest.approx(before - paid, rel=1e-12, abs=1e-6)
    planned = cash - sum(quantity * price for quantity in quantities)
    assert book.cash >= min(0.0, planned) - 1e-6  # borrows only what the orders meant to
