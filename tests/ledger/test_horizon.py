"""No row that is seen later has an earlier time, whoever commits when."""

import threading
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import make_url

from framework.ledger.horizon import SET_BACK_SECONDS, horizon

SAY = "INSERT INTO suspensions (strategy, action, reason, reviewer, known_at) VALUES (%s, 'suspend', 'r', 'ada', now())"
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.fixture
def connect(database_url):
    to = make_url(database_url)
    opened = []

    def one() -> psycopg.Connection:
        opened.append(psycopg.connect(host=to.query["host"], user=to.username, dbname=to.database))
        return opened[-1]

    yield one
    for connection in opened:
        connection.close()


def test_it_is_a_minute_before_now_when_nobody_writes(ledger, connect):
    (now,) = connect().execute("SELECT clock_timestamp()").fetchone()
    found = EPOCH + timedelta(microseconds=horizon(ledger))
    assert timedelta(0) <= found + timedelta(seconds=SET_BACK_SECONDS) - now < timedelta(seconds=30)


def test_a_transaction_that_writes_is_waited_for_and_one_that_reads_is_not(ledger, connect):
    connect().execute("SELECT count(*) FROM suspensions")
    assert horizon(ledger, patience_seconds=0.1) is not None
    writing = connect()
    writing.execute(SAY, ["s"])
    assert horizon(ledger, patience_seconds=0.1) is None
    writing.commit()
    assert horizon(ledger, patience_seconds=0.1) is not None


def test_every_row_that_was_not_seen_has_a_later_time(ledger, connect):
    stop = threading.Event()

    def write(name: str) -> None:
        connection, number = connect(), 0
        while not stop.is_set():
            connection.execute(SAY, [f"{name}-{number % 7}"])
            number += 1
            if number % 5 == 0:
                connection.commit()
        connection.commit()

    writers = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for writer in writers:
        writer.start()
    reader, unseen = connect(), 0
    reader.autocommit = True
    seen = []
    for _ in range(20):
        moment = EPOCH + timedelta(microseconds=horizon(ledger), seconds=SET_BACK_SECONDS)
        seen.append((moment, {*reader.execute("SELECT stream, sequence FROM suspensions").fetchall()}))
    stop.set()
    for writer in writers:
        writer.join()
    rows = reader.execute("SELECT stream, sequence, recorded_at FROM suspensions").fetchall()
    for moment, known in seen:
        later = [row[2] for row in rows if row[:2] not in known]
        unseen += len(later)
        assert all(recorded_at >= moment for recorded_at in later)
    assert unseen > 100
