"""A dump is verified here by hand, from docs/record.md alone, payloads withheld or not."""

import gzip
import hashlib
import json
import struct
from datetime import UTC, datetime

import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.errors import LedgerError
from framework.ledger.connect import open_ledger
from framework.ledger.dump import dump

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
NULL = b"\xff\xff\xff\xff"


def framed(value: bytes | None) -> bytes:
    return NULL if value is None else struct.pack(">i", len(value)) + value


def moment(text: str) -> bytes:
    since = datetime.fromisoformat(text).replace(tzinfo=UTC) - EPOCH
    return struct.pack(">q", (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds)


CANONICAL = {
    "text": str.encode,
    "numeric": str.encode,
    "boolean": lambda text: bytes([text == "true"]),
    "integer": lambda text: struct.pack(">i", int(text)),
    "bigint": lambda text: struct.pack(">q", int(text)),
    "double precision": lambda text: struct.pack(">d", float(text)),
    "date": lambda text: struct.pack(">i", (datetime.fromisoformat(text).date() - EPOCH.date()).days),
    "timestamp": moment,
    "timestamptz": moment,
    "bytea": lambda text: bytes.fromhex(text.removeprefix("\\x")),
}


def read(path):
    lines = [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().splitlines()]
    return lines[0], lines[1:-1], lines[-1]


def verified(header, rows) -> int:
    """Recompute every hash that can be; how many payloads were there."""
    tails: dict[str, tuple[int, str]] = {}
    payloads = 0
    for table, stream, sequence, recorded_at, previous, payload_hash, row_hash, withheld, values in rows:
        told = header["tables"][table]
        cells = {
            name: framed(None if value is None else CANONICAL[kind](value))
            for (name, kind), value in zip(told["columns"], values, strict=True)
        }
        if not withheld:
            payloads += 1
            payload = b"".join(cell for name, cell in cells.items() if name not in told["public"])
            assert hashlib.sha256(payload).hexdigest() == payload_hash, (table, sequence)
        first = (table.encode(), stream.encode(), struct.pack(">q", sequence), moment(recorded_at))
        chain = b"".join(map(framed, (*first, bytes.fromhex(previous), bytes.fromhex(payload_hash))))
        public = b"".join(cell for name, cell in cells.items() if name in told["public"])
        assert hashlib.sha256(chain + public).hexdigest() == row_hash, (table, sequence)
        assert tails.get(stream, (0, "00" * 32)) == (sequence - 1, previous)
        tails[stream] = (sequence, row_hash)
    return payloads


def bars(source: str, licence: str) -> Bars:
    close = pd.DataFrame({"KO": [63.82, 64.2, 0.1 + 0.2]}, index=pd.bdate_range("2022-12-21", periods=3))
    return Bars(close=close, volume=close.round() * 1e6, source=source, licence=licence, caveat="survivors")


@pytest.fixture
def record(filled):
    """A row in every table, awkward words, and blocks under several licences."""
    said = {"reviewer": "ada", "known_at": datetime(2022, 12, 28, tzinfo=UTC)}
    filled.append_suspension("s", action="suspend", reason='a\ttab, a\nline, "quotes" and \\ é', **said)
    for source, licence in LICENCES.items():
        filled.vault.append_bars(bars(source, licence), calendar="XNYS")
    values = pd.DataFrame({"KO": [1.5]}, index=pd.DatetimeIndex(["2022-12-23"], tz="UTC"))
    filled.vault.append_feature("open", values, source="own", licence="CC0-1.0")
    filled.vault.append_feature("secret", values, source="own", licence="all rights reserved")
    return filled


LICENCES = {
    "free": "BSD-3-Clause (somebody)",
    "both": "NCSA (a); public domain, as declared (b)",
    "vendor": "for personal use only",
    "mixed": "BSD-3-Clause (a); all rights reserved (b)",
    "unsaid": "",
}


def test_a_dump_has_every_row_and_verifies_by_hand(record, tmp_path):
    done = dump(record, tmp_path / "whole.jsonl.gz", public=False)
    header, rows, end = read(tmp_path / "whole.jsonl.gz")
    assert (header["format"], header["revision"]) == ("openbook-dump/1", "0001")
    assert verified(header, rows) == len(rows) == done.rows == sum(record.counts().values())
    assert end == {"rows": done.rows, "withheld": 0}
    assert {row[0] for row in rows} == set(header["tables"]) == set(record.counts())
    order = list(header["tables"])
    assert rows == sorted(rows, key=lambda row: (order.index(row[0]), row[1].encode(), row[2]))


def test_a_public_dump_withholds_what_no_licence_frees_and_still_verifies(record, tmp_path):
    done = dump(record, tmp_path / "public.jsonl.gz", public=True)
    header, rows, end = read(tmp_path / "public.jsonl.gz")
    closed = {"vendor", "mixed", "unsaid"}
    assert verified(header, rows) == done.rows - done.withheld
    assert end["withheld"] == done.withheld == len(closed) + 1
    withheld = [row for row in rows if row[7]]
    assert {row[1] for row in withheld} == {f"bar_blocks:{source}:KO" for source in closed} | {
        "feature_blocks:secret:KO"
    }
    for row in withheld:
        told = header["tables"][row[0]]
        cells = {
            name: cell for (name, _), cell in zip(told["columns"], row[8], strict=True) if cell is not None
        }
        assert set(cells) == set(told["public"])


def test_the_newest_word_on_a_licence_counts(record, tmp_path):
    record.vault.append_bars(bars("free", "for personal use only"), calendar="XNYS")
    dump(record, tmp_path / "public.jsonl.gz", public=True)
    _, rows, _ = read(tmp_path / "public.jsonl.gz")
    assert {row[7] for row in rows if row[1] == "bar_blocks:free:KO"} == {True}


def test_the_same_record_gives_the_same_dump_whatever_the_settings(record, tmp_path, superuser_url, database):
    dump(record, tmp_path / "one", public=True)
    options = "&options=-c%20timezone%3DAsia/Tokyo%20-c%20datestyle%3DGerman%20-c%20bytea_output%3Descape"
    with open_ledger(url=record.address.render_as_string() + options, admin_url=None, home=tmp_path) as other:
        dump(other, tmp_path / "two", public=True)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_nothing_is_overwritten_and_nothing_half_written(record, tmp_path):
    target = tmp_path / "dump"
    target.write_text("mine")
    with pytest.raises(LedgerError, match="exists"):
        dump(record, target, public=False)
    assert target.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [target]
