"""load_bars: any source, by name."""

import pandas as pd
import pytest
from venues import alpaca, reach

from framework import load_bars
from framework.data.sources import find
from framework.errors import DataError, SpecError, UnknownSymbol


def test_one_symbol_needs_no_list():
    assert load_bars("SPX").symbols == ("SPX",)


def test_symbols_come_in_the_order_they_were_asked_for_from_any_iterable():
    assert load_bars(symbol for symbol in ("QUAL", "MTUM")).symbols == ("QUAL", "MTUM")


def test_the_range_includes_both_ends():
    bars = load_bars("SPX", start="2008-09-15", end=pd.Timestamp("2008-09-19"))
    assert list(bars.sessions.strftime("%a")) == ["Mon", "Tue", "Wed", "Thu", "Fri"]


def test_a_misspelt_symbol_is_answered_with_the_right_one():
    with pytest.raises(UnknownSymbol, match="Did you mean 'QUAL'"):
        load_bars(["MTUM", "QUALL"])


def test_a_misspelt_source_is_answered_with_the_right_one():
    with pytest.raises(SpecError, match="Did you mean 'sample'"):
        load_bars("SPX", source="sampel")


def test_a_moment_asks_the_record_for_what_was_known_then(database_url, ledger, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENBOOK_HOME", str(tmp_path))
    monkeypatch.setenv("OPENBOOK_DATABASE_URL", database_url)
    bars = find("sample").bars(["SPX"])
    ledger.vault.append_bars(bars, calendar="XNYS")
    told = pd.DataFrame({"US": [0.04]}, index=pd.DatetimeIndex(["2008-09-15 12:00Z"]))
    ledger.vault.append_feature("rate", told, source="own", licence="CC0-1.0")
    known = load_bars("SPX", as_of="2008-09-19T21:00Z", start="2008-09-12", features=["rate"])
    assert known.close.equals(bars.close.loc["2008-09-12":"2008-09-19"])
    assert known.features["rate"]["US"].fillna(0.0).tolist() == [0.0, 0.04, 0.04, 0.04, 0.04, 0.04]


@pytest.mark.parametrize("as_of", ["2008-09-19", "soon", pd.Timestamp("2008-09-19")])
def test_a_moment_has_a_time_zone(as_of):
    with pytest.raises(SpecError, match="2024-01-31T22:00Z"):
        load_bars("SPX", as_of=as_of)


def test_symbols_of_two_currencies_are_not_columns_of_the_same_bars(
    database_url, ledger, tmp_path, monkeypatch
):
    monkeypatch.setenv("OPENBOOK_HOME", str(tmp_path))
    monkeypatch.setenv("OPENBOOK_DATABASE_URL", database_url)
    for symbol, currency in (("GOOG", "USD"), ("IBM", "EUR")):
        ledger.vault.append_bars(find("sample").bars([symbol]), calendar="XNYS", currency=currency)
    asked = {"source": "sample", "as_of": "2012-09-19T21:00Z"}
    with pytest.raises(DataError, match=r"GOOG is priced in USD, IBM is priced in EUR.*alignment\.aligned"):
        load_bars(["GOOG", "IBM"], **asked)
    assert load_bars(["IBM"], **asked).symbols == ("IBM",)


def test_pairs_of_two_quote_currencies_are_refused_before_they_are_asked_for():
    with pytest.raises(DataError, match="BTCUSDT is priced in USDT, BTCEUR is priced in EUR"):
        load_bars(["BTCUSDT", "BTCEUR"], source="binance")


def test_features_are_asked_of_the_record_not_of_a_source():
    with pytest.raises(SpecError, match="Say as of when"):
        load_bars("SPX", features=["rate"])


def test_a_vendor_is_reached_with_the_keys_of_the_settings(tmp_path, monkeypatch):
    with alpaca.Venue() as venue:
        monkeypatch.setenv("OPENBOOK_KEYS", str(reach.write_keys(tmp_path, "alpaca", venue.keys())))
        bars = load_bars("KO", source="alpaca", start="2024-01-02", end="2024-03-14")
        assert bars.close["KO"].iloc[-1] == venue.market.over_only("KO")["close"].iloc[-1]
        assert bars.source == "alpaca"


def test_without_keys_it_says_where_they_belong(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENBOOK_KEYS", str(tmp_path))
    with pytest.raises(SpecError, match=rf"{tmp_path}/alpaca/key_id is not there.*chmod 600"):
        load_bars("AAPL", source="alpaca")
