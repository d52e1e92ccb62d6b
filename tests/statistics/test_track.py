import pandas as pd
import pytest

from framework.errors import DataError
from framework.statistics import regress, tearsheet_of_worth
from framework.statistics.track import Track


def track_of(worth, **parts) -> Track:
    nothing = dict.fromkeys(("benchmark", "costs_usd", "turnover", "exposure"))
    return Track(worth=worth, **(nothing | parts), periods_per_year=252.0, risk_free_per_year=0.0252)


def test_excess_returns_are_above_the_cash_rate_a_session(worth):
    track = track_of(worth)
    assert track.risk_free_per_period == pytest.approx(0.0001, rel=1e-12)
    assert (track.returns - track.excess).to_numpy() == pytest.approx(0.0001, abs=1e-15)


def test_the_regression_is_on_the_benchmark_above_the_cash_rate(worth, benchmark):
    track = track_of(worth, benchmark=benchmark)
    assert track.regression == regress(track.returns - 0.0001, track.benchmark_returns - 0.0001)
    assert track.regression.alpha != regress(track.excess, track.benchmark_returns).alpha


def test_a_benchmark_is_cut_to_the_sessions_of_the_worth(worth, benchmark):
    track = track_of(worth[10:50], benchmark=benchmark)
    assert track.benchmark.index.equals(worth.index[10:50])
    assert track.benchmark_returns.index.equals(track.returns.index)


def test_years_are_those_of_the_calendar(worth_of):
    year = track_of(worth_of([0.001] * 260, start="2021-01-01"))  # 2021-01-01 .. 2021-12-31: 364 days
    assert (year.worth.index[-1] - year.worth.index[0]).days == 364
    assert not year.spans_a_year
    assert track_of(worth_of([0.001] * 261, start="2021-01-01")).spans_a_year


@pytest.mark.parametrize("part", ["turnover", "exposure"])
def test_a_missing_turnover_or_exposure_is_refused_and_not_filled(worth, part):
    holed = pd.Series(0.5, index=worth.index).drop(worth.index[7])
    with pytest.raises(DataError, match=f"no {part} at {worth.index[7]:%Y-%m-%d}"):
        tearsheet_of_worth(worth, **{part: holed})


def test_the_first_session_needs_no_turnover(worth):
    turnover = pd.Series(0.5, index=worth.index[1:])
    assert track_of(worth, turnover=turnover).turnover.mean() == 0.5


def test_an_account_at_zero_has_no_tearsheet(worth):
    ruined = worth.copy()
    ruined.iloc[-1] = -12.5
    with pytest.raises(DataError, match=r"is -12\.5 .*closed.*[Ll]ower the gross weight"):
        tearsheet_of_worth(ruined)
