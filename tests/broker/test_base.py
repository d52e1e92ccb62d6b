"""The words for an order's life."""

from math import isnan

import pytest

from framework.broker.base import Execution, Report, State, open_state, signed


def test_what_is_unknown_is_not_final_and_not_zero():
    report = Report.unknown("ob-1", "KO", 5.0, why="reset")
    assert report.state is State.UNKNOWN
    assert not report.state.is_final
    assert isnan(report.filled)
    assert isnan(report.average_price)


def test_four_states_are_final():
    assert {state for state in State if state.is_final} == {
        State.FILLED,
        State.REJECTED,
        State.CANCELLED,
        State.EXPIRED,
    }


def test_the_average_price_by_hand():
    parts = (
        Execution(venue_id="1", quantity=-2.0, price=60.0, at=""),
        Execution(venue_id="2", quantity=-3.0, price=61.0, at=""),
    )
    report = Report(
        client_id="ob-1",
        venue_id="7",
        symbol="KO",
        ordered=-5.0,
        state=State.FILLED,
        executions=parts,
        filled=-5.0,
    )
    assert report.average_price == pytest.approx((2 * 60.0 + 3 * 61.0) / 5, rel=1e-15)


def test_an_open_order_is_acknowledged_until_a_part_of_it_has_traded():
    assert open_state(0.0) is State.ACKNOWLEDGED
    assert open_state(-1.0) is State.PARTIALLY_FILLED


def test_a_sale_is_below_zero_and_nothing_is_plain_zero():
    assert (signed(5.0, is_sale=True), signed(5.0, is_sale=False)) == (-5.0, 5.0)
    assert str(signed(0.0, is_sale=True)) == "0.0"
