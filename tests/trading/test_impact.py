import numpy as np
import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.errors import SpecError
from framework.trading.impact import LEAST, SESSIONS, impact_per_root_share


def bars_of(close, volume, split=None):
    index = pd.bdate_range("2024-01-01", periods=len(close))
    frames = [None if values is None else pd.DataFrame({"A": values}, index) for values in (volume, split)]
    return Bars(pd.DataFrame({"A": close}, index), volume=frames[0], split=frames[1])


def a_walk(seed=0, length=60):
    rng = np.random.default_rng(seed)
    return 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.02, length))), rng.uniform(1e5, 2e5, length)


def test_it_is_volatility_over_the_root_of_the_volume_as_known_the_session_before():
    close, volume = a_walk()
    found = impact_per_root_share(bars_of(close, volume))[:, 0]
    returns = close[1:] / close[:-1] - 1.0
    for session in (30, 59):
        past = returns[session - 1 - SESSIONS : session - 1]  # return i belongs to session i + 1
        average = volume[session - SESSIONS : session].mean()
        assert found[session] == pytest.approx(np.std(past, ddof=1) / np.sqrt(average), rel=1e-9)


def test_it_is_unknown_until_a_week_of_returns_is():
    found = impact_per_root_share(bars_of(*a_walk()))[:, 0]
    assert np.flatnonzero(~np.isnan(found))[0] == LEAST + 1


def test_without_any_volume_in_the_window_it_is_unknown():
    close, volume = a_walk()
    volume[10:40] = 0.0
    found = impact_per_root_share(bars_of(close, volume))[:, 0]
    np.testing.assert_array_equal(np.isnan(found[8:43]), [10 + SESSIONS <= t <= 40 for t in range(8, 43)])


def test_a_split_changes_what_a_share_is_and_nothing_else():
    """The same market quoted in half shares from session 40 on: twice the volume, half the price."""
    close, volume = a_walk()
    split, late = np.ones(60), np.arange(60) >= 40
    split[40] = 2.0
    plain = impact_per_root_share(bars_of(close, volume))[:, 0]
    halved = impact_per_root_share(
        bars_of(np.where(late, close / 2.0, close), np.where(late, 2.0 * volume, volume), split)
    )[:, 0]
    np.testing.assert_allclose(halved, np.where(late, plain / np.sqrt(2.0), plain), rtol=1e-9)


def test_later_bars_do_not_change_it():
    close, volume = a_walk()
    whole, cut = (impact_per_root_share(bars_of(close[:n], volume[:n])) for n in (60, 45))
    np.testing.assert_array_equal(whole[:45], cut)


def test_bars_without_volume_are_refused():
    with pytest.raises(SpecError, match="no volume"):
        impact_per_root_share(bars_of(a_walk()[0], None))
