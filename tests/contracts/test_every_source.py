"""What every source promises. The suite finds its subjects itself, so none can weaken it.

A source that needs something to talk to, a server or a folder, has it in ``tests/venues/<name>.py``: ``stand(folder)``
is a context manager that gives the source itself, unpatched. What a source across a network promises besides stands in
``test_every_vendor.py``.
"""

from collections.abc import Iterator
from importlib import import_module
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
VENUES = Path(__file__).parents[1] / "venues"

pytestmark = pytest.mark.parametrize("name", FILES)


@pytest.fixture
def source(name: str, tmp_path: Path) -> Iterator[Source]:
    """The source called `name`, with what it talks to."""
    if not (VENUES / f"{name}.py").exists():
        yield find(name)
        return
    with import_module(f"venues.{name}").stand(tmp_path) as standing:
        yield standing


@pytest.fixture
def symbols(name: str, source: Source) -> tuple[str, ...]:
    """What it has; a vendor that gives no list is asked for what its venue lists."""
    return source.symbols() or import_module(f"venues.{name}").SYMBOLS


def test_it_is_found_by_the_name_of_its_file(name):
    assert name in names()
    assert isinstance(find(name), Source)
    assert find(name).name == name


def test_a_misspelt_name_is_told_the_right_one(name):
    with pytest.raises(SpecError, match=f"Did you mean '{name}'"):
        find(name + "x")


def test_it_says_its_licence_and_its_caveat(source, name, symbols):
    assert len(source.licence) > 3
    assert len(source.caveat) > 10
    bars = source.bars(list(symbols[:2]))
    assert bars.source == source.name
    assert bars.source.partition(":")[0] == name
    assert len(bars.licence) > 3
    assert len(bars.caveat) > 10


def test_every_symbol_it_names_has_bars(source, symbols):
    assert len(set(symbols)) == len(symbols) > 0
    for symbol in symbols:
        bars = source.bars([symbol])
        assert isinstance(bars, Bars)
        assert bars.symbols == (symbol,)
        assert bars.close.notna().all(axis=None)


def test_its_sessions_are_midnights_in_order(source, symbols):
    bars = source.bars(symbols)
    assert bars.sessions.is_monotonic_increasing
    assert bars.sessions.is_unique
    assert bars.sessions.tz is None
    assert (bars.sessions == bars.sessions.normalize()).all()


def test_symbols_come_in_the_order_asked(source, symbols):
    backwards = list(symbols[:2])[::-1]
    assert source.bars(backwards).symbols == tuple(backwards)


def test_start_and_end_are_included(source, symbols):
    bars = source.bars([symbols[0]])
    first, last = bars.sessions[3], bars.sessions[-4]
    part = source.bars([symbols[0]], start=first, end=f"{last:%Y-%m-%d}")
    pd.testing.assert_frame_equal(part.close, bars.close.loc[first:last], check_freq=False)


def test_an_unknown_symbol_is_told_the_nearest_or_where_to_look(source, symbols):
    told = r"Did you mean|Choose one of" if source.symbols() else r"no such symbol.*Look the symbol up"
    with pytest.raises(UnknownSymbol, match=told):
        source.bars([symbols[0] + "Q"])


@pytest.mark.parametrize(
    "range_", [{"start": "1801-01-01"}, {"end": "1801-01-01"}, {"start": "2190-01-01"}, {"end": "2190-01-01"}]
)
def test_a_date_outside_the_data_is_refused(source, range_, symbols):
    with pytest.raises(DataError, match="run from"):
        source.bars(list(symbols[:2]), **range_)


@pytest.mark.parametrize("bad", ["yesterday-ish", "2020-13-01", "", pd.Timestamp("2020-01-02", tz="UTC")])
def test_what_is_no_session_is_refused(source, bad, symbols):
    with pytest.raises(DataError):
        source.bars(list(symbols[:2]), start=bad)


def test_no_symbol_and_a_symbol_twice_are_refused(source, symbols):
    with pytest.raises(SpecError):
        source.bars([])
    with pytest.raises(DataError, match="twice"):
        source.bars([symbols[0]] * 2)


def test_the_same_question_gets_the_same_bars(source, symbols):
    first, again = (source.bars(list(symbols[:2])) for _ in range(2))
    assert first.content_hash == again.content_hash
