"""The Job that migrates is run: its command, with its variables, on an empty database."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from framework.ledger.connect import open_ledger
from framework.ledger.embedded import SUPERUSER, Server


@pytest.fixture
def empty(server: Server) -> Iterator[str]:
    """An empty database, as superuser: what a new cluster's PostgreSQL has."""
    administration = psycopg.connect(
        host=str(server.place.sockets), user=SUPERUSER, dbname="postgres", autocommit=True
    )
    with administration:
        administration.execute("CREATE DATABASE new_cluster TEMPLATE template0")
        yield server.url("new_cluster", SUPERUSER)
        administration.execute("DROP DATABASE new_cluster WITH (FORCE)")


def test_the_job_migrates_and_doing_it_again_is_harmless(
    base: list[dict[str, Any]], server: Server, empty: str, tmp_path: Path
) -> None:
    (job,) = (document for document in base if document["kind"] == "Job")
    (container,) = job["spec"]["template"]["spec"]["containers"]
    variables = {item["name"]: empty for item in container["env"]}
    assert set(variables) == {"OPENBOOK_DATABASE_URL", "OPENBOOK_ADMIN_DATABASE_URL"}
    environment = os.environ | variables | {"OPENBOOK_HOME": str(tmp_path)}
    for _ in range(2):
        command = [Path(sys.executable).parent / "openbook", *container["args"]]
        done = subprocess.run(
            command, check=False, env=environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
    application = server.url("new_cluster")
    with open_ledger(url=application, admin_url=None, home=tmp_path) as ledger:
        assert {table: rows for table, rows in ledger.counts().items() if rows} == {"migrations": 1}
