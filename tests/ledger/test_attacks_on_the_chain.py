"""Attacks on how a row is chained: shadows, settings, stale views, forged columns, and writers that are killed."""

import random
import signal
import time
from itertools import pairwise

import psycopg
import pytest
from sqlalchemy import make_url

from framework.ledger.schema import METADATA
from framework.ledger.snapshot import rows, snapshot

APPEND = (
    "INSERT INTO public.suspensions VALUES ('s', 'suspend', 'why', 'ada', '2022-12-27 21:00+00') RETURNING {}"
)
LAST = "SELECT * FROM public.suspensions ORDER BY sequence DESC LIMIT 1"
SETTINGS = {
    "timezone": "Asia/Tokyo",
    "datestyle": "German",
    "intervalstyle": "sql_standard",
    "bytea_output": "escape",
    "extra_float_digits": "-15",
    "client_encoding": "LATIN1",
    "standard_conforming_strings": "off",
    "backslash_quote": "on",
    "search_path": "pg_temp",
    "lc_numeric": "C",
    "row_security": "off",
    "default_transaction_isolation": "serializable",
    "plan_cache_mode": "force_custom_plan",
    "enable_indexscan": "off",
    "openbook.migration": "on",
}
WRITER = """
import sys, psycopg
host, database, writer = sys.argv[1:4]
with psycopg.connect(host=host, user="openbook_app", dbname=database, autocommit=True) as connection:
    number = 0
    while True:
        number += 1
        said = f"{writer}/{number}"
        connection.execute("INSERT INTO suspensions VALUES ('s', 'suspend', %s, 'ada', now())", [said])
        print(said, flush=True)
"""

# Somebody with more rights than the application has made a schema; the guard's triggers stand again.
SHADOWS = """
CREATE SCHEMA shadows;
CREATE FUNCTION shadows.sha256(bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT '\\x00'::bytea $$;
CREATE FUNCTION shadows.substr(bytea, int) RETURNS bytea LANGUAGE sql AS $$ SELECT '\\x00'::bytea $$;
CREATE FUNCTION shadows.array_send(anyarray) RETURNS bytea LANGUAGE sql AS $$ SELECT '\\x00'::bytea $$;
CREATE FUNCTION shadows.convert_to(text, name) RETURNS bytea LANGUAGE sql AS $$ SELECT '\\x00'::bytea $$;
CREATE FUNCTION shadows.int8send(bigint) RETURNS bytea LANGUAGE sql AS $$ SELECT '\\x00'::bytea $$;
CREATE FUNCTION shadows.timestamptz_send(timestamptz) RETURNS bytea LANGUAGE sql AS $$ SELECT '\\x00'::bytea $$;
CREATE FUNCTION shadows.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$ SELECT 'epoch'::timestamptz $$;
CREATE FUNCTION shadows.added(bigint, int) RETURNS bigint LANGUAGE sql AS 'SELECT 41::bigint';
CREATE FUNCTION shadows.joined(text, text) RETURNS text LANGUAGE sql AS $$ SELECT 'shadow'::text $$;
CREATE FUNCTION shadows.equal(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR shadows.+ (LEFTARG = bigint, RIGHTARG = int, FUNCTION = shadows.added);
CREATE OPERATOR shadows.|| (LEFTARG = text, RIGHTARG = text, FUNCTION = shadows.joined);
CREATE OPERATOR shadows.= (LEFTARG = text, RIGHTARG = text, FUNCTION = shadows.equal);
GRANT USAGE ON SCHEMA shadows TO openbook_app;
ALTER TABLE public.suspensions ENABLE ALWAYS TRIGGER chain;
"""


@pytest.fixture
def application(database_url):
    to = make_url(database_url)

    def connect() -> psycopg.Connection:
        return psycopg.connect(host=to.query["host"], user=to.username, dbname=to.database, autocommit=True)

    return connect


def test_a_temporary_table_of_the_same_name_deceives_neither_chain_nor_ledger(application, ledger):
    with application() as connection:
        connection.execute(APPEND.format(1))
        connection.execute("CREATE TEMP TABLE suspensions (LIKE public.suspensions)")
        connection.execute("INSERT INTO suspensions SELECT * FROM public.suspensions")
        connection.execute("UPDATE suspensions SET sequence = 41, row_hash = '\\x00'")
        connection.execute("CREATE TEMP VIEW runs AS SELECT 1")
        assert connection.execute(APPEND.format("sequence")).fetchone() == (2,)
        first, second = connection.execute(
            "SELECT row_hash, previous_hash FROM public.suspensions ORDER BY sequence"
        )
        assert second[1] == first[0]
    assert len(ledger.suspensions("s")) == 2


@pytest.mark.parametrize("setting", SETTINGS)
def test_no_setting_of_a_session_changes_what_is_hashed(application, setting):
    with application() as connection:
        (plain,) = connection.execute(APPEND.format("payload_hash")).fetchone()
        connection.execute("SELECT set_config(%s, %s, false)", [setting, SETTINGS[setting]])
        connection.execute(APPEND.format(1))
        connection.execute("RESET ALL")
        rows = connection.execute(
            "SELECT payload_hash, previous_hash, row_hash FROM public.suspensions ORDER BY sequence"
        )
        first, second = rows.fetchall()
    assert first[0] == plain == second[0]
    assert second[1] == first[2]


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_row_of_a_session_that_begins_with_a_setting_hashes_as_it_says(application, ledger, setting):
    with application() as connection:
        connection.execute("SELECT set_config(%s, %s, false)", [setting, SETTINGS[setting]])
        connection.execute(APPEND.format(1))
        connection.execute(APPEND.format(1))
    assert [row.sound for row in read(ledger)] == [True, True]


def test_functions_and_operators_of_the_same_names_that_come_first_do_not_hash(application, ledger, attacker):
    attacker.execute(SHADOWS)
    with application() as connection:
        connection.execute("SET search_path = shadows, pg_catalog")
        assert connection.execute("SELECT sha256(''), 1::bigint + 1, 'a'::text || 'b'").fetchone() == (
            *(b"\0", 41, "shadow"),
        )
        connection.execute(APPEND.format(1))
        connection.execute(APPEND.format(1))
    assert [(row.sequence, row.stream, row.sound) for row in read(ledger)] == [
        (1, b"suspensions:s", True),
        (2, b"suspensions:s", True),
    ]


def read(ledger):
    with snapshot(ledger) as connection:
        return list(rows(connection, METADATA.tables["public.suspensions"]))


def test_the_application_sets_neither_sequence_nor_time_nor_hash(application):
    forged = ("forged", 99, "1999-01-01", b"\1" * 32, b"\2" * 32, b"\3" * 32)
    with application() as connection:
        connection.execute(
            "INSERT INTO suspensions VALUES ('s', 'suspend', 'why', 'ada', now(), %s, %s, %s, %s, %s, %s)",
            forged,
        )
        with connection.cursor().copy("COPY suspensions FROM STDIN") as copy:
            hashes = ["\\\\x" + "01" * 32] * 3
            copy.write(
                "\t".join(["s", "suspend", "why", "ada", "2022-12-27", "forged", "99", "1999-01-01", *hashes])
                + "\n"
            )
        rows = connection.execute("SELECT * FROM suspensions ORDER BY sequence").fetchall()
        fresh = connection.execute(
            "SELECT every(recorded_at > now() - interval '1 hour') FROM suspensions"
        ).fetchone()
    assert [row[5:7] for row in rows] == [("suspensions:s", 1), ("suspensions:s", 2)]
    assert fresh == (True,)
    assert not {bytes([byte]) * 32 for byte in (1, 2, 3)} & {value for row in rows for value in row[8:]}


def test_whoever_looks_at_an_old_view_of_the_record_cannot_fork_it(application):
    with application() as stale, application() as other:
        other.execute(APPEND.format(1))
        stale.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        stale.execute(LAST)
        other.execute(APPEND.format(1))
        with pytest.raises(psycopg.errors.UniqueViolation):
            stale.execute(APPEND.format(1))
        stale.execute("ROLLBACK")
        assert other.execute("SELECT max(sequence), count(*) FROM suspensions").fetchone() == (2, 2)


def test_a_refused_row_and_a_savepoint_leave_no_gap(application):
    run = (
        "INSERT INTO runs SELECT '{}', 's', 's', 'paper', now(), {}, now(), 'a', false, NULL, 'b', 'c', "
        "'{{}}', '{{}}' "
    )
    with application() as connection, connection.transaction():
        connection.execute(APPEND.format(1))
        with pytest.raises(psycopg.errors.CheckViolation), connection.transaction():
            connection.execute(APPEND.format(1).replace("'why'", "''"))
        connection.execute(run.format("r", 1))
        connection.execute(run.format("r", 1) + "FROM generate_series(1, 3) ON CONFLICT DO NOTHING")
        connection.execute(run.format("q", 2))
        assert connection.execute(APPEND.format("sequence")).fetchone() == (2,)
        assert connection.execute("SELECT array_agg(sequence ORDER BY sequence) FROM runs").fetchone() == (
            [1, 2],
        )


def test_whoever_holds_a_streams_lock_makes_writers_wait_and_loses_nothing(application):
    # The application can deny itself service (locks, its settings, its password); it changes no row by it.
    with application() as holder, application() as writer:
        holder.execute("SELECT pg_advisory_lock(hashtextextended('suspensions:s', 0))")
        writer.execute("SET lock_timeout = '200ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            writer.execute(APPEND.format(1))
        holder.execute("SELECT pg_advisory_unlock_all()")
        assert writer.execute(APPEND.format("sequence")).fetchone() == (1,)


def test_eight_writers_killed_at_random_lose_no_acknowledged_row_and_leave_no_gap(
    application, python, database_url
):
    to = make_url(database_url)
    chance, acknowledged, started = random.Random(4), [], 0

    def spawn():
        nonlocal started
        started += 1
        return python(WRITER, to.query["host"], to.database, str(started))

    def end(block, process) -> None:
        process.send_signal(signal.SIGKILL)
        acknowledged.extend(process.stdout.read().splitlines(keepends=True))
        process.wait()
        block.__exit__(None, None, None)

    blocks = [spawn() for _ in range(8)]
    running = [(block, block.__enter__()) for block in blocks]
    for _, process in running:
        acknowledged.append(process.stdout.readline())  # all eight write by now
    for _ in range(8):
        time.sleep(chance.uniform(0.0, 0.1))
        end(*running.pop(chance.randrange(len(running))))
    said = {line.strip() for line in acknowledged if line.endswith("\n")}
    with application() as connection:
        rows = connection.execute(
            "SELECT reason, sequence, previous_hash, row_hash FROM suspensions ORDER BY sequence"
        ).fetchall()
    assert len({line.split("/")[0] for line in said}) == 8
    assert said <= {reason for reason, *_ in rows}
    assert len(rows) - len(said) <= 8  # committed, and killed before it could say so
    assert [sequence for _, sequence, *_ in rows] == list(range(1, len(rows) + 1))
    assert all(later[2] == earlier[3] for earlier, later in pairwise(rows))
    writers = [reason.split("/")[0] for reason, *_ in rows]
    assert writers != sorted(writers)  # they did write at the same time
