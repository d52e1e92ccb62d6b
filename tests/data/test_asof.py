"""As-of joins against an oracle that looks at one bar after the other."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.data.asof import known_at
from framework.data.bars import Bars
from framework.data.sessions import known_since, sessions_between
from framework.errors import DataError

CALENDARS = ("XNYS", "XLON", "BVMF", "XTKS", "24/7", "24/5")


@st.composite
def histories(draw):
    """Bars of one symbol with dividends, splits and volume over some sessions of a calendar around Christmas 2022."""
    calendar = draw(st.sampled_from(CALENDARS))
    sessions = sessions_between(calendar, "2022-11-18", "2023-01-13")
    first = draw(st.integers(0, len(sessions) - 2))
    kept = sessions[first : draw(st.integers(first + 2, len(sessions)))]
    chance = np.random.default_rng(draw(st.integers(0, 2**32)))

    def column(values):
        return pd.DataFrame({"A": values}, kept)

    size = len(kept)
    return calendar, Bars(
        column(chance.uniform(1.0, 9.0, size)),
        volume=column(chance.integers(0, 100, size).astype("f8")),
        dividend=column(chance.choice([0.0, 0.0, 0.5], size)),
        split=column(chance.choice([1.0, 1.0, 2.0, 0.5], size)),
    )


@st.composite
def clocks(draw):
    calendar = draw(st.sampled_from(CALENDARS))
    sessions = sessions_between(calendar, "2022-11-15", "2023-01-20")
    first = draw(st.integers(0, len(sessions) - 2))
    return known_since(calendar, sessions[first : draw(st.integers(first + 1, len(sessions)))])


def oracle(calendar, bars, closes):
    """Row by row: a share held since the close before, and what it has become."""
    stamps = known_since(calendar, bars.sessions)
    every = known_since(calendar, sessions_between(calendar, bars.sessions[0], "2023-02-28"))
    over = min((stamp for stamp in every if stamp > stamps[-1]), default=None)
    rows, seen = [], 0
    for row, close in enumerate(closes):
        known = [place for place, stamp in enumerate(stamps) if stamp <= close]
        if not known or close >= over:
            rows.append((np.nan, np.nan, np.nan, np.nan, False))
            seen = len(known)
            continue
        new = known[seen:] if row else known[-1:]
        shares, cash, volume = 1.0, 0.0, 0.0
        for place in new:
            shares *= bars.split.iloc[place, 0]
            cash += shares * bars.dividend.iloc[place, 0]
            volume += bars.volume.iloc[place, 0]
        rows.append((bars.close.iloc[known[-1], 0], volume, cash / shares, shares, not new))
        seen = len(known)
    return rows


@settings(deadline=None, max_examples=150)
@given(histories(), clocks())
def test_each_row_is_what_a_patient_reader_of_stamps_would_know(history, closes):
    calendar, bars = history
    found = known_at(bars, calendar=calendar, closes=closes)
    expected = np.array(oracle(calendar, bars, closes), dtype="f8")
    for place, name in enumerate(("close", "volume", "dividend", "split")):
        np.testing.assert_allclose(found.fields[name][:, 0], expected[:, place], rtol=1e-12, err_msg=name)
    np.testing.assert_array_equal(found.stale[:, 0], expected[:, 4].astype(bool))


@settings(deadline=None, max_examples=80)
@given(histories(), clocks(), st.data())
def test_what_comes_after_a_close_changes_nothing_at_it(history, closes, data):
    calendar, bars = history
    row = data.draw(st.integers(0, len(closes) - 1))
    known = known_since(calendar, bars.sessions) <= closes[row]
    if not known.any():
        return
    cut = bars.until(bars.sessions[known][-1])
    whole, then = (known_at(each, calendar=calendar, closes=closes[: row + 1]) for each in (bars, cut))
    for name, values in whole.fields.items():
        np.testing.assert_array_equal(values, then.fields[name], err_msg=name)


@settings(deadline=None, max_examples=40)
@given(histories(), clocks(), st.sampled_from([0.25, 2.0, 1024.0]))
def test_another_currency_scales_prices_and_dividends_and_nothing_else(history, closes, rate):
    calendar, bars = history
    plain = known_at(bars, calendar=calendar, closes=closes)
    other = plain.times(np.full((len(closes), 1), rate))
    for name, values in plain.fields.items():
        scale = rate if name in ("close", "dividend") else 1.0
        np.testing.assert_array_equal(other.fields[name], values * scale)
    unknown = plain.times(np.full((len(closes), 1), np.nan))
    assert np.isnan(unknown.fields["close"]).all()
    assert not unknown.stale.any()


def test_the_oracle_sees_both_closed_days_and_several_bars_at_once():
    closes = known_since("XNYS", sessions_between("XNYS", "2022-11-21", "2022-11-29"))
    coin = sessions_between("24/7", "2022-11-18", "2022-12-05")
    bars = Bars(pd.DataFrame({"A": np.arange(len(coin)) + 1.0}, coin))
    found = known_at(bars, calendar="24/7", closes=closes)
    assert found.fields["close"][:, 0].tolist() == [
        3,
        4,
        5,
        7,
        10,
        11,
    ]  # over Thanksgiving, and over the weekend
    weekday = sessions_between("XNYS", "2022-11-18", "2022-12-05")
    stock = Bars(pd.DataFrame({"B": np.arange(len(weekday)) + 1.0}, weekday))
    daily = known_since("24/7", coin[2:9])  # from Sunday, 20 November, to Saturday
    found = known_at(stock, calendar="XNYS", closes=daily)
    assert found.fields["close"][:, 0].tolist() == [1, 2, 3, 4, 4, 5, 5]
    assert found.stale[:, 0].tolist() == [False, False, False, False, True, False, True]


def test_a_session_that_is_missing_is_named_and_never_filled():
    sessions = sessions_between("XNYS", "2022-11-21", "2022-12-02").drop(pd.Timestamp("2022-11-25"))
    bars = Bars(pd.DataFrame({"A": 1.0}, sessions))
    closes = known_since("XNYS", sessions)
    with pytest.raises(DataError, match=r"A has no bar of the session that closed at 2022-11-25 18:00 UTC"):
        known_at(bars, calendar="XNYS", closes=closes)


def test_bars_within_the_day_are_refused():
    minutes = pd.date_range("2022-11-21 15:00", periods=3, freq="min")
    bars = Bars(pd.DataFrame({"A": 1.0}, minutes))
    with pytest.raises(DataError, match="lie within the day"):
        known_at(bars, calendar="XNYS", closes=known_since("XNYS", minutes))
