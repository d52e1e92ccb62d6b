"""Binance's own ways: days in UTC that never rest, pages by time, weights, bans, countries that it does not serve."""

from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd
import pytest
from venues import reach
from venues.binance import SYMBOLS, Venue
from venues.faults import Fault
from venues.http import Reply

from framework.data.sources import find
from framework.errors import DataError, UnknownSymbol, VendorDown


@pytest.fixture
def venue():
    with Venue() as standing:
        yield standing


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def source(venue, tmp_path, slept):
    return find("binance", reach.access(venue, tmp_path, patience=reach.quick(slept)))


def test_every_page_begins_after_the_last_day_of_the_one_before(venue, source):
    bars = source.bars(["BTCUSDT"])
    starts = [int(each.query["startTime"]) for each in venue.asked]
    assert len(starts) == 5  # 470 days, 100 a page
    assert starts[1:] == [int(day.timestamp()) * 1000 for day in bars.sessions[[100, 200, 300, 400]]]
    assert len(bars) == len(venue.market.over_only("BTCUSDT"))


def test_weekends_are_days_like_any_other(source):
    bars = source.bars(SYMBOLS[:2], start="2024-03-09", end="2024-03-10")
    assert list(bars.sessions.strftime("%a")) == ["Sat", "Sun"]


@pytest.mark.parametrize(
    ("as_of", "last"),
    [
        (datetime(2024, 3, 15, 23, 59, tzinfo=UTC), "2024-03-14"),
        (datetime(2024, 3, 16, tzinfo=UTC), "2024-03-15"),
    ],
)
def test_a_day_is_final_at_midnight_utc(venue, source, as_of, last):
    source = replace(source, access=replace(source.access, as_of=as_of))
    assert source.bars(["BTCUSDT"]).sessions[-1] == pd.Timestamp(last)


def test_currencies_have_no_dividends_and_no_splits(source):
    bars = source.bars(SYMBOLS)
    assert not bars.has("dividend")
    assert not bars.has("split")


def test_it_shows_no_key_and_asks_no_host_that_takes_orders(venue, source):
    source.bars(["BTCUSDT"], start="2024-03-01")
    assert not venue.asked[0].headers["x-mbx-apikey"]
    assert "signature" not in venue.asked[0].query
    assert source.access.keys.option("address", "") == venue.address


def test_a_full_minute_is_waited_for_before_it_is_asked_again(venue, source, slept):
    venue.weight = 4800  # of 6000: the next question is one too many
    source.bars(["BTCUSDT"], start="2023-12-01", end="2023-12-03")
    assert slept == [60.0]


def test_a_ban_is_not_waited_for(venue, source, slept):
    venue.banned_for = 7200
    venue.faults.add(Fault.STORM)
    with pytest.raises(
        VendorDown, match=r"binance: BTCUSDT, .*RateLimitBanError.*7200 s; the longest is 60 s"
    ):
        source.bars(["BTCUSDT"])
    assert (len(venue.asked), slept) == (1, [])


@pytest.mark.parametrize("symbol", ["BTC-USD", "BTC/USDT", "btcusdt", "NONEUSDT"])
def test_a_pair_in_another_way_of_writing_is_unknown(source, symbol):
    with pytest.raises(UnknownSymbol, match=rf"binance: {symbol}, .*no such symbol"):
        source.bars([symbol])


def test_a_country_that_is_not_served_is_told_so(venue, source, slept, monkeypatch):
    monkeypatch.setattr(venue, "answer", lambda _: Reply({"code": 0, "msg": "restricted location"}, 451))
    with pytest.raises(DataError, match=r"binance: BTCUSDT, .*restricted location.*from some places"):
        source.bars(["BTCUSDT"])
    assert not slept


@pytest.mark.parametrize(
    ("symbol", "quote"), [("BTCUSDT", "USDT"), ("ETHBTC", "BTC"), ("BTCEUR", "EUR"), ("BTCFDUSD", "FDUSD")]
)
def test_the_currency_of_a_pair_is_what_it_ends_in(symbol, quote):
    assert find("binance").currency(symbol) == quote


def test_a_pair_that_ends_in_no_known_currency_is_refused():
    with pytest.raises(DataError, match=r"BTCXYZ ends in no currency.*USDT"):
        find("binance").currency("BTCXYZ")
