"""Yahoo's own ways: splits taken out of everything, cookies and crumbs, nulls, and exchanges with days of their own."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from venues import reach
from venues.yahoo import COOKIE, Venue

from framework.data.sessions import sessions_between
from framework.data.sources.yahoo import CALENDARS, DELAY
from framework.errors import BadBars, DataError, UnknownSymbol


@pytest.fixture
def venue():
    with Venue() as standing:
        yield standing


@pytest.fixture
def source(venue, tmp_path):
    return reach.source(venue, tmp_path)


def charts(venue) -> list:
    return [request for request in venue.asked if "/chart/" in request.path]


def test_prices_are_as_they_were_traded_though_yahoo_gives_them_divided(venue, source):
    listing = venue.market.listings["AAPL"]
    (split,) = listing.splits
    row = list(listing.prices.index).index(split)
    bars = source.bars(["AAPL"])
    assert bars.close["AAPL"].iloc[row - 1] == pytest.approx(listing.prices["close"].iloc[row - 1], rel=1e-15)
    assert bars.split["AAPL"].iloc[row] == 4.0
    assert bars.close["AAPL"].iloc[row] / bars.close["AAPL"].iloc[row - 1] == pytest.approx(0.25, rel=0.05)
    assert bars.volume["AAPL"].iloc[row - 1] == listing.prices["volume"].iloc[row - 1]


def test_a_split_after_the_range_is_put_back_too(venue, source):
    listing = venue.market.listings["AAPL"]
    (split,) = listing.splits
    before = listing.prices.loc[: split - pd.Timedelta(days=1)]
    bars = source.bars(["AAPL"], start=before.index[5], end=before.index[-1])
    assert list(bars.close["AAPL"]) == pytest.approx(list(before["close"].iloc[5:]), rel=1e-15)
    assert (bars.split == 1.0).all(axis=None)


def test_a_dividend_before_a_split_is_cash_per_share_of_its_day(venue, source):
    listing = venue.market.listings["AAPL"]
    day = listing.prices.index[50]
    listing.dividends = {day: 0.96}  # 0.24 a share of today, as Yahoo writes it
    bars = source.bars(["AAPL"])
    assert bars.dividend.loc[day, "AAPL"] == pytest.approx(0.96)


def test_what_a_fund_hands_out_as_gains_is_cash_like_a_dividend(venue, source):
    day = next(iter(venue.market.listings["^GSPC"].dividends))
    venue.gains = {"^GSPC": {day: 1.5}}
    assert source.bars(["^GSPC"]).dividend.loc[day, "^GSPC"] == pytest.approx(1.75)


def test_a_crumb_that_is_no_longer_good_is_renewed_with_its_cookie(venue, source):
    source.bars(["AAPL"])
    venue.crumb = "canary-crumb-of-tomorrow"
    assert len(source.bars(["AAPL"])) == 322
    assert charts(venue)[-1].query["crumb"] == venue.crumb
    assert COOKIE in charts(venue)[-1].headers["cookie"]


def test_without_a_crumb_charts_are_given_all_the_same(venue, source):
    venue.crumb = None
    assert len(source.bars(["AAPL"])) == 322


@pytest.mark.parametrize("symbol", ["BRK.B", "AAPLQ", "KO/PR"])
def test_an_unknown_symbol_is_told_apart_from_a_vendor_that_is_down(source, symbol):
    with pytest.raises(UnknownSymbol, match=rf"yahoo: {symbol}, .*no such symbol"):
        source.bars([symbol])


@pytest.mark.parametrize(
    ("late", "last"), [(timedelta(seconds=-1), "2024-03-14"), (timedelta(0), "2024-03-15")]
)
def test_a_bar_is_final_half_an_hour_after_the_close(source, late, last):
    as_of = datetime(2024, 3, 15, 20, tzinfo=UTC) + DELAY + late
    assert replace(source, access=replace(source.access, as_of=as_of)).bars(["AAPL"]).sessions[
        -1
    ] == pd.Timestamp(last)


def test_a_day_of_nothing_is_no_bar_and_never_a_price(venue, source):
    day = venue.market.listings["AAPL"].prices.index[60]
    venue.holes = {day: ("open", "high", "low", "close", "volume")}
    bars = source.bars(["AAPL"])
    assert day not in bars.sessions
    assert len(bars) == 321


def test_where_another_symbol_has_a_price_such_a_day_is_refused(venue, source):
    listing = venue.market.listings["AAPL"]
    day = listing.prices.index[60]
    listing.prices = listing.prices.drop(day)
    with pytest.raises(BadBars, match=rf"yahoo: AAPL, BRK-B, .*AAPL has no price on {day:%Y-%m-%d} \(1 such"):
        source.bars(["AAPL", "BRK-B"])


def test_a_day_with_a_hole_is_refused(venue, source):
    day = venue.market.listings["AAPL"].prices.index[60]
    venue.holes = {day: ("close",)}
    with pytest.raises(BadBars, match=rf"yahoo: AAPL, .*close of {day:%Y-%m-%d} is nan"):
        source.bars(["AAPL"])


def test_symbols_with_different_sessions_are_not_put_side_by_side(venue, source):
    venue.exchange["BRK-B"] = "LSE"
    with pytest.raises(
        DataError, match=r"AAPL \(XNYS\) and BRK-B \(XLON\) have different sessions.*Load them apart"
    ):
        source.bars(["AAPL", "BRK-B"])


def test_an_exchange_whose_sessions_are_not_known_is_refused_by_its_name(venue, source):
    venue.exchange["AAPL"] = "XXX"
    with pytest.raises(DataError, match=r"AAPL is traded at 'XXX'.*NMS"):
        source.bars(["AAPL"])


def test_the_calendars_are_ones_that_there_are():
    for calendar in set(CALENDARS.values()):
        assert len(sessions_between(calendar, "2024-01-01", "2024-01-31")) > 15


def test_two_ways_to_yahoo_in_one_process_do_not_get_mixed_up(venue, source, tmp_path):
    with Venue() as other:
        (tmp_path / "other").mkdir()
        second = reach.source(other, tmp_path / "other")
        source.bars(["AAPL"])
        second.bars(["AAPL"])
        source.bars(["AAPL"])
        assert (len(charts(venue)), len(charts(other))) == (2, 1)


def test_the_currency_is_yahoos_own_word(venue, source):
    assert source.currency("AAPL") == "USD"
    venue.currency = "GBp"
    assert source.currency("AAPL") == "GBp"
    with pytest.raises(UnknownSymbol, match="yahoo: AAPLQ: there is no such symbol"):
        source.currency("AAPLQ")
