"""The state of a series says what it covers, what it lacks and what was changed, as it was known at a moment."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.data.sessions import close_of, sessions_between
from framework.ledger.states import JUDGED, states

SESSIONS = sessions_between("XNYS", "2022-07-01", "2022-12-28")
LAST = close_of("XNYS", "2022-12-28")
CLOSED = "personal use only, not to be passed on"


@pytest.fixture
def bars() -> Bars:
    steps = 1.0 + 0.01 * np.random.default_rng(4).standard_normal((len(SESSIONS), 2))
    close = pd.DataFrame(50.0 * steps.cumprod(axis=0), SESSIONS, ["AAA", "BBB"])
    return Bars(close, source="mine", licence=CLOSED, caveat="made up")


@pytest.fixture
def state(ledger):
    """The states at a moment, by symbol."""

    def at(as_of=LAST, **options):
        return {one.row.symbol: one for one in states(ledger.vault, as_of=as_of, **options)}

    return at


def only(bars: Bars, symbol: str) -> Bars:
    return replace(bars, close=bars.close[[symbol]].dropna())


def without(bars: Bars, symbol: str, *days: str) -> Bars:
    return replace(bars, close=bars.close[[symbol]].drop(pd.DatetimeIndex(days)))


def test_a_whole_series_passes_and_says_what_it_covers(ledger, bars, state):
    ledger.vault.append_bars(bars, calendar="XNYS")
    found = state()["AAA"]
    assert (found.first, found.last, found.bars) == (SESSIONS[0], SESSIONS[-1], len(SESSIONS))
    assert (found.gaps, found.found, found.revisions, found.ended) == ((), (), (), False)
    assert found.passes
    assert not found.is_free


def test_a_gap_is_named_however_old_and_fails_only_while_it_is_young(ledger, bars, state):
    old, young = SESSIONS[-JUDGED - 1], SESSIONS[-JUDGED]
    ledger.vault.append_bars(without(bars, "AAA", old), calendar="XNYS")
    ledger.vault.append_bars(without(bars, "BBB", old, young), calendar="XNYS")
    found = state()
    assert (found["AAA"].gaps, found["AAA"].passes) == ((old,), True)
    assert found["BBB"].gaps == (old, young)
    assert [(one.gate, one.session) for one in found["BBB"].found] == [("gapped", young)]


def test_holidays_and_half_days_are_no_gaps(ledger, bars, state):
    days = set(SESSIONS)
    assert pd.Timestamp("2022-11-24") not in days  # Thanksgiving
    assert pd.Timestamp("2022-11-25") in days  # the half day after it
    ledger.vault.append_bars(without(bars, "AAA", "2022-11-25"), calendar="XNYS")
    assert state()["AAA"].gaps == (pd.Timestamp("2022-11-25"),)


def test_a_late_series_is_stale_and_one_that_is_listed_no_more_has_ended(ledger, bars, state):
    close = bars.close.copy()
    close.loc["2022-12-28":, "AAA"] = np.nan
    ledger.vault.append_bars(only(replace(bars, close=close), "AAA"), calendar="XNYS")
    ledger.vault.append_bars(only(bars, "BBB"), calendar="XNYS")
    delisted = only(bars, "BBB").until("2022-12-01")
    ledger.vault.append_bars(
        replace(delisted, close=delisted.close.set_axis(["CCC"], axis=1)), calendar="XNYS"
    )
    found = state()
    assert [one.gate for one in found["AAA"].found] == ["stale"]
    assert found["BBB"].passes
    assert (found["CCC"].passes, found["CCC"].ended) == (True, True)


def test_what_was_not_known_yet_is_not_said(ledger, bars, state):
    ledger.vault.append_bars(only(bars, "AAA").until("2022-12-01"), calendar="XNYS")
    ledger.vault.append_bars(only(bars, "BBB").since("2022-12-01"), calendar="XNYS")
    halved = only(bars, "AAA")
    ledger.vault.append_bars(replace(halved, close=halved.close / 2.0), calendar="XNYS")
    before = state(close_of("XNYS", "2022-11-30"))
    assert set(before) == {"AAA"}
    assert before["AAA"].last == pd.Timestamp("2022-11-30")
    assert before["AAA"].revisions == ()
    (revision,) = state()["AAA"].revisions
    assert (revision.kind, revision.ratio) == ("split", 0.5)
    assert state(datetime(2001, 1, 1, tzinfo=UTC)) == {}


def test_a_traded_series_in_another_currency_fails_and_a_benchmark_may_be_in_any(ledger, bars, state):
    ledger.vault.append_bars(bars, calendar="XNYS", currency="EUR")
    found = state(accounts={("mine", "AAA"): "USD"})
    assert [one.gate for one in found["AAA"].found] == ["currency mismatch"]
    assert found["BBB"].passes


def test_an_altered_series_is_named_and_hides_no_other(ledger, bars, state, request):
    ledger.vault.append_bars(bars, calendar="XNYS")
    attacker = request.getfixturevalue("attacker")  # takes the guard down: not before the bars are in
    attacker.execute("UPDATE bar_blocks SET content = '\\x00' WHERE symbol = 'AAA'")
    found = state()
    assert [(one.gate, one.said) for one in found["AAA"].found] == [
        ("altered", "The block 1 of mine:AAA does not hold what its content hash says.")
    ]
    assert found["BBB"].passes
