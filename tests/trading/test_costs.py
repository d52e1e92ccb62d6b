import pytest

from framework.errors import SpecError
from framework.trading.costs import CostModel


@pytest.mark.parametrize("name", ["commission_bps", "half_spread_bps", "borrow_rate_per_year", "impact"])
@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf")])
def test_a_cost_below_zero_or_not_finite_is_refused_by_name(name, value):
    figures = {"commission_bps": 1.0, "half_spread_bps": 1.0} | {name: value}
    with pytest.raises(SpecError, match=name):
        CostModel(**figures)


def test_cash_may_cost_interest():
    assert (
        CostModel(commission_bps=0, half_spread_bps=0, cash_rate_per_year=-0.005).cash_rate_per_year == -0.005
    )


def test_twice_the_costs_leaves_the_cash_rate_alone():
    costs = CostModel(
        commission_bps=1, half_spread_bps=2, borrow_rate_per_year=0.01, cash_rate_per_year=0.03, impact=0.5
    )
    assert costs.times(2.0) == CostModel(
        commission_bps=2, half_spread_bps=4, borrow_rate_per_year=0.02, cash_rate_per_year=0.03, impact=1.0
    )


def test_a_spread_that_leaves_nothing_of_a_sale_is_refused():
    with pytest.raises(SpecError, match="below 10,000"):
        CostModel(commission_bps=0, half_spread_bps=10_000)


def test_fractions_are_a_ten_thousandth_of_basis_points():
    costs = CostModel(commission_bps=5.0, half_spread_bps=2.5)
    assert (costs.commission, costs.half_spread) == (0.0005, 0.00025)
