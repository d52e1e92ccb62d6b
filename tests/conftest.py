"""Real parts, each started once a session: PostgreSQL with a fresh database a test, a browser, a built site."""

import itertools
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import psycopg
import pytest
from playwright.sync_api import Browser, sync_playwright

from framework.ledger import locks
from framework.ledger.cluster import SUPERUSER
from framework.ledger.connect import open_ledger
from framework.ledger.embedded import Server
from framework.ledger.ledger import Ledger
from framework.ledger.migrate import migrate
from framework.ledger.place import SHELTER

NUMBERS = itertools.count(1)
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
RECORD = Path(__file__).parent / "page" / "record.py"

# tests/venues serves several rooms as the package `venues`. With tests/ itself on the path, pytest would take
# tests/strategies for the strategies.
venues = sys.modules["venues"] = ModuleType("venues")
venues.__path__ = [str(Path(__file__).parent / "venues")]


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The embedded server of a home of its own; its database `openbook` is migrated, empty and stays so."""
    home = Path(tempfile.mkdtemp(prefix="openbook-tests-", dir=SHELTER))
    home.chmod(
        0o755
    )  # not pytest's own folder: that is private, and the server runs as another user if we are root
    running = Server.start(home, linger_seconds=0.1)
    _forgo_durability(running)
    migrate(running.admin_url)
    yield running
    running.stop()
    deadline = time.monotonic() + 30.0
    while locks.is_held(home / "postgres" / "reaper.lock"):
        assert time.monotonic() < deadline, "the server did not stop after its last user"
        time.sleep(0.02)
    shutil.rmtree(home)


def _superuser(server: Server) -> psycopg.Connection:
    return psycopg.connect(host=str(server.place.sockets), user=SUPERUSER, dbname="postgres", autocommit=True)


def _forgo_durability(server: Server) -> None:
    """A database a test would otherwise wait for the disk at every CREATE, COMMIT and DROP."""
    with _superuser(server) as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")


@pytest.fixture
def database(server: Server) -> Iterator[str]:
    """The name of a fresh migrated database."""
    name = f"test_{next(NUMBERS)}"
    with _superuser(server) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE openbook")
        yield name
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_url(server: Server, database: str) -> str:
    """That database as the application role."""
    return server.url(database)


@pytest.fixture
def superuser_url(server: Server, database: str) -> str:
    """That database as the cluster's superuser."""
    return server.url(database, SUPERUSER)


@pytest.fixture
def ledger(database_url: str, tmp_path: Path) -> Iterator[Ledger]:
    """The ledger of that database."""
    with open_ledger(url=database_url, admin_url=None, home=tmp_path) as opened:
        yield opened


@pytest.fixture
def managed(server: Server, database: str) -> Iterator[tuple[str, str]]:
    """A migrated database of an owner who is no superuser, as on a managed server; his URL and the application's."""
    name, owner = f"{database}_managed", "managed_owner"
    with _superuser(server) as connection:
        connection.execute(f"CREATE ROLE {owner} LOGIN CREATEROLE")
        connection.execute(f"CREATE DATABASE {name} OWNER {owner} TEMPLATE template0")
        connection.execute(
            f"GRANT openbook_owner, openbook_app, openbook_checkpoint TO {owner} WITH ADMIN OPTION"
        )
        try:
            yield server.url(name, owner), server.url(name)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
            connection.execute(f"DROP OWNED BY {owner} CASCADE; DROP ROLE {owner}")


@pytest.fixture
def home() -> Iterator[Path]:
    """A path for an OPENBOOK_HOME that does not exist yet; its server may still be stopping when the test ends."""
    parent = Path(tempfile.mkdtemp(prefix="openbook-tests-", dir=SHELTER))
    parent.chmod(0o755)
    yield parent / "home"
    deadline = time.monotonic() + 30.0
    while any(locks.is_held(lock) for lock in parent.rglob("postgres/*.lock")):
        assert time.monotonic() < deadline, "a server outlived its users"
        time.sleep(0.02)
    for identity in parent.rglob("postgres/identity"):
        shutil.rmtree(
            SHELTER / f"openbook-{identity.read_text()}", ignore_errors=True
        )  # only if it was sheltered
    shutil.rmtree(parent)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium of this machine; its driver can be started only once a process."""
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if found is None:
        pytest.skip("no Chromium is installed on this machine")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=QUIET)
        yield running
        running.close()


@pytest.fixture(scope="session")
def record() -> ModuleType:
    """The module ``page/record.py``, whose record is filled once."""
    spec = spec_from_file_location(RECORD.stem, RECORD)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[RECORD.stem] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def site(record: ModuleType, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site that is built from that record."""
    return record.built(server, tmp_path_factory.getbasetemp()).out
