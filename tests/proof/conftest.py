"""A small project whose paper nights are on record as runs record them."""

import json
import sys
import zlib
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pandas as pd
import psycopg
import pytest
from sqlalchemy import make_url

from framework.data.sessions import sessions_between
from framework.job import spec
from framework.job.attempt import new_run
from framework.job.nightly import Night
from framework.ledger.blocks import compress, hash_of, pack, unpack
from framework.ledger.history import TIMES

_JOBS = Path(__file__).parents[1] / "job" / "conftest.py"
_SPEC = spec_from_file_location("tests_job_conftest", _JOBS)
_MODULE = sys.modules[_SPEC.name] = module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MODULE)
project = _MODULE.project

LAST = sessions_between("XNYS", "2022-12-12", "2022-12-23")


def _live(project, session):
    job = spec.load("restless", project.root)
    row = new_run(
        "restless",
        session=session,
        mode="paper",
        as_of=project.at(session),
        parameters=job.model_dump(mode="json"),
        current=project.settings,
    )
    project.ledger.start_attempt(row)
    night = Night(job, project.at(session), row.run_id, project.ledger)
    for step in (night.load_bars, night.check, night.settle, night.mark, night.decide, night.record):
        step()
    project.ledger.append_event(row.run_id, "finished")
    return row


@pytest.fixture
def live(project):
    """Live through the night of one of ten sessions, by its place; the run records the job, as `openbook run` does."""
    return lambda place: _live(project, LAST[place])


@pytest.fixture
def nights(live):
    """Nine nights of an account that trades every day, on record."""
    assert len(LAST) == 10
    return [live(place) for place in range(9)]


@pytest.fixture
def unguarded(superuser_url):
    """A superuser's connection with every guard of a table switched off: the only way to alter the record."""

    @contextmanager
    def connect(table):
        url = make_url(superuser_url)
        with psycopg.connect(host=url.query["host"], user=url.username, dbname=url.database) as connection:
            for (name,) in connection.execute("SELECT evtname FROM pg_event_trigger").fetchall():
                connection.execute(f"ALTER EVENT TRIGGER {name} DISABLE")
            connection.execute(f"ALTER TABLE public.{table} DISABLE TRIGGER ALL")
            yield connection

    return connect


@pytest.fixture
def tamper(unguarded):
    """Alter rows with an UPDATE."""

    def run(statement, *values):
        with unguarded(statement.split()[1]) as connection:
            assert connection.execute(statement, values).rowcount > 0, "nothing was altered"

    return run


@pytest.fixture
def alter_prices(unguarded):
    """Multiply all prices of a symbol from a session on, hashes of the blocks included."""

    def run(symbol, session, factor):
        since, altered = int(pd.Timestamp(session).timestamp() * 1e6), 0
        with unguarded("bar_blocks") as connection:
            rows = connection.execute(
                "SELECT stream, sequence, fields, bars, content FROM bar_blocks WHERE symbol = %s", (symbol,)
            ).fetchall()
            for stream, sequence, fields, bars, stored in rows:
                names = json.loads(fields)
                found = unpack(zlib.decompress(stored), bars, times=TIMES, numbers=tuple(names))
                later = found["session"] >= since
                altered += int(later.sum())
                prices = {name: np.where(later, found[name] * factor, found[name]) for name in names}
                content = pack({name: found[name] for name in TIMES}, prices)
                connection.execute(
                    "UPDATE bar_blocks SET content = %s, content_hash = %s WHERE stream = %s AND sequence = %s",
                    (compress(content), hash_of(content), stream, sequence),
                )
        assert altered > 0, "nothing was altered"

    return run
