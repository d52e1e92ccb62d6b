"""The sample against the files it reads, the exchange's calendar, and its own caveats."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from framework.data.sessions import sessions_between
from framework.data.sources import find, names
from framework.data.sources._bundled import DATASETS, FACTORS, STOCKS
from framework.data.sources.sample import SOURCE
from framework.errors import DataError, SpecError, UnknownSymbol


def table(symbol: str) -> pd.DataFrame:
    """The file that holds `symbol`, read anew."""
    file = next(dataset.file for dataset in DATASETS if symbol in dataset.symbols)
    return pd.read_csv(file, index_col="Date", parse_dates=True)


def test_it_has_the_31_symbols_of_its_six_files():
    assert len(SOURCE.symbols()) == 31
    assert list(table("KO").columns) == list(STOCKS)
    assert list(table("MTUM").columns) == list(FACTORS)
    assert set(table("GOOG")["Ticker"]) >= {"GOOG", "IBM", "FB"}


@pytest.mark.parametrize("symbol", ["KO", "SP500", "MTUM", "SPX", "NASDAQ", "GOOG", "IBM", "FB"])
def test_no_session_of_the_exchange_is_missing_and_none_is_added(symbol):
    sessions = SOURCE.bars([symbol]).sessions
    assert sessions.equals(sessions_between("XNYS", sessions[0], sessions[-1]))


@pytest.mark.parametrize(
    ("symbol", "first", "last", "sessions"),
    [
        ("KO", "1990-01-02", "2022-12-28", 8313),
        ("SP500", "1990-01-02", "2022-12-28", 8313),
        ("VLUE", "2014-01-02", "2022-12-28", 2264),
        ("SPX", "1999-01-04", "2018-12-31", 5031),
        ("GOOG", "2004-08-19", "2013-03-01", 2148),
        ("IBM", "2000-03-01", "2013-03-01", 3270),
        ("FB", "2012-05-18", "2013-03-01", 196),
    ],
)
def test_each_series_has_the_span_that_the_documents_say(symbol, first, last, sessions):
    index = SOURCE.bars([symbol]).sessions
    assert (f"{index[0]:%Y-%m-%d}", f"{index[-1]:%Y-%m-%d}", len(index)) == (first, last, sessions)


def test_prices_are_those_of_the_file_to_the_last_bit():
    close = SOURCE.bars(["KO", "AAPL"]).close
    np.testing.assert_array_equal(close.to_numpy(), table("KO")[["KO", "AAPL"]].to_numpy())


def test_adjusted_prices_keep_the_days_shape():
    raw = table("IBM").query("Ticker == 'IBM'")
    bars = SOURCE.bars(["IBM"])
    np.testing.assert_array_equal(bars.close["IBM"].to_numpy(), raw["Adj Close"].to_numpy())
    np.testing.assert_allclose(bars.open["IBM"] / bars.close["IBM"], raw["Open"] / raw["Close"], rtol=1e-14)
    np.testing.assert_allclose(bars.high["IBM"] / bars.low["IBM"], raw["High"] / raw["Low"], rtol=1e-14)
    np.testing.assert_array_equal(bars.volume["IBM"].to_numpy(), raw["Volume"].to_numpy())


def test_two_independent_files_of_the_same_index_agree():
    apart = SOURCE.bars(["SPX", "SP500"], start="1999-01-04", end="2018-12-31").close
    assert (apart["SPX"] - apart["SP500"]).abs().max() < 0.006  # one is rounded to cents


def test_a_field_is_there_only_if_every_symbol_has_it():
    assert SOURCE.bars(["SPX", "GOOG"]).open is not None
    mixed = SOURCE.bars(["SPX", "KO"])
    assert mixed.open is mixed.high is mixed.low is mixed.volume is None


def test_outside_its_life_a_symbol_is_nan_and_no_session_is_left_out_between_two_lives():
    bars = SOURCE.bars(["FB", "MTUM"])
    assert bars.sessions.equals(sessions_between("XNYS", "2012-05-18", "2022-12-28"))
    between = bars.close.loc["2013-03-04":"2013-12-31"]
    assert len(between) == 252 - 41  # those of 2013 less those up to 1 March
    assert between.isna().all(axis=None)


def test_bars_carry_the_licences_and_caveats_of_their_own_files_only():
    stocks, index = SOURCE.bars(["KO"]), SOURCE.bars(["SPX"])
    assert "survived" in stocks.caveat
    assert "skfolio" in stocks.licence
    assert "skfolio" not in index.licence
    assert "nobody can trade" in index.caveat
    assert "survived" not in index.caveat


# --- the caveats are true ---------------------------------------------------------------------------------------


def test_the_open_of_spx_repeats_the_previous_close_in_the_early_years():
    bars = SOURCE.bars(["SPX"])
    same = (bars.open["SPX"] == bars.close["SPX"].shift()).iloc[1:]
    assert round(same.loc["1999":"2005"].mean(), 2) == 0.96
    assert same.loc["2014":].mean() < 0.01


def test_the_nasdaq_has_two_sessions_without_volume():
    volume = SOURCE.bars(["NASDAQ"]).volume["NASDAQ"]
    assert [f"{day:%Y-%m-%d}" for day in volume.index[volume == 0.0]] == ["2015-05-12", "2018-01-09"]


def test_early_prices_are_coarse():
    close = SOURCE.bars(["AAPL", "BBY"]).close
    assert (close * 1000.0 - (close * 1000.0).round()).abs().max(axis=None) < 1e-6
    assert (0.001 / close.min()).between(0.009, 0.011).all()


# --- what it refuses --------------------------------------------------------------------------------------------


def test_holidays_at_the_edges_of_a_range_are_no_missing_sessions():
    assert SOURCE.bars(["KO"], start="1990-01-01").sessions[0] == pd.Timestamp("1990-01-02")


@pytest.mark.parametrize("range_", [{"start": "1989-12-29"}, {"end": "2022-12-29"}])
def test_one_session_too_many_is_refused(range_):
    with pytest.raises(DataError, match="prices of KO run from 1990-01-02 to 2022-12-28"):
        SOURCE.bars(["KO"], **range_)


@pytest.mark.parametrize("range_", [("2020-01-04", "2020-01-05"), ("2020-01-08", "2020-01-06")])
def test_a_range_without_a_session_is_refused(range_):
    with pytest.raises(DataError, match="No session lies in"):
        SOURCE.bars(["KO"], start=range_[0], end=range_[1])


def test_a_range_before_any_of_the_symbols_was_listed_is_refused():
    with pytest.raises(DataError, match="FB, MTUM: no price"):
        SOURCE.bars(["FB", "MTUM"], start="2013-06-03", end="2013-07-31")


def test_a_misspelt_symbol_or_source_is_told_the_right_one():
    with pytest.raises(UnknownSymbol, match="Did you mean 'GOOG'"):
        SOURCE.bars(["GOOGL"])
    with pytest.raises(SpecError, match="Did you mean 'sample'"):
        find("smaple")
    assert "sample" in names()


def test_reading_it_imports_none_of_the_packages_it_lies_in():
    code = (
        "import sys; from framework.data.sources import find;"
        "find('sample').bars(['KO', 'SPX', 'GOOG'], start='2005-01-03', end='2012-01-03');"
        "print({'skfolio', 'arch', 'bokeh_sampledata', 'exchange_calendars'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
