"""IB's own ways: contracts that must be told apart, years at a time, farms that get lost, warnings without end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from venues import reach
from venues.ib import Venue

from framework.access.patience import Patience
from framework.data.sources import find
from framework.data.sources.ib import DELAY
from framework.errors import DataError, KeyRefused, UnknownSymbol, VendorDown


@pytest.fixture
def venue():
    with Venue() as standing:
        yield standing


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def source(venue, tmp_path, slept):
    return find("ib", reach.access(venue, tmp_path, patience=reach.quick(slept)))


def histories(venue) -> list[tuple[str, ...]]:
    return [asked.fields for asked in venue.asked if asked.number == 20]


def test_history_is_asked_for_backwards_until_there_is_no_more(venue, source):
    bars = source.bars(["KO"])
    ends = [fields[14] for fields in histories(venue)]
    assert ends[0] == "20240315 03:59:59 UTC"  # the end of 14 March in New York, in summer time
    assert len(ends) == 3  # 282 bars, 200 at once, and a question that has no answer
    assert ends == sorted(ends, reverse=True)
    assert [fields[16] for fields in histories(venue)] == ["5 Y"] * 3
    assert len(bars) == len(venue.market.over_only("KO"))


def test_a_short_range_is_asked_for_in_days(venue, source):
    source.bars(["KO"], start="2024-03-04", end="2024-03-08")
    assert histories(venue)[0][16] == "5 D"


def test_trades_are_asked_for_and_never_what_was_adjusted(venue, source):
    bars = source.bars(["KO"])
    assert {fields[18] for fields in histories(venue)} == {"TRADES"}
    assert not bars.has("dividend")
    assert not bars.has("split")


def test_the_connection_is_read_only_under_its_number_and_ends_with_the_answer(venue, source, tmp_path):
    reach.write_keys(tmp_path, "ib", {"client_id": "83"})
    numbered = find("ib", replace(source.access, keys=reach.keys.read(tmp_path / "keys", "ib")))
    numbered.bars(["KO"], start="2024-03-04")
    source.bars(["KO"], start="2024-03-04")
    assert venue.connected == [83, 71]
    assert {asked.number for asked in venue.asked} == {71, 61, 9, 20}  # start, positions, details, history


@pytest.mark.parametrize(
    ("late", "last"), [(timedelta(seconds=-1), "2024-03-14"), (timedelta(0), "2024-03-15")]
)
def test_a_bar_is_final_half_an_hour_after_the_close(source, late, last):
    as_of = datetime(2024, 3, 15, 20, tzinfo=UTC) + DELAY + late
    assert replace(source, access=replace(source.access, as_of=as_of)).bars(["KO"]).sessions[
        -1
    ] == pd.Timestamp(last)


# --- contracts --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("symbol", ["BRK.B", "BRK-B", "KOQ"])
def test_a_symbol_that_no_contract_has_is_unknown(source, slept, symbol):
    with pytest.raises(UnknownSymbol, match=rf"ib: {symbol}, .*no such symbol"):
        source.bars([symbol])
    assert not slept


def test_a_symbol_of_two_exchanges_must_say_which(venue, source):
    venue.listed["KO"] = ["NYSE", "ARCA"]
    with pytest.raises(DataError, match=r"ib: KO, .*listed at ARCA, NYSE.*such as KO@ARCA"):
        source.bars(["KO"])
    assert source.bars(["KO@NYSE"]).symbols == ("KO@NYSE",)


def test_an_exchange_with_other_sessions_is_refused(venue, source):
    venue.listed["KO"] = ["LSEETF"]
    with pytest.raises(DataError, match=r"listed at LSEETF.*One of NYSE"):
        source.bars(["KO"])


# --- errors -----------------------------------------------------------------------------------------------------

PERMISSION = "Historical Market Data Service error message:No market data permissions for NYSE STK"


@pytest.mark.parametrize(
    ("code", "text"),
    [(162, PERMISSION), (354, "Requested market data is not subscribed."), (10089, "Not subscribed")],
)
def test_data_that_the_account_may_not_have_is_a_refusal(venue, source, slept, code, text):
    venue.refusal = (1, code, text)
    with pytest.raises(KeyRefused, match=rf"ib: KO, .*error {code}.*Client Portal"):
        source.bars(["KO"])
    assert not slept


@pytest.mark.parametrize(
    ("about", "code", "told"),
    [
        (-1, 1100, "no connection from TWS to IB"),
        (-1, 2105, "history farm lost"),
        (-1, 2103, "market data farm lost"),
        (1, 321, "said so"),  # the client takes it for a warning, and would wait for ever
        (1, 162, "said so"),
        (1, 366, "said so"),
    ],
)
def test_what_may_be_otherwise_in_a_moment_is_asked_again_and_then_given_up(
    venue, source, slept, about, code, told
):
    venue.refusal = (about, code, "said so")
    with pytest.raises(VendorDown, match=rf"ib: KO, 1980-01-01 \.\. 2024-03-14: IB error {code}: {told}"):
        source.bars(["KO"])
    assert slept == [1.0, 2.0, 4.0]
    assert len(venue.connected) == 4  # a connection of its own each time


def test_a_connection_that_is_restored_between_two_attempts_answers(venue, source, slept):
    venue.refusal = (-1, 1100, "Connectivity between IB and TWS has been lost.")
    slept_first = source.access.patience.sleep

    def restore(seconds: float) -> None:
        slept_first(seconds)
        venue.refusal = None

    patience = replace(source.access.patience, sleep=restore)
    assert len(replace(source, access=replace(source.access, patience=patience)).bars(["KO"])) == 282
    assert slept == [1.0]


def test_notices_that_a_connection_is_restored_or_a_farm_is_fine_are_no_errors(venue, source, slept):
    venue.notices = (
        (1101, "Connectivity restored, data lost"),
        (1102, "Connectivity restored, data maintained"),
    )
    assert len(source.bars(["KO"])) == 282
    assert not slept


def test_where_nobody_listens_the_address_is_named(tmp_path):
    with Venue() as gone:
        access = reach.access(gone, tmp_path, patience=Patience(attempts=2, sleep=lambda _: None))
    with pytest.raises(
        VendorDown, match=r"no connection to TWS or IB Gateway at 127\.0\.0\.1:\d+ \(Connection"
    ):
        find("ib", access).bars(["KO"])
