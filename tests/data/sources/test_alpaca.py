"""Alpaca's own ways: pages, midnights in New York, actions listed by the day they are paid, its refusals."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from venues import reach
from venues.alpaca import EXPIRED, PAYS_AFTER, SYMBOLS, Venue
from venues.http import Reply

from framework.access.patience import Patience
from framework.data.sources import find
from framework.data.sources.alpaca import DELAY, _midnight
from framework.errors import DataError, KeyRefused, UnknownSymbol, VendorDown


@pytest.fixture
def venue():
    with Venue() as standing:
        yield standing


@pytest.fixture
def source(venue, tmp_path):
    return reach.source(venue, tmp_path)


def questions(venue, path: str) -> list[dict[str, str]]:
    return [request.query for request in venue.asked if request.path == path]


def test_every_page_is_asked_for_with_the_token_of_the_one_before(venue, source):
    bars = source.bars(SYMBOLS)
    asked = questions(venue, "/v2/stocks/bars")
    rows = sum(len(venue.market.over_only(symbol)) for symbol in SYMBOLS)
    assert len(asked) == -(-rows // 100) > 5
    assert [each.get("page_token") for each in asked] == [
        None,
        *(str(100 * page) for page in range(1, len(asked))),
    ]
    assert bars.close.notna().to_numpy().sum() == rows


def test_it_asks_for_raw_prices_with_both_ends_at_midnight_in_new_york(venue, source):
    source.bars(["KO"], start="2023-03-10", end="2023-03-14")
    (asked,) = questions(venue, "/v2/stocks/bars")
    assert asked["adjustment"] == "raw"
    assert (asked["start"], asked["end"]) == (
        "2023-03-10T05:00:00Z",
        "2023-03-14T04:00:00Z",
    )  # summer time began


def test_a_midnight_is_that_of_new_york_in_winter_and_in_summer():
    assert _midnight(pd.Timestamp("2024-01-05")) == "2024-01-05T05:00:00Z"
    assert _midnight(pd.Timestamp("2024-07-05")) == "2024-07-05T04:00:00Z"


def test_a_dividend_is_found_by_its_ex_date_though_it_is_listed_when_it_is_paid(venue, source):
    ex, cash = next(iter(venue.market.listings["KO"].dividends.items()))
    bars = source.bars(["KO"], start=ex - pd.Timedelta(days=7), end=ex)
    assert bars.dividend.loc[ex, "KO"] == cash
    assert bars.dividend.sum(axis=None) == cash
    (asked,) = questions(venue, "/v1/corporate-actions")
    assert pd.Timestamp(asked["end"]) > ex + PAYS_AFTER


def test_a_split_is_new_shares_per_old_one_and_explains_the_jump(venue, source):
    (day,) = venue.market.listings["AAPL"].splits
    bars = source.bars(["AAPL"])
    row = bars.sessions.get_loc(day)
    assert bars.split["AAPL"].iloc[row] == 4.0
    assert bars.close["AAPL"].iloc[row] / bars.close["AAPL"].iloc[row - 1] == pytest.approx(0.25, rel=0.05)


@pytest.mark.parametrize(
    ("late", "last"), [(timedelta(seconds=-1), "2024-03-14"), (timedelta(0), "2024-03-15")]
)
def test_a_bar_is_final_once_the_delay_of_the_feed_has_passed_after_the_close(venue, tmp_path, late, last):
    close = datetime(2024, 3, 15, 20, tzinfo=UTC)
    access = replace(reach.access(venue, tmp_path), as_of=close + DELAY + late)
    assert find("alpaca", access).bars(["KO"]).sessions[-1] == pd.Timestamp(last)


def test_a_symbol_in_the_way_of_another_vendor_is_told_alpacas(source):
    with pytest.raises(UnknownSymbol, match=r"alpaca: BRK-B.*invalid symbol: BRK-B.*BRK\.B"):
        source.bars(["BRK-B"])


def test_a_key_that_may_not_use_the_feed_is_told_of_the_other(venue, tmp_path):
    source = find("alpaca", reach.access(venue, tmp_path, files=EXPIRED))
    with pytest.raises(KeyRefused, match=r"HTTP 403: .*'iex' into the file feed"):
        source.bars(["KO"])


def test_many_symbols_are_asked_for_in_parts(venue, source):
    many = [f"X{chr(65 + a)}{chr(65 + b)}" for a in range(10) for b in range(13)]
    with pytest.raises(UnknownSymbol, match="alpaca: XAA,"):
        source.bars(many)
    assert len(questions(venue, "/v2/stocks/bars")) >= 2
    assert max(len(each["symbols"].split(",")) for each in questions(venue, "/v2/stocks/bars")) == 100


def test_a_closed_port_is_a_vendor_that_is_down(tmp_path):
    with Venue() as gone:
        access = reach.access(gone, tmp_path, patience=Patience(attempts=2, sleep=lambda _: None))
    with pytest.raises(VendorDown, match="ConnectionError"):
        find("alpaca", access).bars(["KO"])


def test_a_field_that_is_missing_is_a_change_of_form_and_no_fault_of_ours(venue, source, monkeypatch):
    answer = venue.answer
    monkeypatch.setattr(venue, "answer", lambda request: without_closes(answer(request)))
    with pytest.raises(DataError, match=r"alpaca: KO, .*another form than it should \(KeyError: 'c'\)"):
        source.bars(["KO"])


def without_closes(reply: Reply) -> Reply:
    for bars in reply.content.get("bars", {}).values():
        for bar in bars:
            del bar["c"]
    return reply
