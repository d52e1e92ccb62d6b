"""A snapshot holds what it was given, or is refused; it is read without a copy."""

import numpy as np
import pandas as pd
import pytest

from framework.data import snapshot
from framework.data.bars import Bars
from framework.errors import DataError

SESSIONS = pd.date_range("2023-01-02", periods=40, freq="B")


@pytest.fixture
def bars() -> Bars:
    """B lists late; a feature with columns of its own and a gap."""
    rng = np.random.default_rng(1)
    close = pd.DataFrame(rng.uniform(1.0, 2.0, (40, 2)), SESSIONS, ["A", "B"])
    close.iloc[:7, 1] = np.nan
    rate = pd.DataFrame({"US": rng.random(40)}, SESSIONS).mask(rng.random((40, 1)) < 0.2)
    return Bars(
        close,
        open=close * 0.99,
        features={"rate": rate},
        source="mine",
        licence='CC0, by "Ada" ü',
        caveat="made\nup",
    )


def test_what_was_written_is_read(bars, tmp_path):
    snapshot.write(bars, tmp_path / "one.bars")
    found = snapshot.read(tmp_path / "one.bars")
    assert found.content_hash == bars.content_hash
    for name in ("close", "open"):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(bars, name), check_freq=False)
    pd.testing.assert_frame_equal(found.features["rate"], bars.features["rate"], check_freq=False)
    assert (found.high, found.volume) == (None, None)
    assert (found.source, found.licence, found.caveat) == (bars.source, bars.licence, bars.caveat)
    assert found.until(SESSIONS[9]).content_hash == bars.until(SESSIONS[9]).content_hash


def test_nothing_in_it_can_be_written_to_and_bars_made_of_it_share_its_memory(bars, tmp_path):
    snapshot.write(bars, tmp_path / "one.bars")
    found = snapshot.read(tmp_path / "one.bars")
    with pytest.raises(ValueError, match="read-only"):
        found.table("close")[0, 0] = 1.0
    again = Bars(found.close, open=found.open)
    assert np.shares_memory(again.table("close"), found.table("close"))
    own = found.close
    own.iloc[3, 0] = 99.0
    assert found.content_hash == bars.content_hash == snapshot.read(tmp_path / "one.bars").content_hash


def test_every_damaged_byte_is_noticed(bars, tmp_path):
    path = tmp_path / "one.bars"
    snapshot.write(bars, path)
    whole = path.read_bytes()
    noticed = 0
    for at in (*range(0, len(whole), 13), len(whole) - 1):
        damaged = bytearray(whole)
        damaged[at] ^= 0x10
        path.write_bytes(damaged)
        try:
            found = snapshot.read(path)
        except DataError:
            noticed += 1
        else:  # a space that became another, or a NaN another NaN
            assert (found.content_hash, found.licence) == (bars.content_hash, bars.licence)
    assert noticed > 0.9 * len(whole) / 13


@pytest.mark.parametrize("size", [0, 1, 63, 64, 200, -8, -1])
def test_a_file_cut_short_is_noticed(bars, tmp_path, size):
    path = tmp_path / "one.bars"
    snapshot.write(bars, path)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(DataError, match="Delete"):
        snapshot.read(path)


def test_a_file_with_something_behind_it_is_noticed(bars, tmp_path):
    path = tmp_path / "one.bars"
    snapshot.write(bars, path)
    path.write_bytes(path.read_bytes() + bytes(8))
    with pytest.raises(DataError, match="too many"):
        snapshot.read(path)


def test_a_write_that_fails_leaves_nothing_behind(bars, tmp_path):
    (tmp_path / "one.bars").mkdir()
    with pytest.raises(OSError, match="one"):
        snapshot.write(bars, tmp_path / "one.bars")
    assert [path.name for path in tmp_path.iterdir()] == ["one.bars"]


def test_every_form_of_nan_and_zero_comes_back_as_the_one_that_is_hashed(bars, tmp_path):
    rate = bars.features["rate"].to_numpy().copy()
    rate[:2, 0] = np.frombuffer(bytes.fromhex("230100000000f8ff"), dtype="<f8")[0], -0.0
    odd = Bars(bars.close, features={"rate": pd.DataFrame(rate, SESSIONS, ["US"])})
    snapshot.write(odd, tmp_path / "one.bars")
    found = snapshot.read(tmp_path / "one.bars")
    assert found.content_hash == odd.content_hash
    assert not np.signbit(found.table("close")).any()
    assert found.features["rate"].to_numpy()[1, 0] == 0.0
    assert not np.signbit(found.features["rate"].to_numpy()[1, 0])


def test_the_hash_of_the_bytes_is_the_one_that_bars_take_of_themselves(bars, tmp_path):
    snapshot.write(bars, tmp_path / "one.bars")
    found = snapshot.read(tmp_path / "one.bars")
    anew = Bars(found.close, open=found.open, features=dict(found.features))
    assert "content_hash" not in vars(anew)
    assert anew.content_hash == found.content_hash
