"""Bars that are well formed and wrong are found; bars of real, wild markets are not."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.data.gates import check, delisted, findings, in_currency
from framework.data.sessions import close_of, sessions_between
from framework.data.sources import find
from framework.errors import StaleData, UntrustedBars

SESSIONS = sessions_between("XNYS", "2022-09-01", "2022-12-28")
AS_OF = close_of("XNYS", SESSIONS[-1])


@pytest.fixture
def bars() -> Bars:
    """Two symbols of a random walk, with volume; nothing is wrong with them."""
    rng = np.random.default_rng(4)
    close = 100.0 * np.exp(0.015 * rng.standard_normal((len(SESSIONS), 2)).cumsum(axis=0))
    frame = pd.DataFrame(close, SESSIONS, ["AAA", "BBB"])
    return Bars(frame, open=frame * 1.001, volume=frame * 0.0 + 1e6, source="invented")


def found(bars, as_of=AS_OF, **options):
    return [
        (one.gate, one.symbol, f"{one.session:%Y-%m-%d}")
        for one in findings(bars, calendar="XNYS", as_of=as_of, **options)
    ]


def altered(bars, row, column, *, close=1.0, volume=None):
    """The same with one close multiplied by a factor, or one volume replaced."""
    prices = bars.close
    prices.iloc[row, column] *= close
    traded = bars.volume
    if volume is not None:
        traded.iloc[row, column] = volume
    return replace(bars, close=prices, volume=traded)


def test_nothing_is_wrong_with_a_random_walk(bars):
    assert found(bars) == []


@pytest.mark.parametrize("factor", [10.0, 0.1, 1.9, 0.5])
def test_a_jump_is_an_outlier_there_and_back(bars, factor):
    jumped = altered(bars, 60, 1, close=factor)
    days = [f"{SESSIONS[row]:%Y-%m-%d}" for row in (60, 61)]
    assert found(jumped) == [("outlier", "BBB", day) for day in days]


def test_a_split_that_is_told_is_no_outlier(bars):
    close, split = bars.close, bars.close * 0.0 + 1.0
    close.iloc[60:, 0] /= 20.0
    split.iloc[60, 0] = 20.0
    assert found(replace(bars, close=close, open=None, split=split)) == []
    assert found(replace(bars, close=close, open=None)) == [("outlier", "AAA", f"{SESSIONS[60]:%Y-%m-%d}")]


def test_a_close_that_stands_still_for_five_sessions_is_frozen(bars):
    close = bars.close
    close.iloc[50:54, 0] = close.iloc[50, 0]
    assert found(replace(bars, close=close)) == []
    close.iloc[50:55, 0] = close.iloc[50, 0]
    assert found(replace(bars, close=close)) == [("frozen", "AAA", f"{SESSIONS[54]:%Y-%m-%d}")]


def test_a_session_in_which_nothing_traded_is_found_unless_the_symbol_has_no_volume_at_all(bars):
    assert found(altered(bars, 70, 0, volume=0.0)) == [("zero volume", "AAA", f"{SESSIONS[70]:%Y-%m-%d}")]
    assert found(replace(bars, volume=bars.volume * 0.0)) == []


def test_a_session_that_the_calendar_has_and_the_bars_have_not_is_a_gap(bars):
    kept = np.arange(len(SESSIONS)) != 40
    gapped = Bars(bars.close[kept], source="invented")
    day = f"{SESSIONS[40]:%Y-%m-%d}"
    assert found(gapped) == [("gapped", "AAA", day), ("gapped", "BBB", day)]
    late = bars.close[kept]
    late.iloc[:50, 1] = np.nan
    assert found(Bars(late, source="invented")) == [("gapped", "AAA", day)]  # BBB was not listed yet


def test_a_series_that_is_late_is_stale(bars):
    morning_after = close_of("XNYS", "2022-12-30")
    assert found(bars, as_of=morning_after) == [
        ("stale", "AAA", "2022-12-28"),
        ("stale", "BBB", "2022-12-28"),
    ]


def test_one_symbol_that_is_late_is_stale_and_one_that_ended_long_ago_is_delisted(bars):
    close = bars.close
    close.iloc[-3:, 1] = np.nan
    late = Bars(close, source="invented")
    assert found(late) == [("stale", "BBB", f"{SESSIONS[-4]:%Y-%m-%d}")]
    close.iloc[-30:, 1] = np.nan
    gone = Bars(close, source="invented")
    assert found(gone) == []
    assert delisted(gone, calendar="XNYS", as_of=AS_OF, newest=SESSIONS[-1]) == ("BBB",)


def test_a_symbol_read_alone_is_delisted_if_its_source_went_on(bars):
    alone = Bars(bars.close[["BBB"]].iloc[:-30], source="invented")
    assert [gate for gate, *_ in found(alone)] == ["stale"]
    assert found(alone, newest=SESSIONS[-1]) == []


def test_a_bar_from_the_future_is_found(bars):
    earlier = close_of("XNYS", "2022-12-23")
    assert {gate for gate, *_ in found(bars, as_of=earlier)} == {"future-dated"}


def test_what_was_judged_before_is_not_judged_again_but_stale_stays_stale(bars):
    jumped = altered(bars, 60, 1, close=3.0)
    assert found(jumped, since=SESSIONS[61]) == []
    assert [day for *_, day in found(jumped, since=SESSIONS[60])] == [f"{SESSIONS[61]:%Y-%m-%d}"]
    assert [gate for gate, *_ in found(bars, as_of=close_of("XNYS", "2022-12-29"), since=SESSIONS[-1])] == [
        "stale"
    ] * 2


def test_minutes_may_be_flat_and_empty(bars):
    minutes = pd.date_range("2022-12-28 14:31", periods=390, freq="min")
    flat = pd.DataFrame({"AAA": np.full(390, 100.0)}, minutes)
    traded = flat * 0.0
    traded.iloc[::2] = 5.0
    assert found(Bars(flat, volume=traded, source="invented")) == []


def test_another_currency_than_the_accounts_is_a_finding():
    (one,) = in_currency({"AAA": "USD", "SAP": "EUR"}, "USD", SESSIONS[-1])
    assert (one.gate, one.said) == ("currency mismatch", "SAP is in EUR, the account in USD")


def test_a_refusal_says_what_was_found_and_what_to_do(bars):
    check((), as_of=AS_OF)
    jumped = findings(altered(bars, 60, 1, close=3.0), calendar="XNYS", as_of=AS_OF)
    with pytest.raises(UntrustedBars, match=r"outlier: BBB moved by \+\d+% on 2022-11-28.*openbook resume"):
        check(jumped, as_of=AS_OF)
    after = close_of("XNYS", "2022-12-29")
    late = findings(altered(bars, 60, 1, close=3.0), calendar="XNYS", as_of=after)
    with pytest.raises(StaleData, match=r"stale: AAA ends at 2022-12-28, 1 session behind; stale: BBB.*sync"):
        check(late, as_of=after)


def test_the_crash_of_2008_and_of_2020_pass_and_a_wrong_print_between_them_does_not():
    sample = find("sample").bars(["KO", "JPM", "XOM", "AAPL", "SP500"], start="2007-01-03", end="2020-12-31")
    as_of = datetime(2020, 12, 31, 22, tzinfo=UTC)
    assert findings(sample, calendar="XNYS", as_of=as_of) == ()
    close = sample.close
    close.iloc[2000, 1] *= 0.4
    (fall, rise) = findings(Bars(close, source="sample"), calendar="XNYS", as_of=as_of)
    assert (fall.symbol, fall.gate, rise.gate) == ("JPM", "outlier", "outlier")
