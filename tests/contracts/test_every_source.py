"""What every source promises. The suite finds its subjects itself, so none can weaken it."""

from pathlib import Path

import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.data.sources import find, names
from framework.data.sources.base import Source
from framework.errors import DataError, SpecError, UnknownSymbol

FOLDER = Path(__file__).parents[2] / "framework" / "data" / "sources"
FILES = sorted(
    file.stem for file in FOLDER.glob("*.py") if file.stem != "base" and not file.stem.startswith("_")
)

pytestmark = pytest.mark.parametrize("name", FILES)


def some(source: Source) -> list[str]:
    return list(source.symbols()[:2])


def test_it_is_found_by_the_name_of_its_file(name):
    assert name in names()
    assert isinstance(find(name), Source)
    assert find(name).name == name


def test_a_misspelt_name_is_told_the_right_one(name):
    with pytest.raises(SpecError, match=f"Did you mean '{name}'"):
        find(name + "x")


def test_it_says_its_licence_and_its_caveat(name):
    source = find(name)
    assert len(source.licence) > 3
    assert len(source.caveat) > 10
    bars = source.bars(some(source))
    assert bars.source == name
    assert len(bars.licence) > 3
    assert len(bars.caveat) > 10


def test_every_symbol_it_names_has_bars(name):
    source = find(name)
    assert len(set(source.symbols())) == len(source.symbols()) > 0
    for symbol in source.symbols():
        bars = source.bars([symbol])
        assert isinstance(bars, Bars)
        assert bars.symbols == (symbol,)
        assert bars.close.notna().all(axis=None)


def test_its_sessions_are_midnights_in_order(name):
    bars = find(name).bars(find(name).symbols())
    assert bars.sessions.is_monotonic_increasing
    assert bars.sessions.is_unique
    assert bars.sessions.tz is None
    assert (bars.sessions == bars.sessions.normalize()).all()


def test_symbols_come_in_the_order_asked(name):
    source = find(name)
    backwards = some(source)[::-1]
    assert source.bars(backwards).symbols == tuple(backwards)


def test_start_and_end_are_included(name):
    bars = find(name).bars(some(find(name))[:1])
    first, last = bars.sessions[3], bars.sessions[-4]
    part = find(name).bars(some(find(name))[:1], start=first, end=f"{last:%Y-%m-%d}")
    pd.testing.assert_frame_equal(part.close, bars.close.loc[first:last], check_freq=False)


def test_an_unknown_symbol_is_told_the_nearest(name):
    wrong = some(find(name))[0] + "Q"
    with pytest.raises(UnknownSymbol, match=r"Did you mean|Choose one of"):
        find(name).bars([wrong])


@pytest.mark.parametrize(
    "range_", [{"start": "1801-01-01"}, {"end": "1801-01-01"}, {"start": "2190-01-01"}, {"end": "2190-01-01"}]
)
def test_a_date_outside_the_data_is_refused(name, range_):
    with pytest.raises(DataError, match="run from"):
        find(name).bars(some(find(name)), **range_)


@pytest.mark.parametrize("bad", ["yesterday-ish", "2020-13-01", "", pd.Timestamp("2020-01-02", tz="UTC")])
def test_what_is_no_session_is_refused(name, bad):
    with pytest.raises(DataError):
        find(name).bars(some(find(name)), start=bad)


def test_no_symbol_and_a_symbol_twice_are_refused(name):
    with pytest.raises(SpecError):
        find(name).bars([])
    with pytest.raises(DataError, match="twice"):
        find(name).bars(some(find(name))[:1] * 2)


def test_the_same_question_gets_the_same_bars(name):
    first, again = (find(name).bars(some(find(name))) for _ in range(2))
    assert first.content_hash == again.content_hash
