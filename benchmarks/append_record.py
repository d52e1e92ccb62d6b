"""Appending with the chain against the same table without: in batches, a row a commit, and in bulk as a stream grows.

Both tables are on one server, in databases of their own; both are written to by psycopg with values that are ready, so
that nothing of the product's own way to them softens the ratio. The plain table has the record table's columns and
rules, and a number for a key; it has no chain, no hashes, no guard.
"""

from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import count
from time import perf_counter

import psycopg
from harness.rates import Limit

from framework.ledger.cluster import SUPERUSER
from framework.ledger.embedded import DATABASE, Server
from framework.ledger.engine import APPLICATION
from framework.ledger.migrate import migrate
from framework.ledger.scratch import scratch_server

FEW, MANY = 5_000, 200_000
ROUNDS = 25
TRIAL = {
    "strategy": "dual_momentum",
    "parameters": '{"lookback": 252}',
    "code_hash": "c" * 64,
    "bars_hash": "d" * 64,
    "costs": '{"commission_bps": 1.0}',
    "timing": '{"fill_at": "open"}',
    "outcome": "finished",
    "sharpe": 0.30000000000000004,
    "observations": 2520,
    "skewness": -0.3,
    "kurtosis": 4.5,
}
COLUMNS = ", ".join(["identity", *TRIAL])
INSERT = f"INSERT INTO public.trials ({COLUMNS}) VALUES ({', '.join(['%s'] * (len(TRIAL) + 1))})"  # noqa: S608 - our words
COPY = f"COPY public.trials ({COLUMNS}) FROM STDIN"
PLAIN = """
CREATE TYPE trial_outcome AS ENUM ('finished', 'crashed');
CREATE TABLE public.trials ({columns}, id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
"""

type Rows = list[tuple[object, ...]]
type Append = Callable[[psycopg.Connection, Rows], object]

numbers = count()


def trials(rows: int) -> Rows:
    """Rows that are on no record yet."""
    return [(f"{next(numbers):064x}", *TRIAL.values()) for _ in range(rows)]


def in_one(connection: psycopg.Connection, rows: Rows) -> None:
    """All rows in one transaction."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(INSERT, rows)


def a_row_a_commit(connection: psycopg.Connection, rows: Rows) -> None:
    """Each row in a transaction of its own."""
    for row in rows:
        with connection.transaction():
            connection.execute(INSERT, row)


def in_bulk(connection: psycopg.Connection, rows: Rows) -> None:
    """All rows by one COPY."""
    with connection.transaction(), connection.cursor() as cursor, cursor.copy(COPY) as copy:
        for row in rows:
            copy.write_row(row)


def took(append: Append, connection: psycopg.Connection, rows: Rows) -> float:
    started = perf_counter()
    append(connection, rows)
    return perf_counter() - started


def ratios(chained: psycopg.Connection, plain: psycopg.Connection, append: Append, rows: int) -> list[float]:
    """The plain table's time over the chained one's, turn by turn on the same rows."""
    found = []
    for turn in range(ROUNDS + 1):
        these = trials(rows)
        pair = [chained, plain][:: 1 if turn % 2 else -1]  # neither always goes first
        times = {connection: took(append, connection, these) for connection in pair}
        found.append(times[plain] / times[chained])
    return found[1:]  # the first one has prepared both


def figures(chained: psycopg.Connection, plain: psycopg.Connection) -> Iterator[bool]:
    batches = ratios(chained, plain, in_one, 500)
    yield Limit(
        "append 500 rows a transaction, against the same table without a chain", "x", at_least=0.45
    ).judge(batches)
    singly = ratios(chained, plain, a_row_a_commit, 500)
    yield Limit("append a row a commit, against the same table without a chain", "x", at_least=0.9).judge(
        singly
    )
    growth = []
    for _ in range(5):
        few = took(in_bulk, chained, trials(FEW)) / FEW
        growth.append(took(in_bulk, chained, trials(MANY)) / MANY / few)
    work = f"append {MANY:,} rows in bulk to one stream, time a row against that of {FEW:,}"
    yield Limit(work, "x", at_most=1.5).judge(growth)


def connected(server: Server, user: str, database: str) -> psycopg.Connection:
    return psycopg.connect(
        host=str(server.place.sockets), user=user, dbname=database, autocommit=True, prepare_threshold=0
    )


def main() -> None:
    """All of it, on a server of its own that writes to the disk as any other."""
    columns = import_module("framework.ledger.migrations.versions.0001_record").TABLES["trials"]
    with scratch_server() as server:
        migrate(server.admin_url)
        with connected(server, SUPERUSER, "postgres") as connection:
            connection.execute("CREATE DATABASE plain")
        with (
            connected(server, APPLICATION, DATABASE) as chained,
            connected(server, SUPERUSER, "plain") as plain,
        ):
            plain.execute(PLAIN.format(columns=columns), prepare=False)
            kept = [*figures(chained, plain)]
            (sequence,) = chained.execute("SELECT max(sequence) FROM public.trials").fetchone()
            assert sequence > plain.execute("SELECT count(*) FROM public.trials").fetchone()[0] > 0
    assert all(kept), "A limit is broken."


if __name__ == "__main__":
    main()
