"""The chain, recomputed here by hand from docs/record.md, and eight writers in one stream."""

import hashlib
import json
import struct
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import make_url

ROWS = "SELECT * FROM {table} ORDER BY stream, sequence"
POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def framed(value: bytes | None) -> bytes:
    return b"\xff\xff\xff\xff" if value is None else struct.pack(">i", len(value)) + value


def text(value: object) -> bytes:
    return framed(None if value is None else str(value).encode())


def microseconds(moment: datetime) -> bytes:
    since = moment - (POSTGRES_EPOCH if moment.tzinfo else POSTGRES_EPOCH.replace(tzinfo=None))
    return framed(struct.pack(">q", (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds))


def day(date) -> bytes:
    return framed(struct.pack(">i", (date - POSTGRES_EPOCH.date()).days))


def double(value: float) -> bytes:
    return framed(struct.pack(">d", value))


def leaf(table: str, row, payload: bytes, *public: bytes) -> tuple[bytes, bytes]:
    """Payload hash and row hash of a row."""
    payload_hash = hashlib.sha256(payload).digest()
    metadata = (
        text(table)
        + text(row.stream)
        + framed(struct.pack(">q", row.sequence))
        + microseconds(row.recorded_at)
    )
    metadata += framed(row.previous_hash) + framed(payload_hash) + b"".join(public)
    return payload_hash, hashlib.sha256(metadata).digest()


@pytest.fixture
def rows_of(superuser_url):
    to = make_url(superuser_url)

    def read(table: str) -> list:
        with psycopg.connect(
            host=to.query["host"],
            user=to.username,
            dbname=to.database,
            row_factory=psycopg.rows.namedtuple_row,
        ) as connection:
            connection.execute("SET timezone = 'Asia/Tokyo'")  # the hashes must not depend on it
            return connection.execute(ROWS.format(table=table)).fetchall()

    return read


def linked(rows) -> bool:
    previous = bytes(32)
    for sequence, row in enumerate(rows, start=1):
        if (row.sequence, row.previous_hash) != (sequence, previous):
            return False
        previous = row.row_hash
    return True


def test_a_block_of_bars_hashes_as_documented_prices_apart_from_the_rest(ledger, tiny_bars, rows_of):
    ledger.vault.append_bars(tiny_bars, calendar="XNYS")
    rows = rows_of("bar_blocks")
    assert [row.symbol for row in rows] == ["IBM", "KO"]
    for row in rows:
        public = text(row.source) + text(row.symbol) + text(row.fields) + framed(struct.pack(">i", 3))
        public += microseconds(row.first_session) + microseconds(row.last_session)
        public += microseconds(row.known_from) + microseconds(row.known_at)
        public += framed(bytes([row.backfilled])) + text(row.content_hash)
        expected = leaf("bar_blocks", row, framed(row.content), public)
        assert (row.payload_hash, row.row_hash) == expected
        assert linked([row])


def test_a_block_of_bars_holds_what_is_documented(ledger, tiny_bars, rows_of):
    ledger.vault.append_bars(tiny_bars, calendar="XNYS")
    block = rows_of("bar_blocks")[1]
    content = zlib.decompress(block.content)
    assert hashlib.sha256(content).hexdigest() == block.content_hash
    fields = json.loads(block.fields)
    assert (fields, len(content)) == (["open", "high", "low", "close", "volume"], (2 + 5) * 3 * 8)
    columns = [content[start : start + 24] for start in range(0, len(content), 24)]
    steps, delays = (struct.unpack("<3q", column) for column in columns[:2])
    sessions = [datetime.fromtimestamp(sum(steps[: n + 1]) / 1e6, UTC) for n in range(3)]
    assert sessions == [datetime(2022, 12, day, tzinfo=UTC) for day in (23, 27, 28)]
    assert {timedelta(microseconds=delay) for delay in delays} == {
        timedelta(hours=21)
    }  # closes at 16:00 in New York
    for field, column in zip(fields, columns[2:], strict=True):
        assert list(struct.unpack("<3d", column)) == getattr(tiny_bars, field)["KO"].tolist()


def test_a_worth_hashes_as_documented(ledger, make_run, make_worth, rows_of):
    run = ledger.start_attempt(make_run())
    ledger.append_night(run.run_id, worth=make_worth(run, turnover=0.1 + 0.2), fills=[], orders=[])
    (row,) = rows_of("portfolio_worth")
    payload = text(row.strategy) + text(row.mode) + day(row.session) + text(row.run_id)
    payload += (
        text(row.worth_usd)
        + text(row.cash_usd)
        + text(row.costs_usd)
        + double(0.1 + 0.2)
        + double(row.exposure)
    )
    payload += text(row.holdings) + text(row.prices) + text(row.snapshot_hash) + microseconds(row.known_at)
    payload += framed(bytes([row.backfilled]))
    assert (row.payload_hash, row.row_hash) == leaf("portfolio_worth", row, payload)
    assert str(row.worth_usd) == "100000.1"


def test_runs_and_their_events_hash_as_documented_nulls_too(ledger, make_run, rows_of):
    ledger.start_attempt(make_run())
    ledger.start_attempt(make_run("run-2"))
    for row in rows_of("runs"):
        assert row.image_tag is None
        payload = text(row.run_id) + text(row.strategy) + text(row.job) + text(row.mode) + day(row.session)
        payload += framed(struct.pack(">i", row.attempt)) + microseconds(row.as_of) + text(row.git_sha)
        payload += framed(bytes([row.git_dirty])) + framed(None) + text(row.lock_hash) + text(row.code_hash)
        payload += text(row.parameters) + text(row.versions)
        assert (row.payload_hash, row.row_hash) == leaf("runs", row, payload)
    events = rows_of("run_events")
    assert [row.event for row in events] == ["started", "abandoned", "started"]
    assert linked(events)


def test_a_notebook_hashes_its_content_apart_from_the_rest(ledger, rows_of):
    ledger.append_notebook("a.ipynb", b"{}", strategy="s", kind="research", run_id=None)
    (row,) = rows_of("notebooks")
    public = text(row.content_hash) + text("s") + text("a.ipynb") + text("research") + framed(None)
    public += framed(struct.pack(">q", 2))
    assert (row.payload_hash, row.row_hash) == leaf("notebooks", row, framed(row.content), public)


def test_a_row_that_is_refused_leaves_no_gap(ledger, make_trial, rows_of):
    ledger.append_trials([make_trial("1" * 64)])
    ledger.append_trials([make_trial("1" * 64), make_trial("2" * 64)])
    rows = rows_of("trials")
    assert [row.identity[0] for row in rows] == ["1", "2"]
    assert linked(rows)


def test_eight_writers_in_one_stream_leave_one_chain_without_a_gap(ledger, rows_of):
    together = threading.Barrier(8)  # each writer has connections, and so a server process, of its own

    def write(writer: int) -> None:
        together.wait()
        for number in range(25):
            said = {"reason": f"{writer}/{number}", "reviewer": "ada", "known_at": POSTGRES_EPOCH}
            ledger.append_suspension("s", action="suspend", **said)

    with ThreadPoolExecutor(8) as writers:
        list(writers.map(write, range(8)))
    rows = rows_of("suspensions")
    assert len({row.reason for row in rows}) == 200
    assert linked(rows)
    authors = [row.reason.split("/")[0] for row in rows]
    assert authors != sorted(authors)  # they did write at the same time
