"""load_bars: any source, by name."""

import pandas as pd
import pytest

from framework import load_bars
from framework.errors import SpecError, UnknownSymbol


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
