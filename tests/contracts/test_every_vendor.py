"""What every source across a network promises besides, whatever goes wrong at its venue.

The suite finds its subjects itself, so that none can weaken it: each has a loopback venue in ``tests/venues/<name>.py``
with a class `Venue`, the `SYMBOLS` that it lists, the `KEYS` that it knows, and `WRONG` ones that it refuses.
"""

import logging
import subprocess
import sys
import traceback
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from venues import reach
from venues.faults import IN_THE_PRICES, ON_THE_WIRE, Fault

from framework.access import Access, keys
from framework.data.sources import find, names
from framework.data.sources.base import Remote, Source
from framework.errors import BadBars, DataError, KeyRefused, OpenbookError, SpecError, VendorDown

VENDORS = [name for name in names() if isinstance(find(name), Remote)]
SDKS = {"alpaca", "binance_sdk_spot", "binance_common", "yfinance", "curl_cffi", "ib_async", "ib_insync"}
PRICES = ("open", "high", "low", "close", "volume")

pytestmark = pytest.mark.parametrize("name", VENDORS)


@pytest.fixture
def module(name):
    return import_module(f"venues.{name}")


@pytest.fixture
def venue(module):
    with module.Venue() as standing:
        yield standing


@pytest.fixture
def source(venue, tmp_path) -> Source:
    return reach.source(venue, tmp_path)


def first_of(module, venue) -> tuple[str, str]:
    """A symbol, and the range of its final bars as messages write it."""
    symbol = module.SYMBOLS[0]
    days = venue.market.over_only(symbol).index
    return symbol, f"{days[0]:%Y-%m-%d} .. {days[-1]:%Y-%m-%d}"


def asked_for(source, module, venue):
    """All final bars of one symbol, with both ends named."""
    symbol = module.SYMBOLS[0]
    days = venue.market.over_only(symbol).index
    return source.bars([symbol], start=days[0], end=days[-1])


def is_whole(bars, module, venue) -> bool:
    symbol = module.SYMBOLS[0]
    return np.allclose(bars.close[symbol], venue.market.over_only(symbol)["close"], rtol=1e-15)


def check_message(error: OpenbookError, name: str, symbol: str, days: str) -> None:
    assert name in error.what.casefold()
    assert symbol in error.what
    assert days in error.what
    assert error.limit
    assert error.remedy


# --- what it gives ----------------------------------------------------------------------------------------------


def test_it_gives_the_venues_final_bars_and_actions(source, module, venue):
    bars = source.bars(module.SYMBOLS)
    events = 0
    for symbol in module.SYMBOLS:
        final = venue.market.over_only(symbol)
        alive = bars.close[symbol].notna().to_numpy()
        assert list(bars.sessions[alive]) == list(final.index)
        for field in PRICES:
            given = bars.table(field)[alive, bars.symbols.index(symbol)]
            np.testing.assert_allclose(given, final[field], rtol=1e-15)  # Yahoo's go through a division
        for field, kind in (("dividend", "dividends"), ("split", "splits")):
            if bars.has(field):
                expected = venue.market.amounts(symbol, kind).to_numpy()
                given = bars.table(field)[alive, bars.symbols.index(symbol)]
                np.testing.assert_allclose(given, expected, rtol=1e-12)
                events += int((expected != np.median(expected)).sum())
    assert events > 3 or not bars.has("split")


def test_the_session_that_is_still_going_on_is_not_handed_out(source, module, venue):
    symbol = module.SYMBOLS[0]
    going_on = venue.market.listings[symbol].prices.index[-1]
    assert going_on > venue.market.over
    assert source.bars([symbol]).sessions[-1] == venue.market.over
    with pytest.raises(DataError, match=f"run from .* to {venue.market.over:%Y-%m-%d}"):
        source.bars([symbol], end=going_on)


def test_a_symbol_whose_life_lies_outside_the_range_is_a_column_without_a_price(source, module, venue):
    early, late = module.SYMBOLS[0], module.SYMBOLS[-1]
    last = venue.market.over_only(late).index[0] - pd.Timedelta(days=1)
    bars = source.bars([late, early], end=venue.market.over_only(early).loc[:last].index[-1])
    assert bars.close[early].notna().all()
    assert bars.close[late].isna().all()


def test_licence_says_whether_prices_may_be_passed_on(name):
    assert "not to be passed on" in find(name).licence


# --- what goes wrong --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ON_THE_WIRE, ids=lambda fault: fault.name)
def test_what_goes_wrong_once_or_twice_is_asked_again(fault, venue, module, name, tmp_path):
    slept = []
    patience = reach.quick(slept, timeout_seconds=1.0 if fault in venue.HANGS else 20.0)
    source = find(name, reach.access(venue, tmp_path, patience=patience))
    venue.faults.add(fault, times=2)
    assert is_whole(asked_for(source, module, venue), module, venue)
    assert venue.faults.made == [fault, fault]
    assert 1 <= len(slept) <= 2
    assert slept[0] == (venue.STORM_WAIT if fault is Fault.STORM else 1.0)


@pytest.mark.parametrize("fault", ON_THE_WIRE, ids=lambda fault: fault.name)
def test_what_keeps_going_wrong_is_given_up_with_vendor_symbol_and_range(
    fault, venue, module, name, tmp_path
):
    slept = []
    patience = reach.quick(slept, timeout_seconds=0.3 if fault in venue.HANGS else 20.0)
    source = find(name, reach.access(venue, tmp_path, patience=patience))
    venue.faults.add(fault)
    with pytest.raises(VendorDown) as caught:
        asked_for(source, module, venue)
    check_message(caught.value, name, *first_of(module, venue))
    assert "asked 4 of 4 times" in caught.value.limit
    assert len(slept) == 3
    assert slept == sorted(slept)
    assert 4 <= len(venue.faults.made) <= 40


@pytest.mark.parametrize("fault", IN_THE_PRICES, ids=lambda fault: fault.name)
def test_prices_that_cannot_be_true_are_refused_with_vendor_symbol_and_range(
    fault, source, venue, module, name
):
    venue.faults.add(fault)
    with pytest.raises(BadBars) as caught:
        asked_for(source, module, venue)
    assert fault in venue.faults.made
    check_message(caught.value, name, *first_of(module, venue))
    assert "chart" in caught.value.remedy


# --- keys -------------------------------------------------------------------------------------------------------


def test_without_access_or_keys_it_says_what_is_missing(name, venue, module, tmp_path):
    with pytest.raises(SpecError, match=rf"load_bars\(\.\.\., source='{name}'\)"):
        find(name).bars([module.SYMBOLS[0]])
    if module.KEYS:
        nothing = Access(venue.market.now, keys.read(tmp_path, name), reach.quick([]))
        with pytest.raises(SpecError, match=rf"{name}/\w+ is not there.*chmod 600"):
            find(name, nothing).bars([module.SYMBOLS[0]])
        assert not venue.asked


def test_a_refused_key_is_an_error_of_its_own_and_no_secret_is_told(name, venue, module, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    for wrong in module.WRONG:
        venue.asked.clear()
        source = find(name, reach.access(venue, tmp_path, files=wrong))
        with pytest.raises(KeyRefused) as caught:
            asked_for(source, module, venue)
        assert len(venue.asked) == 1  # nobody tries a refused key again
        check_message(caught.value, name, *first_of(module, venue))
        told = (
            told_by(caught.value) + repr(source) + repr(source.access) + str(source.access.keys) + caplog.text
        )
        assert not [secret for secret in wrong.values() if secret in told]


@pytest.mark.parametrize("fault", [*ON_THE_WIRE, *IN_THE_PRICES], ids=lambda fault: fault.name)
def test_no_secret_is_told_when_something_goes_wrong(fault, name, venue, module, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    patience = reach.quick([], timeout_seconds=0.3 if fault in venue.HANGS else 20.0)
    source = find(name, reach.access(venue, tmp_path, patience=patience))
    venue.faults.add(fault)
    with pytest.raises(DataError) as caught:
        asked_for(source, module, venue)
    told = told_by(caught.value) + caplog.text
    assert not [secret for secret in module.KEYS.values() if secret in told]


def told_by(error: BaseException) -> str:
    """All that a traceback can show from our first frame on, the locals of every frame included."""
    frame = error.__traceback__
    while frame is not None and frame.tb_frame.f_code.co_filename == __file__:
        frame = frame.tb_next  # this test's own locals hold the keys
    assert frame is not None
    told = traceback.TracebackException(type(error), error, frame, capture_locals=True)
    assert any(line.locals for line in told.stack)
    return "".join(told.format())


# --- what it costs ----------------------------------------------------------------------------------------------


def test_its_sdk_is_imported_when_it_is_used(name):
    code = f"import sys; from framework.data.sources import find; find({name!r}); print({SDKS} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
