"""The cache answers what the record would, as long as it is whole, and never anything older."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.data.sessions import close_of, sessions_between
from framework.ledger import cache

NOW = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def bars(monkeypatch) -> Bars:
    monkeypatch.setattr(cache, "SMALLEST", 1)
    rng = np.random.default_rng(5)
    sessions = sessions_between("XNYS", "2022-11-01", "2022-12-30")
    close = pd.DataFrame(rng.uniform(50.0, 60.0, (len(sessions), 2)), sessions, ["KO", "IBM"])
    return Bars(close, source="mine", licence="CC0-1.0", caveat="made up")


def read(ledger, as_of=NOW):
    return ledger.vault.bars(["KO", "IBM"], source="mine", as_of=as_of)


def kept(tmp_path):
    return sorted((tmp_path / "cache").glob("*.bars"))


def test_the_second_answer_comes_from_the_folder_and_is_the_same(ledger, bars, tmp_path):
    ledger.vault.append_bars(bars, calendar="XNYS")
    first = read(ledger)
    (path,) = kept(tmp_path)
    assert path.stem == bars.content_hash
    again = read(ledger)
    assert again.content_hash == first.content_hash == bars.content_hash
    assert (again.source, again.licence, again.caveat) == ("mine", "CC0-1.0", "made up")
    assert not isinstance(first.table("close").base, memoryview)
    assert np.may_share_memory(again.table("close"), again.until("2022-11-30").table("close"))


@pytest.mark.parametrize("damage", [lambda data: data[:-9], lambda data: data[:-9] + bytes(9), lambda _: b""])
def test_a_damaged_file_is_thrown_away_and_read_anew(ledger, bars, tmp_path, damage):
    ledger.vault.append_bars(bars, calendar="XNYS")
    read(ledger)
    (path,) = kept(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert read(ledger).content_hash == bars.content_hash
    assert path.read_bytes() == whole


def test_another_whole_snapshot_in_its_place_is_not_believed(ledger, bars, tmp_path):
    ledger.vault.append_bars(bars, calendar="XNYS")
    read(ledger)
    read(ledger, as_of=close_of("XNYS", "2022-12-01"))
    whole, part = sorted(kept(tmp_path), key=lambda path: -path.stat().st_size)
    whole.write_bytes(part.read_bytes())
    assert read(ledger).content_hash == bars.content_hash


def test_an_answer_that_names_nonsense_is_read_anew(ledger, bars, tmp_path):
    ledger.vault.append_bars(bars, calendar="XNYS")
    read(ledger)
    for answer in (tmp_path / "cache").glob("*.answer"):
        answer.write_text("../../../etc/passwd")
    assert read(ledger).content_hash == bars.content_hash


def test_what_comes_into_the_record_is_in_the_next_answer(ledger, bars):
    ledger.vault.append_bars(bars.until("2022-12-01"), calendar="XNYS")
    assert len(read(ledger)) == len(bars.until("2022-12-01"))
    ledger.vault.append_bars(bars, calendar="XNYS")
    assert read(ledger).content_hash == bars.content_hash
    ledger.vault.append_bars(replace(bars, close=bars.close * 2.0), calendar="XNYS")
    assert read(ledger).close.equals(bars.close * 2.0)
    ledger.vault.append_bars(replace(bars, close=bars.close * 2.0, licence="MIT"), calendar="XNYS")
    assert read(ledger).licence == "MIT"


def test_each_moment_has_its_own_answer(ledger, bars):
    ledger.vault.append_bars(bars, calendar="XNYS")
    for _ in range(2):
        for session in bars.sessions[::7]:
            known = read(ledger, as_of=close_of("XNYS", session))
            assert known.content_hash == bars.until(session).content_hash


def test_a_folder_that_nobody_can_write_to_costs_nothing_but_time(ledger, bars, tmp_path):
    ledger.vault.append_bars(bars, calendar="XNYS")
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert read(ledger).content_hash == bars.content_hash


def test_the_oldest_make_room(ledger, bars, tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "LARGEST_BYTES", 5_000)
    ledger.vault.append_bars(bars, calendar="XNYS")
    for session in bars.sessions[5:15]:
        read(ledger, as_of=close_of("XNYS", session))
    assert 1 <= len(kept(tmp_path)) < 10
    assert sum(path.stat().st_size for path in kept(tmp_path)) <= 6_000
