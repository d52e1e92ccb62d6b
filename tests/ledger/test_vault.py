import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import select, text

from framework.data.bars import Bars
from framework.errors import DataError, LedgerError, SpecError, UnknownSymbol
from framework.ledger.engine import APPLICATION, engine_for
from framework.ledger.schema import bar_blocks, bar_revisions
from framework.ledger.vault import Vault

NOW = datetime(2024, 1, 1, tzinfo=UTC)


def close_only(tiny_bars: Bars, **prices: list[float]) -> Bars:
    frame = pd.DataFrame(prices, index=tiny_bars.sessions[: len(next(iter(prices.values())))])
    return Bars(close=frame, source="sample", licence="BSD-3", caveat="survivors")


def rows(ledger, table) -> list[dict[str, object]]:
    with ledger.transaction() as connection:
        return [dict(row) for row in connection.execute(select(table).order_by(table.c.sequence)).mappings()]


def test_bars_come_back_to_the_last_bit(ledger, tiny_bars):
    assert ledger.vault.append_bars(tiny_bars, calendar="XNYS").bars == 6
    found = ledger.vault.bars(["KO", "IBM"], source="sample", as_of=NOW)
    assert found.content_hash == tiny_bars.content_hash
    assert (found.source, found.licence, found.caveat) == ("sample", "BSD-3", "survivors")
    assert ledger.vault.bars(["IBM"], source="sample", as_of=NOW).symbols == ("IBM",)


def test_random_prices_of_17_digits_survive(ledger):
    rng = np.random.default_rng(0)
    sessions = pd.bdate_range("2021-03-01", "2021-03-31")
    values = rng.uniform(0.0, 1.0, (len(sessions), 40)) * 10.0 ** rng.integers(-12, 12, (len(sessions), 40))
    bars = Bars(
        close=pd.DataFrame(values, index=sessions, columns=[f"S{n}" for n in range(40)]), source="random"
    )
    assert (pd.Series(values.ravel()).map(lambda value: len(f"{value:.15g}") < len(repr(value)))).mean() > 0.5
    ledger.vault.append_bars(bars, calendar="XNYS")
    found = ledger.vault.bars(bars.symbols, source="random", as_of=NOW)
    np.testing.assert_array_equal(found.close.to_numpy(), values)


def test_the_same_bars_twice_add_nothing(ledger, tiny_bars):
    ledger.vault.append_bars(tiny_bars, calendar="XNYS")
    before = ledger.counts()
    assert ledger.vault.append_bars(tiny_bars, calendar="XNYS").bars == 0
    assert ledger.counts() == before


def test_a_bar_is_known_from_the_close_of_its_session(ledger, tiny_bars):
    ledger.vault.append_bars(tiny_bars, calendar="XNYS")
    close = datetime(2022, 12, 27, 21, tzinfo=UTC)
    known = ledger.vault.bars(["KO", "IBM"], source="sample", as_of=close)
    assert known.content_hash == tiny_bars.until("2022-12-27").content_hash
    before = ledger.vault.bars(["KO", "IBM"], source="sample", as_of=close.replace(hour=20, minute=59))
    assert before.sessions[-1] == pd.Timestamp("2022-12-23")


def test_a_revision_is_a_new_row_and_yesterdays_view_stays(ledger, tiny_bars):
    ledger.vault.append_bars(close_only(tiny_bars, KO=[60.0, 61.0]), calendar="XNYS")
    revised = close_only(tiny_bars, KO=[30.0, 30.5, 31.0])  # split two for one, told on 2022-12-28
    assert ledger.vault.append_bars(revised, calendar="XNYS").bars == 3
    assert ledger.vault.count() == 5
    then = datetime(2022, 12, 28, 20, 59, tzinfo=UTC)
    assert ledger.vault.bars(["KO"], source="sample", as_of=then).close["KO"].tolist() == [60.0, 61.0]
    assert ledger.vault.bars(["KO"], source="sample", as_of=NOW).close["KO"].tolist() == [30.0, 30.5, 31.0]
    assert ledger.vault.append_bars(revised, calendar="XNYS").bars == 0


def test_a_source_that_takes_its_revision_back_is_believed_too(ledger, tiny_bars):
    first = close_only(tiny_bars, KO=[60.0, 61.0])
    ledger.vault.append_bars(first, calendar="XNYS")
    ledger.vault.append_bars(close_only(tiny_bars, KO=[30.0, 30.5, 31.0]), calendar="XNYS")
    assert ledger.vault.append_bars(first, calendar="XNYS").bars == 2
    assert ledger.vault.append_bars(first, calendar="XNYS").bars == 0
    assert ledger.vault.bars(["KO"], source="sample", as_of=NOW).close["KO"].tolist() == [60.0, 61.0, 31.0]


def test_a_field_that_comes_later_completes_a_bar_from_its_own_close_on(ledger, tiny_bars):
    closes = Bars(close=tiny_bars.close, source="sample", licence="BSD-3", caveat="survivors")
    ledger.vault.append_bars(closes, calendar="XNYS")
    assert ledger.vault.bars(["KO"], source="sample", as_of=NOW).open is None
    assert ledger.vault.append_bars(tiny_bars, calendar="XNYS").bars == 6
    then = datetime(2022, 12, 27, 21, tzinfo=UTC)
    known = ledger.vault.bars(["KO", "IBM"], source="sample", as_of=then)
    assert known.content_hash == tiny_bars.until("2022-12-27").content_hash
    assert ledger.vault.append_bars(closes, calendar="XNYS").bars == 0


def test_a_symbol_listed_late_has_no_bar_before(ledger, tiny_bars):
    late = close_only(tiny_bars, KO=[60.0, 61.0, 62.0], NEW=[np.nan, 5.0, 6.0])
    assert ledger.vault.append_bars(late, calendar="XNYS").bars == 5
    assert ledger.vault.bars(["KO", "NEW"], source="sample", as_of=NOW).content_hash == late.content_hash


def test_sources_do_not_mix(ledger, tiny_bars):
    ledger.vault.append_bars(close_only(tiny_bars, KO=[60.0]), calendar="XNYS")
    other = Bars(
        close=pd.DataFrame({"KO": [7.0]}, index=tiny_bars.sessions[:1]), source="yahoo", licence="personal"
    )
    ledger.vault.append_bars(other, calendar="XNYS")
    assert ledger.vault.bars(["KO"], source="sample", as_of=NOW).close["KO"].tolist() == [60.0]
    assert ledger.vault.bars(["KO"], source="yahoo", as_of=NOW).licence == "personal"


def test_an_unknown_symbol_is_refused_with_a_suggestion(ledger, tiny_bars):
    ledger.vault.append_bars(tiny_bars, calendar="XNYS")
    with pytest.raises(UnknownSymbol, match=r"no bar of 'IBN'.*IBM"):
        ledger.vault.bars(["IBN"], source="sample", as_of=NOW)


def test_a_moment_before_any_bar_is_refused(ledger, tiny_bars):
    ledger.vault.append_bars(tiny_bars, calendar="XNYS")
    with pytest.raises(DataError, match="No bar of KO was known at 2022-12-23 20:59"):
        ledger.vault.bars(["KO"], source="sample", as_of=datetime(2022, 12, 23, 20, 59, tzinfo=UTC))


def test_a_session_that_the_calendar_does_not_have_appends_nothing(ledger):
    christmas = pd.DataFrame({"KO": [1.0, 2.0]}, index=pd.DatetimeIndex(["2022-12-23", "2022-12-26"]))
    with pytest.raises(SpecError, match="2022-12-26"):
        ledger.vault.append_bars(Bars(close=christmas, source="sample"), calendar="XNYS")
    assert ledger.vault.count() == ledger.counts()["series"] == 0


def test_a_symbol_of_odd_characters_is_kept_as_it_is(ledger, tiny_bars):
    odd = "A\\t:B\tß'\"\n"
    ledger.vault.append_bars(close_only(tiny_bars, **{odd: [1.5, 2.5, 3.5]}), calendar="XNYS")
    assert ledger.vault.bars([odd], source="sample", as_of=NOW).close[odd].tolist() == [1.5, 2.5, 3.5]


def test_a_snapshot_is_recorded_once_a_strategy(ledger, tiny_bars):
    for strategy in ("s", "s", "t"):
        assert (
            ledger.vault.append_snapshot(tiny_bars, strategy=strategy, known_at=NOW) == tiny_bars.content_hash
        )
    assert ledger.counts()["snapshots"] == 2


def test_a_bar_is_witnessed_if_it_was_on_record_before_the_next_close(ledger, tiny_bars, database_url):
    evening = datetime(2022, 12, 28, 22, tzinfo=UTC)
    ledger.vault.append_bars(close_only(tiny_bars, KO=[60.0, 61.0, 62.0]), calendar="XNYS", now=evening)
    found = [(block["bars"], block["backfilled"]) for block in rows(ledger, bar_blocks)]
    assert found == [(2, True), (1, False)]


def test_a_revision_is_an_event_that_says_what_it_looks_like(ledger, tiny_bars):
    ledger.vault.append_bars(close_only(tiny_bars, KO=[60.0, 61.0], PEP=[170.0, 171.0]), calendar="XNYS")
    halved = close_only(tiny_bars, KO=[30.0, 30.5, 31.0], PEP=[170.0, 171.0, 172.0])
    appended = ledger.vault.append_bars(halved, calendar="XNYS")
    assert (appended.bars, appended.revised) == (4, 1)
    (event,) = rows(ledger, bar_revisions)
    assert {name: event[name] for name in ("symbol", "kind", "ratio", "bars", "fields")} == {
        "symbol": "KO",
        "kind": "split",
        "ratio": 0.5,
        "bars": 2,
        "fields": ["close"],
    }
    assert event["first_session"] == datetime(2022, 12, 23)  # noqa: DTZ001 - a session
    assert event["known_at"] == datetime(2022, 12, 28, 21, tzinfo=UTC)


def test_a_field_that_comes_later_is_no_revision(ledger, tiny_bars):
    ledger.vault.append_bars(Bars(close=tiny_bars.close, source="sample"), calendar="XNYS")
    assert ledger.vault.append_bars(tiny_bars, calendar="XNYS").revised == 0


def test_bars_of_minutes_are_known_from_their_own_close(ledger):
    minutes = pd.date_range("2022-12-28 14:31", periods=390, freq="min")
    close = pd.DataFrame({"KO": np.linspace(60.0, 61.0, 390)}, index=minutes)
    ledger.vault.append_bars(Bars(close, source="mine"), calendar="XNYS")
    then = datetime(2022, 12, 28, 15, 0, 30, tzinfo=UTC)
    assert ledger.vault.bars(["KO"], source="mine", as_of=then).sessions[-1] == pd.Timestamp(
        "2022-12-28 15:00"
    )


def test_an_altered_block_is_not_read(ledger, tiny_bars, superuser_url):
    ledger.vault.append_bars(tiny_bars, calendar="XNYS")
    with engine_for(superuser_url).begin() as superuser:
        superuser.execute(text("SET LOCAL openbook.migration = on"))
        superuser.execute(text("ALTER TABLE bar_blocks DISABLE TRIGGER ALL"))
        superuser.execute(text("UPDATE bar_blocks SET content = '\\x00' WHERE symbol = 'KO'"))
    with pytest.raises(LedgerError, match=r"block 1 of sample:KO.*openbook verify"):
        ledger.vault.bars(["KO"], source="sample", as_of=NOW)


def test_two_writers_at_once_leave_each_bar_once(database_url, tiny_bars, ledger):
    together = threading.Barrier(4)

    def write(_: int) -> int:
        together.wait()
        return Vault(engine_for(database_url, role=APPLICATION)).append_bars(tiny_bars, calendar="XNYS").bars

    with ThreadPoolExecutor(4) as writers:
        assert sorted(writers.map(write, range(4))) == [0, 0, 0, 6]
    assert ledger.vault.count() == 6


def test_raw_prices_keep_their_dividends_and_splits(ledger, tiny_bars):
    raw = replace(tiny_bars, dividend=tiny_bars.close * 0.0 + 0.44, split=tiny_bars.close * 0.0 + 1.0)
    ledger.vault.append_bars(raw, calendar="XNYS")
    found = ledger.vault.bars(raw.symbols, source="sample", as_of=NOW)
    assert found.content_hash == raw.content_hash
    assert found.fields[-2:] == ("dividend", "split")


def test_raw_prices_do_not_stand_beside_prices_that_may_be_adjusted(ledger, tiny_bars):
    raw = replace(tiny_bars, split=tiny_bars.close * 0.0 + 2.0)
    ledger.vault.append_bars(
        replace(raw, **{n: getattr(raw, n)[["KO"]] for n in raw.fields}), calendar="XNYS"
    )
    plain = {n: getattr(raw, n)[["IBM"]] for n in tiny_bars.fields}
    ledger.vault.append_bars(replace(tiny_bars, **plain), calendar="XNYS")
    with pytest.raises(DataError, match="KO has a split for each bar, IBM has none"):
        ledger.vault.bars(["KO", "IBM"], source="sample", as_of=NOW)


def test_what_a_strategy_saw_is_listed_once_with_its_licence(ledger, tiny_bars):
    for bars in (tiny_bars, tiny_bars.until("2022-12-27"), replace(tiny_bars, licence="MIT")):
        ledger.vault.append_snapshot(bars, strategy="s", known_at=NOW)
    assert ledger.vault.seen("s") == [("sample", ("KO", "IBM"), "BSD-3")]  # a hash has one licence: the first
    assert ledger.vault.seen("another") == []


def test_the_licence_of_several_symbols_names_each_apart(ledger, tiny_bars):
    for symbol, licence in (("KO", "MIT"), ("IBM", "personal use")):
        part = {name: getattr(tiny_bars, name)[[symbol]] for name in tiny_bars.fields}
        ledger.vault.append_bars(replace(tiny_bars, **part, licence=licence), calendar="XNYS")
    assert ledger.vault.bars(["KO", "IBM"], source="sample", as_of=NOW).licence == "MIT; personal use"


def test_symbols_of_two_calendars_are_not_read_side_by_side(ledger, tiny_bars):
    ledger.vault.append_bars(Bars(tiny_bars.close[["KO"]], source="sample"), calendar="XNYS")
    ledger.vault.append_bars(Bars(tiny_bars.close[["IBM"]], source="sample"), calendar="24/7")
    with pytest.raises(DataError, match=r"KO closes with XNYS, IBM closes with 24/7.*alignment\.aligned"):
        ledger.vault.bars(["KO", "IBM"], source="sample", as_of=NOW)
