"""Bars hold what they were given, refuse what nobody could trade on, and slice without changing a number."""

import hashlib
import pickle
import struct
from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framework.data.bars import Bars
from framework.errors import BadBars, DataError

SESSIONS = pd.DatetimeIndex(["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"])


def frame(**columns: list[float]) -> pd.DataFrame:
    return pd.DataFrame(columns, index=SESSIONS, dtype="f8")


@pytest.fixture
def close() -> pd.DataFrame:
    """B lists on the second session and is delisted after the third."""
    return frame(A=[10.0, 11.0, 12.0, 13.0], B=[np.nan, 5.0, 6.0, np.nan])


@st.composite
def any_bars(draw: st.DrawFn) -> Bars:
    """One to three symbols over 2 to 12 sessions, each with a life of its own, perhaps none."""
    rows, columns = draw(st.integers(2, 12)), draw(st.integers(1, 3))
    prices = st.floats(1e-3, 1e6, allow_nan=False)
    close = np.array([[draw(prices) for _ in range(columns)] for _ in range(rows)])
    for column in range(columns):
        first, last = sorted((draw(st.integers(0, rows)), draw(st.integers(0, rows))))
        close[:first, column] = np.nan
        close[last:, column] = np.nan
    index = pd.bdate_range("2024-01-01", periods=rows)
    prices_of = pd.DataFrame(close, index=index, columns=list("ABC")[:columns])
    volume = (prices_of * 0.0 + 100.0) if draw(st.booleans()) else None
    return Bars(
        prices_of, volume=volume, features={"rank": prices_of.rank(axis=1)}, source="made", licence="none"
    )


# --- what they refuse -------------------------------------------------------------------------------------------


def test_a_gap_inside_a_life_is_refused_with_its_row_and_column(close):
    close.loc["2024-01-03", "A"] = np.nan
    with pytest.raises(
        BadBars, match=r"close of A at 2024-01-03 is missing inside the symbol's life \(nan; 1 of 8"
    ):
        Bars(close)


@pytest.mark.parametrize("price", [0.0, -1.0])
def test_a_price_that_is_not_above_zero_is_refused(close, price):
    close.loc["2024-01-04", "B"] = price
    with pytest.raises(BadBars, match=f"close of B at 2024-01-04 is not above zero \\({price!r}"):
        Bars(close)


@pytest.mark.parametrize("session", ["2024-01-02", "2024-01-03"])
def test_an_infinite_price_is_refused_also_where_a_life_would_begin(close, session):
    close.loc[session, "B"] = np.inf
    with pytest.raises(BadBars, match=f"close of B at {session} is infinite"):
        Bars(close)


def test_a_field_may_not_be_missing_where_the_close_is_there(close):
    opened = close.copy()
    opened.loc["2024-01-05", "A"] = np.nan
    with pytest.raises(BadBars, match="open of A at 2024-01-05 is missing"):
        Bars(close, open=opened)


def test_a_field_may_not_be_there_where_the_close_is_missing(close):
    with pytest.raises(BadBars, match="open of B at 2024-01-02 lies outside the symbol's life"):
        Bars(close, open=close.bfill().ffill())


def test_volume_may_be_zero_but_not_less(close):
    Bars(close, volume=close * 0.0)
    with pytest.raises(BadBars, match="volume of A at 2024-01-02 is below zero"):
        Bars(close, volume=close * 0.0 - 1.0)


def test_dividends_are_zero_or_more_and_splits_above_zero(close):
    nothing = close * 0.0
    Bars(close, dividend=nothing, split=nothing + 1.0)
    with pytest.raises(BadBars, match=r"dividend of A at 2024-01-02 is below zero.*0\.0 where none goes ex"):
        Bars(close, dividend=nothing - 1.0)
    with pytest.raises(
        BadBars, match=r"split of A at 2024-01-02 is not above zero.*1\.0 where there is none"
    ):
        Bars(close, split=nothing)
    with pytest.raises(BadBars, match="split of B at 2024-01-02 lies outside the symbol's life"):
        Bars(close, split=nothing.fillna(0.0) + 1.0)
    nothing.loc["2024-01-03", "A"] = np.nan
    with pytest.raises(BadBars, match="dividend of A at 2024-01-03 is missing inside"):
        Bars(close, dividend=nothing)


def test_sessions_must_increase_once_each_and_carry_no_zone(close):
    with pytest.raises(BadBars, match="Session 2024-01-05 00:00 stands twice"):
        Bars(pd.concat([close, close.iloc[-1:]]))
    with pytest.raises(BadBars, match=r"Session 2024-01-04 \(row 1\) comes after 2024-01-05"):
        Bars(close[::-1])
    with pytest.raises(BadBars, match="time zone UTC"):
        Bars(close.tz_localize("UTC"))
    with pytest.raises(BadBars, match="RangeIndex"):
        Bars(close.reset_index(drop=True))
    with pytest.raises(BadBars, match="Row 3 of close has no session"):
        Bars(close.set_axis([*SESSIONS[:3], pd.NaT]))


def test_symbols_must_be_words_and_unique(close):
    with pytest.raises(BadBars, match="Symbol A stands twice"):
        Bars(close.set_axis(["A", "A"], axis=1))
    with pytest.raises(BadBars, match="The column 7 is a int"):
        Bars(close.set_axis(["A", 7], axis=1))


def test_what_is_no_table_of_numbers_is_refused(close):
    with pytest.raises(BadBars, match="something else than numbers"):
        Bars(close.astype(object).where(close.notna(), "n/a"))
    with pytest.raises(BadBars, match="close is a Series"):
        Bars(close["A"])
    with pytest.raises(BadBars, match="without a row"):
        Bars(close.iloc[:0])


def test_fields_and_features_have_the_sessions_of_close(close):
    with pytest.raises(BadBars, match="open has shape"):
        Bars(close, open=close.iloc[:3])
    with pytest.raises(BadBars, match="The feature mood has 3 rows"):
        Bars(close, features={"mood": close.iloc[:3]})


@settings(deadline=None, max_examples=40)
@given(any_bars(), st.data())
def test_one_broken_cell_anywhere_in_a_life_is_named(bars, data):
    broken = bars.close.copy()
    lives = np.argwhere(bars.close.notna().to_numpy())
    if not len(lives):
        return
    row, column = data.draw(st.sampled_from(lives.tolist()))
    broken.iloc[row, column] = data.draw(st.sampled_from([0.0, -3.0, np.inf]))
    named = f"close of {broken.columns[column]} at {broken.index[row]:%Y-%m-%d}"
    with pytest.raises(BadBars, match=named):
        Bars(broken)


# --- what they keep ---------------------------------------------------------------------------------------------


def test_a_symbol_whose_life_lies_outside_is_allowed(close):
    assert Bars(close.assign(C=np.nan)).symbols == ("A", "B", "C")


def vandalise(frame: pd.DataFrame) -> None:
    """Everything that pandas lets somebody do to a frame in place."""
    frame.columns = frame.columns.str.lower()
    frame["added"] = 1.0
    frame.iloc[0, 0] = 99.0
    frame *= 2.0


@pytest.mark.parametrize(
    "part", [lambda bars: bars, lambda bars: bars.until("2024-01-04")], ids=["whole", "slice"]
)
def test_nothing_in_them_can_be_written_to(close, part):
    bars = part(Bars(close, volume=close * 2.0, features={"mood": close}))
    view = bars.close.iloc[:1]  # a living view would have made pandas copy on a write, and let it succeed
    before = bars.since("2024-01-02").content_hash
    for held in (bars.close, bars.volume, bars.features["mood"]):
        with pytest.raises(ValueError, match="read-only"):
            held.to_numpy()[0, 0] = 1.0
        vandalise(held)
    assert bars.since("2024-01-02").content_hash == before
    assert view.iloc[0, 0] == 10.0
    with pytest.raises(FrozenInstanceError):
        bars.close = close
    with pytest.raises(TypeError):
        bars.features["more"] = close


def test_they_survive_a_journey_to_another_process(close):
    bars = Bars(close, volume=close, features={"mood": close}, source="made", licence="none", caveat="all")
    back = pickle.loads(pickle.dumps(bars))  # noqa: S301 - our own bytes
    assert back.content_hash == bars.content_hash
    assert (back.source, back.licence, back.caveat) == ("made", "none", "all")


def test_they_do_not_follow_the_callers_frame(close):
    bars = Bars(close)
    before = Bars(close).content_hash
    close.loc["2024-01-02", "A"] = 99.0
    assert bars.close.loc["2024-01-02", "A"] == 10.0
    assert bars.content_hash == before


def test_until_and_since_include_the_session_named(close):
    bars = Bars(close)
    assert list(bars.until("2024-01-03").sessions) == list(SESSIONS[:2])
    assert list(bars.since(SESSIONS[2]).sessions) == list(SESSIONS[2:])
    assert list(bars.until("2024-01-07").sessions) == list(SESSIONS)  # a Sunday: all known by then


@pytest.mark.parametrize(
    "ask", [lambda bars: bars.until("2024-01-01"), lambda bars: bars.since("2024-01-06")]
)
def test_a_slice_without_a_session_is_refused(close, ask):
    with pytest.raises(DataError, match="These bars run from 2024-01-02 to 2024-01-05"):
        ask(Bars(close))


def test_a_slice_at_something_that_is_no_date_is_refused(close):
    with pytest.raises(DataError, match="'soon' is not a date"):
        Bars(close).until("soon")


@settings(deadline=None, max_examples=40)
@given(any_bars(), st.data())
def test_a_slice_equals_bars_made_from_the_sliced_frames(bars, data):
    session = data.draw(st.sampled_from(list(bars.sessions)))
    part = bars.until(session)
    volume = None if bars.volume is None else bars.volume.loc[:session]
    features = {name: frame.loc[:session] for name, frame in bars.features.items()}
    made = Bars(bars.close.loc[:session], volume=volume, features=features)  # checked in full
    assert part.content_hash == made.content_hash
    assert (part.source, part.licence) == (bars.source, bars.licence)


@settings(deadline=None, max_examples=40)
@given(any_bars(), st.data())
def test_cutting_twice_is_cutting_once_at_the_earlier(bars, data):
    sessions = list(bars.sessions)
    early, late = sorted((data.draw(st.sampled_from(sessions)), data.draw(st.sampled_from(sessions))))
    assert bars.until(late).until(early).content_hash == bars.until(early).content_hash
    assert len(bars.until(early)) + len(bars.since(late)) == len(bars) + (early == late) - (late > early) * (
        sessions.index(late) - sessions.index(early) - 1
    )


def test_a_slice_shares_the_memory_of_the_whole(close):
    bars = Bars(close)
    assert np.shares_memory(bars.until("2024-01-04").close.to_numpy(), bars.close.to_numpy())


# --- what they are ----------------------------------------------------------------------------------------------


def test_the_content_hash_is_the_documented_sequence_of_bytes():
    bars = Bars(pd.DataFrame({"KO": [60.5, 61.25]}, index=SESSIONS[:2]))
    days = [1704153600 * 10**9, 1704240000 * 10**9]  # midnights of 2 and 3 January 2024, in nanoseconds
    expected = (
        b"2 sessions\n"
        + struct.pack("<2q", *days)
        + b"\x1eclose\x1fKO\x1f\x1e"
        + struct.pack("<2d", 60.5, 61.25)
    )
    assert bars.content_hash == hashlib.sha256(expected).hexdigest()


@settings(deadline=None, max_examples=40)
@given(any_bars())
def test_the_content_hash_ignores_layout_nan_bits_and_date_resolution(bars):
    values = np.asfortranarray(bars.close.to_numpy().copy())
    other_nan = np.frombuffer(struct.pack("<Q", 0xFFF8000000000123), dtype="f8")[0]
    values[np.isnan(values)] = other_nan
    index = bars.sessions.as_unit("s")
    twin = Bars(
        pd.DataFrame(values, index=index, columns=bars.close.columns),
        volume=bars.volume,
        features=dict(reversed(bars.features.items())),
        source="elsewhere",
    )
    assert twin.content_hash == bars.content_hash


@settings(deadline=None, max_examples=40)
@given(any_bars(), st.data())
def test_the_content_hash_changes_with_any_price_session_or_symbol(bars, data):
    lives = np.argwhere(bars.close.notna().to_numpy())
    if len(lives):
        row, column = data.draw(st.sampled_from(lives.tolist()))
        moved = bars.close.copy()
        moved.iloc[row, column] = np.nextafter(moved.iloc[row, column], np.inf)
        assert Bars(moved).content_hash != Bars(bars.close).content_hash
    shifted = bars.close.set_axis(bars.sessions + pd.Timedelta(days=1))
    renamed = bars.close.rename(columns={"A": "AA"})
    assert len({Bars(each).content_hash for each in (bars.close, shifted, renamed)}) == 3


def test_they_introduce_themselves_in_one_line(close):
    assert repr(Bars(close, volume=close, source="sample")) == (
        "Bars(4 sessions 2024-01-02 .. 2024-01-05, 2 symbols, close volume, source='sample')"
    )


def test_dividends_and_splits_are_part_of_the_identity_and_are_no_feature(close):
    nothing = close * 0.0
    known = [
        Bars(close),
        Bars(close, dividend=nothing),
        Bars(close, split=nothing + 1.0),
        Bars(close, features={"dividend": nothing}),
        Bars(close, dividend=nothing, split=nothing + 1.0),
    ]
    assert len({bars.content_hash for bars in known}) == len(known)
    assert known[-1].fields == ("close", "dividend", "split")
    assert known[-1].until("2024-01-03").split.shape == (2, 2)
    assert pickle.loads(pickle.dumps(known[-1])).content_hash == known[-1].content_hash  # noqa: S301 - our own bytes


def test_marks_keep_the_last_close_of_a_symbol_and_share_memory_where_nothing_is_missing():
    index = pd.DatetimeIndex(["2024-01-02", "2024-01-03", "2024-01-04"])
    whole = Bars(pd.DataFrame({"A": [1.0, 2.0, 3.0]}, index))
    assert whole.complete
    assert np.shares_memory(whole.marks, whole.table("close"))
    delisted = Bars(pd.DataFrame({"A": [1.0, 2.0, 3.0], "B": [np.nan, 5.0, np.nan]}, index))
    assert not delisted.complete
    np.testing.assert_array_equal(delisted.marks, [[1.0, np.nan], [2.0, 5.0], [3.0, 5.0]])
    for marks in (whole.marks, delisted.marks):
        with pytest.raises(ValueError, match="read-only"):
            marks[0, 0] = 9.0
