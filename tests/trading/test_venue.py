import math

import pytest

from framework.errors import SpecError
from framework.trading.venue import ANYWHERE, Venue, toward_zero


@pytest.mark.parametrize(
    ("quantity", "whole"),
    [(99.9999999999, 100.0), (99.99, 99.0), (-0.5, 0.0), (-99.9999999999, -100.0), (3.0, 3.0)],
)
def test_rounding_noise_does_not_cost_a_share(quantity, whole):
    assert toward_zero(quantity) == whole


def test_positions_are_whole_lots_toward_zero():
    assert [Venue(lot=100.0).whole(quantity) for quantity in (250.0, -250.0, 99.0)] == [200.0, -200.0, 0.0]
    assert Venue(lot=0.5).whole(1.9) == 1.5
    assert ANYWHERE.whole(1.9) == 1.9


def test_a_part_of_a_purchase_is_bought_in_lots():
    assert Venue(lot=10.0).part_of(50.0, 0.5) == 20.0
    assert ANYWHERE.part_of(50.0, 0.5) == 25.0


def test_a_split_leaves_whole_shares_where_only_those_trade():
    assert Venue(lot=100.0).after_split(5.0, 1.5) == 7.0  # an odd lot, not a fraction of a share
    assert Venue(lot=1.0).after_split(-5.0, 1.5) == -7.0
    assert Venue(lot=0.1).after_split(0.5, 1.5) == pytest.approx(0.7)
    assert ANYWHERE.after_split(5.0, 1.5) == 7.5
    assert Venue(lot=1.0).after_split(2.5, 1.0) == 2.5  # no split: nothing is touched


@pytest.mark.parametrize("name", ["lot", "minimum_usd", "band"])
@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf])
def test_a_rule_that_is_nonsense_is_refused_by_name(name, value):
    with pytest.raises(SpecError, match=f"{name} of the venue"):
        Venue(**{name: value})


def test_a_band_of_the_whole_account_is_refused():
    with pytest.raises(SpecError, match=r"band of the venue is 1\.0"):
        Venue(band=1.0)


def test_whole_shares_are_short_for_lots_of_one():
    assert Venue.of(None, whole_shares=False) == ANYWHERE
    assert Venue.of(None, whole_shares=True) == Venue(lot=1.0)
    assert Venue.of(Venue(band=0.1), whole_shares=True) == Venue(lot=1.0, band=0.1)
    assert Venue.of(Venue(lot=100.0), whole_shares=True) == Venue(lot=100.0)
    with pytest.raises(SpecError, match=r"lots of 0\.5"):
        Venue.of(Venue(lot=0.5), whole_shares=True)
