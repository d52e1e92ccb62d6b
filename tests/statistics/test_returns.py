import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from framework.errors import DataError
from framework.statistics import cagr, hit_rate, monthly_returns, profit_factor, simple_returns, total_return
from framework.statistics.returns import compounded

moves = hnp.arrays("f8", st.integers(1, 80), elements=st.floats(-0.3, 0.4))


def daily(values, start="2020-01-31") -> pd.Series:
    return pd.Series(values, index=pd.date_range(start, periods=len(values)), dtype="f8")


def path_of(returns) -> pd.Series:
    return daily(np.concatenate(([100.0], 100.0 * np.cumprod(1.0 + returns))))


def test_returns_are_one_fewer_than_worths_and_compound_back_to_them():
    worth = daily([100.0, 110.0, 99.0])
    assert simple_returns(worth).tolist() == pytest.approx([0.1, -0.1], abs=1e-15)
    assert simple_returns(worth).index.equals(worth.index[1:])
    assert simple_returns(worth[:1]).empty


def test_growth_by_two_and_back_is_no_growth():
    assert total_return(daily([100.0, 200.0, 100.0])) == 0.0
    assert total_return(daily([80.0, 100.0])) == 0.25


def test_growth_a_year_counts_the_calendar_and_not_the_rows():
    # 100 -> 121 over 731 days (2020-01-01 .. 2022-01-01): 1.21 ** (365.25 / 731) - 1, by hand
    sparse = pd.Series([100.0, 121.0], index=pd.to_datetime(["2020-01-01", "2022-01-01"]))
    dense = pd.Series(
        np.geomspace(100.0, 121.0, 505), index=pd.date_range("2020-01-01", "2022-01-01", periods=505)
    )
    assert cagr(sparse) == pytest.approx(1.21 ** (365.25 / 731) - 1, abs=1e-15)
    assert cagr(sparse) == pytest.approx(0.09992, abs=1e-5)
    assert cagr(dense) == pytest.approx(cagr(sparse), abs=1e-14)


def test_a_span_across_a_new_year_is_not_counted_as_two_years():
    # the "year count" complaint: 366 days from December to December touch two calendar years
    worth = pd.Series([100.0, 150.0], index=pd.to_datetime(["2019-12-31", "2020-12-31"]))
    assert cagr(worth) == pytest.approx(0.4988, abs=2e-4)


@pytest.mark.parametrize(("last", "allowed"), [("2020-12-29", False), ("2020-12-31", True)])
def test_nothing_below_365_days_is_annualised(last, allowed):
    worth = pd.Series([100.0, 150.0], index=pd.to_datetime(["2020-01-01", last]))
    if allowed:
        assert cagr(worth) > 0.4
    else:
        with pytest.raises(DataError, match=r"363 days.*365 days"):
            cagr(worth)


def test_a_month_runs_from_the_last_close_before_it_to_its_own():
    sessions = pd.to_datetime(["2020-01-31", "2020-02-03", "2020-02-28", "2020-03-02", "2021-01-04"])
    table = monthly_returns(pd.Series([100.0, 105.0, 110.0, 99.0, 198.0], index=sessions))
    assert table.loc[2020, 2] == pytest.approx(0.10, abs=1e-15)
    assert table.loc[2020, 3] == pytest.approx(-0.10, abs=1e-15)
    assert table.loc[2021, 1] == pytest.approx(1.00, abs=1e-15)
    assert table.loc[2020, "year"] == pytest.approx(-0.01, abs=1e-15)
    assert table.shape == (2, 13)


def test_a_month_without_a_return_is_missing_and_not_zero():
    # the "filled with 0.0" complaint: January holds the capital alone, April has no session
    sessions = pd.to_datetime(["2020-01-31", "2020-02-28", "2020-03-31", "2020-05-29"])
    table = monthly_returns(pd.Series([100.0, 100.0, 101.0, 102.0], index=sessions))
    assert np.isnan(table.loc[2020, 1])
    assert table.loc[2020, 2] == 0.0
    assert np.isnan(table.loc[2020, 4])
    assert table.notna().to_numpy().sum() == 4


def test_months_compound_to_their_year_and_years_to_the_whole(worth):
    table = monthly_returns(worth)
    assert len(table) > 4
    months = table[list(range(1, 13))]
    assert (1.0 + months).prod(axis=1).to_numpy() == pytest.approx(1.0 + table["year"].to_numpy(), rel=1e-13)
    assert (1.0 + table["year"]).prod() - 1.0 == pytest.approx(total_return(worth), rel=1e-12)


def test_months_agree_with_empyrical(worth):
    import empyrical

    theirs = empyrical.aggregate_returns(simple_returns(worth), "monthly").to_numpy()
    assert len(theirs) > 60
    assert compounded(worth, "M").to_numpy() == pytest.approx(theirs, abs=1e-13)


def test_total_return_agrees_with_empyrical(worth):
    import empyrical

    assert total_return(worth) == pytest.approx(empyrical.cum_returns_final(simple_returns(worth)), rel=1e-12)


def test_hits_are_strictly_above_zero():
    assert hit_rate(pd.Series([0.1, 0.0, -0.1, 0.2])) == 0.5


def test_profit_factor_is_gains_over_losses_by_hand():
    assert profit_factor(pd.Series([0.03, -0.01, 0.01, -0.01])) == pytest.approx(2.0, rel=1e-14)
    assert np.isnan(profit_factor(pd.Series([0.03, 0.0])))


@given(moves, st.floats(0.01, 1e6))
def test_growth_does_not_depend_on_the_currency(returns, scale):
    worth = path_of(returns)
    assert total_return(worth * scale) == pytest.approx(total_return(worth), rel=1e-9, abs=1e-12)


@given(moves, st.randoms())
def test_growth_does_not_depend_on_the_order_of_the_returns(returns, random):
    shuffled = returns.copy()
    random.shuffle(shuffled)
    assert total_return(path_of(shuffled)) == pytest.approx(
        total_return(path_of(returns)), rel=1e-9, abs=1e-12
    )


@pytest.mark.parametrize("value", [0.0, -5.0, np.nan, np.inf])
@pytest.mark.parametrize("statistic", [total_return, cagr, monthly_returns, simple_returns])
def test_a_worth_that_is_missing_or_not_above_zero_is_refused_with_its_session(statistic, value):
    worth = daily(np.linspace(100.0, 120.0, 800))
    worth.iloc[3] = value
    with pytest.raises(DataError, match=r"Worth at 2020-02-03 is .* \(1 of 800 rows\)"):
        statistic(worth)


def test_sessions_out_of_order_or_twice_are_refused():
    worth = daily([100.0, 101.0, 102.0])
    with pytest.raises(DataError, match=r"2020-02-01 \(row 1\) does not come after 2020-02-02"):
        total_return(worth.iloc[::-1])
    with pytest.raises(DataError, match="does not come after"):
        total_return(worth.iloc[[0, 1, 1]])
    with pytest.raises(DataError, match="indexed by RangeIndex"):
        total_return(worth.reset_index(drop=True))
    with pytest.raises(DataError, match="has 1 rows"):
        total_return(worth[:1])
    with pytest.raises(DataError, match="3 rows of 1 columns"):
        total_return(worth.to_frame())


@pytest.mark.parametrize("statistic", [hit_rate, profit_factor])
def test_a_missing_return_is_refused_with_its_session(statistic):
    returns = pd.Series([0.1, np.nan], index=pd.to_datetime(["2020-01-02", "2020-01-03"]))
    with pytest.raises(DataError, match="return at 2020-01-03 is nan"):
        statistic(returns)
    with pytest.raises(DataError, match="at least 1"):
        statistic(returns[:0])
