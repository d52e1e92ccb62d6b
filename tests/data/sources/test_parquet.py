"""Files that are good, and files that are not."""

import pandas as pd
import pytest

from framework.data.sources import find
from framework.errors import BadBars, DataError, SpecError, UnknownSymbol

DAYS = pd.DatetimeIndex(["2024-01-02", "2024-01-03", "2024-01-04"], name="session")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A project's folder ``mine`` of files, which is the working directory's."""
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path / "mine"


def write(folder, symbol="KO", index=DAYS, **columns):
    frame = pd.DataFrame({"close": [60.0, 61.0, 62.0][: len(index)], **columns}, index=index)
    frame.to_parquet(folder / f"{symbol}.parquet")
    return frame


def test_what_pandas_writes_is_read_back_to_the_last_bit(folder):
    written = write(folder, close=[0.1 + 0.2, 1e-9, 59.85], open=[1.0, 2.0, 3.0], volume=[0, 7, 10**9])
    bars = find("parquet:mine").bars(["KO"])
    assert bars.source == "parquet:mine"
    assert bars.close["KO"].tolist() == written["close"].tolist()
    assert bars.volume["KO"].tolist() == [0.0, 7.0, 1e9]
    assert bars.high is None


def test_raw_prices_come_with_their_dividends_and_splits(folder):
    write(folder, dividend=[0.0, 0.44, 0.0], split=[1.0, 1.0, 2.0])
    bars = find("parquet:mine").bars(["KO"])
    assert (bars.dividend["KO"].tolist(), bars.split["KO"].tolist()) == ([0.0, 0.44, 0.0], [1.0, 1.0, 2.0])


def test_a_field_that_one_symbol_lacks_is_left_out_for_all(folder):
    write(folder, open=[1.0, 2.0, 3.0])
    write(folder, "PEP")
    assert find("parquet:mine").bars(["KO"]).open is not None
    assert find("parquet:mine").bars(["KO", "PEP"]).open is None


def test_minute_bars_keep_the_minute_at_which_they_closed(folder):
    minutes = pd.date_range("2024-01-02 14:31", periods=3, freq="min", name="session")
    write(folder, index=minutes)
    bars = find("parquet:mine").bars(["KO"], start="2024-01-02 14:32")
    assert bars.sessions.tolist() == minutes[1:].tolist()


def test_lives_of_different_length_stand_side_by_side(folder):
    write(folder)
    write(folder, "NEW", index=DAYS[1:])
    bars = find("parquet:mine").bars(["KO", "NEW"])
    assert bars.close["NEW"].isna().tolist() == [True, False, False]


def test_without_a_note_nothing_may_be_passed_on(folder):
    write(folder)
    assert find("parquet:mine").licence == "not stated; not to be passed on"
    (folder / "about.yaml").write_text("licence: MIT\n")
    assert find("parquet:mine").bars(["KO"]).licence == "MIT"
    assert "nobody vouches" in find("parquet:mine").caveat


@pytest.mark.parametrize(
    ("note", "said"),
    [
        ("license: MIT\n", "Did you mean 'licence'"),
        ("licence:\n", "nothing under 'licence'"),
        ("- MIT\n", "the whole file"),
        ("licence: [\n", "is not YAML"),
    ],
)
def test_a_note_that_cannot_be_read_is_refused(folder, note, said):
    write(folder)
    (folder / "about.yaml").write_text(note)
    with pytest.raises(DataError, match=said):
        find("parquet:mine").bars(["KO"])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "cannot be read"),
        (b"<html><body>429 Too Many Requests</body></html>", "cannot be read"),
        (b"PAR1" + bytes(100), "cannot be read"),
    ],
)
def test_a_file_that_is_not_parquet_is_named(folder, content, said):
    (folder / "KO.parquet").write_bytes(content)
    with pytest.raises(DataError, match=rf"KO\.parquet {said}.*bars of KO"):
        find("parquet:mine").bars(["KO"])


def test_a_truncated_file_is_named(folder):
    write(folder)
    whole = (folder / "KO.parquet").read_bytes()
    for size in range(0, len(whole), 97):
        (folder / "KO.parquet").write_bytes(whole[:size])
        with pytest.raises(DataError, match=r"KO\.parquet cannot be read"):
            find("parquet:mine").bars(["KO"])


def test_columns_that_are_missing_or_no_numbers_are_named(folder):
    pd.DataFrame({"Close": [1.0]}, index=DAYS[:1]).to_parquet(folder / "KO.parquet")
    with pytest.raises(DataError, match=r"no column 'close'.*Close"):
        find("parquet:mine").bars(["KO"])
    write(folder, close=["a", "b", "c"])
    with pytest.raises(DataError, match="cannot be read"):
        find("parquet:mine").bars(["KO"])
    pd.DataFrame({"close": [1.0], "session": ["yesterday"]}).to_parquet(folder / "KO.parquet")
    with pytest.raises(BadBars, match="sessions of KO"):
        find("parquet:mine").bars(["KO"])


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (DAYS[[0, 2, 1]], r"2024-01-03 00:00 \(row 2"),
        (DAYS[[0, 1, 1]], r"2024-01-03 00:00 \(row 2"),
        (DAYS.tz_localize("America/New_York"), "time zone America/New_York"),
        (pd.DatetimeIndex(["2024-01-02", None, "2024-01-04"], name="session"), "Row 1 .* no session"),
    ],
)
def test_sessions_that_are_out_of_order_repeated_or_zoned_are_refused(folder, days, said):
    write(folder, index=days)
    with pytest.raises(BadBars, match=said):
        find("parquet:mine").bars(["KO"])


def test_prices_that_are_no_prices_are_refused_with_the_source_named(folder):
    for bad in (0.0, -1.0, float("inf"), float("nan")):
        write(folder, close=[60.0, bad, 62.0])
        with pytest.raises(BadBars, match=r"^parquet:mine: close of KO at 2024-01-03"):
            find("parquet:mine").bars(["KO"])


def test_what_is_not_there_is_told(folder):
    with pytest.raises(DataError, match="no folder nowhere"):
        find("parquet:nowhere").symbols()
    write(folder)
    with pytest.raises(UnknownSymbol, match="Did you mean 'KO'"):
        find("parquet:mine").bars(["ko"])
    pd.DataFrame({"close": []}, index=DAYS[:0]).to_parquet(folder / "NONE.parquet")
    with pytest.raises(DataError, match="no row"):
        find("parquet:mine").bars(["NONE"])


def test_a_source_without_places_is_not_at_one():
    with pytest.raises(SpecError, match="no places"):
        find("sample:elsewhere")
