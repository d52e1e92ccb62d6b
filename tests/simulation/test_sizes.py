"""Sizes and prices in machine code against those of `framework.trading`, to the last bit."""

from math import nan

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.simulation.sizes import after_split, paid, size_of, traded
from framework.simulation.tables import Rules, Terms
from framework.trading.costs import CostModel
from framework.trading.fills import fill
from framework.trading.orders import Order
from framework.trading.rebalance import DUST, rebalance
from framework.trading.venue import WHOLE, Venue

quick = settings(deadline=None)  # the first call compiles
DAY = pd.Timestamp("2024-01-02")
TABLE = np.empty((0, 1))
LOTS = st.sampled_from([0.0, 1.0, 7.0, 0.1])
SHARES = st.floats(-1e6, 1e6) | st.integers(-500, 500).map(float)
PRICES = st.floats(0.01, 1e4)


def rules_of(venue, impact=0.0):
    stops = {"stop_loss": nan, "trailing_stop": nan, "take_profit": nan, "time_stop": nan, "stops": False}
    venues = {
        "lot": venue.lot,
        "unit": min(venue.lot, 1.0),
        "minimum_usd": venue.minimum_usd,
        "band": venue.band,
    }
    return Rules(impacts=TABLE, splits=TABLE, dividends=TABLE, impact=impact, **venues, **stops)


def terms_of(costs):
    return Terms(
        capital=1.0,
        commission=costs.commission,
        half_spread=costs.half_spread,
        borrow_rate=0.0,
        cash_rate=0.0,
        sessions_per_year=252.0,
        kill_limit=nan,
        size_at_fill=False,
        whole_shares=False,
        dust=DUST,
        whole=WHOLE,
        planned=0.0,
    )


FREE = terms_of(CostModel(commission_bps=0, half_spread_bps=0))
VENUES = st.builds(
    Venue, lot=LOTS, minimum_usd=st.sampled_from([0.0, 50.0]), band=st.sampled_from([0.0, 0.1])
)


@quick
@given(st.floats(-2.0, 2.0) | st.just(0.0), SHARES, PRICES, st.floats(0.0, 1e6), VENUES)
def test_an_order_has_the_size_that_rebalance_gives_it(weight, held, price, equity, venue):
    orders = rebalance(
        {"A": weight}, session=DAY, holdings={"A": held}, prices={"A": price}, equity=equity, venue=venue
    )
    found = size_of(weight, held, price, equity, rules_of(venue), FREE)
    assert found == (orders[0].quantity if orders else 0.0)


@quick
@given(SHARES, st.sampled_from([1.0, 2.0, 1.5, 0.1, 1 / 3]), LOTS)
def test_a_split_leaves_what_the_venue_leaves(shares, ratio, lot):
    venue = Venue(lot=lot)
    assert after_split(shares, ratio, rules_of(venue), FREE) == venue.after_split(shares, ratio)


@quick
@given(st.floats(1e-3, 1e6), PRICES, st.floats(0.0, 1.0), VENUES)
def test_of_a_purchase_its_part_is_bought_and_of_a_sale_all(shares, mid, part, venue):
    rules, bought = rules_of(venue), venue.part_of(shares, part)
    expected = shares if part == 1.0 else bought if bought * mid >= venue.minimum_usd else 0.0
    assert traded(shares, 0.0, part, mid, rules) == expected
    assert traded(-shares, 0.0, part, mid, rules) == -shares
    assert traded(shares, -1.0, part, mid, rules) == traded(-shares, 1.0, part, mid, rules) == 0.0


@quick
@given(
    SHARES.filter(bool),
    PRICES,
    st.floats(0.0, 1e3),
    st.floats(0.0, 1e3),
    st.floats(0.0, 5.0),
    st.floats(0.0, 0.1),
)
def test_a_fill_costs_what_fill_says(shares, mid, commission, spread, impact, root):
    costs = CostModel(commission_bps=commission, half_spread_bps=spread, impact=impact)
    order = Order(symbol="A", quantity=shares, reference_price=1e-12, session=DAY)
    (done,) = fill([order], session=DAY, prices={"A": mid}, cash=1e300, costs=costs, impacts={"A": root})
    found = paid(shares, mid, impact * root, terms_of(costs))
    assert found == (done.price, done.commission_usd, done.spread_usd, done.impact_usd)
