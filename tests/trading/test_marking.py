import math

import pandas as pd
import pytest

from framework.errors import DataError
from framework.trading.costs import CostModel
from framework.trading.marking import carry, cash_after_carry, equity_usd, worth_usd

RATES = CostModel(commission_bps=0, half_spread_bps=0, borrow_rate_per_year=0.0252, cash_rate_per_year=0.0504)


def test_worth_is_cash_plus_longs_less_shorts():
    assert worth_usd(100.0, {"KO": 2.0, "PEP": -1.0}, {"KO": 60.0, "PEP": 170.0}) == 50.0


def test_a_series_and_a_mapping_give_the_same_worth_to_the_last_bit():
    held, prices = {"KO": 1 / 3, "PEP": 2 / 7}, {"KO": 60.1, "PEP": 170.3}
    assert worth_usd(0.1, pd.Series(held), pd.Series(prices)) == worth_usd(0.1, held, prices)


@pytest.mark.parametrize("prices", [{"KO": math.nan}, {}])
def test_a_holding_without_a_price_is_never_marked_at_zero(prices):
    with pytest.raises(DataError, match="KO is held but has no price"):
        worth_usd(100.0, {"KO": 2.0}, prices)


def test_what_is_not_held_needs_no_price():
    assert worth_usd(100.0, {"KO": 0.0}, {"KO": math.nan}) == 100.0


def test_equity_is_worth_where_everything_trades():
    held, prices = {"KO": 1 / 3, "PEP": -2 / 7}, {"KO": 60.1, "PEP": 170.3}
    assert equity_usd(100.0, held, prices, prices) == worth_usd(100.0, held, prices)


def test_equity_leaves_out_a_long_that_no_longer_trades_but_not_a_short():
    held, marks = {"KO": 2.0, "DEAD": 3.0, "GONE": -1.0}, {"KO": 60.0, "DEAD": 10.0, "GONE": 20.0}
    prices = {"KO": 60.0, "DEAD": math.nan, "GONE": math.nan}
    assert equity_usd(100.0, held, prices, marks) == 100.0 + 120.0 - 20.0


def test_equity_is_never_below_zero():
    assert equity_usd(-50.0, {"DEAD": 10.0}, {}, {"DEAD": 10.0}) == 0.0


def test_a_session_of_carry_is_a_252nd_of_the_yearly_rates():
    carried = carry(10_000.0, {"KO": 5.0, "PEP": -10.0}, {"KO": 60.0, "PEP": 100.0}, RATES)
    assert carried.interest_usd == pytest.approx(10_000.0 * 0.0002, rel=1e-15)
    assert carried.borrow_usd == pytest.approx(1_000.0 * 0.0001, rel=1e-15)
    assert cash_after_carry(10_000.0, carried) == pytest.approx(10_001.9, rel=1e-15)


def test_negative_cash_pays_the_cash_rate():
    assert carry(-10_000.0, {}, {}, RATES).interest_usd == pytest.approx(-2.0, rel=1e-15)


def test_a_short_without_a_price_has_no_fee_to_compute():
    with pytest.raises(DataError, match="PEP"):
        carry(0.0, {"PEP": -1.0}, {}, RATES)


def test_dividends_are_credited_with_the_carry_and_earn_no_interest_yet():
    carried = carry(10_000.0, {}, {}, RATES, dividends_usd=50.0)
    assert carried == (10_000.0 * 0.0504 / 252, 0.0, 50.0)
    assert cash_after_carry(10_000.0, carried) == pytest.approx(10_052.0, rel=1e-15)
