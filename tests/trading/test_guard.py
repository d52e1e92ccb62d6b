import math

import pandas as pd
import pytest

from framework.errors import DataError, SpecError
from framework.trading.guard import Guards, KillSwitch, drawdown_from_seed
from framework.trading.volatility import VolatilityTarget

DAYS = pd.bdate_range("2024-01-01", periods=4)


def test_drawdown_is_measured_from_the_seed_and_not_from_a_peak():
    assert drawdown_from_seed(90.0, 120.0) == -0.25
    assert drawdown_from_seed(180.0, 120.0) == 0.5


@pytest.mark.parametrize(("worth", "trips"), [(75.01, False), (75.0, True), (10.0, True), (-1.0, True)])
def test_the_switch_trips_at_its_limit(worth, trips):
    assert KillSwitch(limit=-0.25).trips(worth, 100.0) is trips


def test_it_stays_tripped_when_worth_recovers():
    assert KillSwitch().first_breach(pd.Series([100.0, 74.0, 120.0, 70.0], index=DAYS), 100.0) == DAYS[1]


def test_it_says_when_it_never_fired():
    assert KillSwitch().first_breach(pd.Series([100.0, 80.0, 120.0, 76.0], index=DAYS), 100.0) is None


@pytest.mark.parametrize("worth", [math.nan, math.inf])
def test_an_unknown_worth_is_an_error_and_never_no_loss(worth):
    with pytest.raises(DataError, match="Find out why"):
        KillSwitch().trips(worth, 100.0)
    with pytest.raises(DataError, match="finite worth"):
        KillSwitch().first_breach(pd.Series([100.0, worth, 50.0, 50.0], index=DAYS), 100.0)


def test_a_worth_missing_after_the_breach_does_not_un_trip_it():
    assert KillSwitch().first_breach(pd.Series([100.0, 50.0, math.nan, 100.0], index=DAYS), 100.0) == DAYS[1]


@pytest.mark.parametrize("seed", [0.0, -1.0, math.nan])
def test_a_seed_that_is_no_capital_is_refused(seed):
    with pytest.raises(DataError):
        drawdown_from_seed(100.0, seed)


@pytest.mark.parametrize("limit", [0.0, 0.25, -1.0, math.nan])
def test_a_limit_that_is_no_loss_is_refused(limit):
    with pytest.raises(SpecError, match="kill switch"):
        KillSwitch(limit=limit)


@pytest.mark.parametrize(
    "asked",
    [
        {"stop_loss": 0.0},
        {"stop_loss": 1.0},
        {"trailing_stop": -0.1},
        {"trailing_stop": math.nan},
        {"take_profit": 0.0},
        {"take_profit": math.inf},
        {"time_stop": 0},
        {"time_stop": 2.5},
        {"time_stop": math.nan},
    ],
)
def test_a_guard_that_is_nonsense_is_refused_by_name(asked):
    with pytest.raises(SpecError, match=f"{next(iter(asked))} of the guards"):
        Guards(**asked)


def test_guards_are_off_unless_given_and_a_target_of_volatility_closes_nothing():
    assert not Guards().stops
    assert not Guards(volatility=VolatilityTarget(per_year=0.1)).stops
    assert Guards(time_stop=5).stops
