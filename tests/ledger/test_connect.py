import socket

import psycopg
import pytest
from sqlalchemy import make_url, text

from framework.errors import DatabaseMissing, DatabaseTooOld, LedgerError, RecordRefused
from framework.ledger.connect import open_ledger
from framework.ledger.engine import address_of, check_version, revision_of
from framework.ledger.migrate import HEAD, migrate


@pytest.fixture
def empty_url(server, database, superuser_url):
    """A database without a record, as superuser."""
    to = make_url(superuser_url)
    name = f"{database}_empty"
    with psycopg.connect(
        host=to.query["host"], user=to.username, dbname="postgres", autocommit=True
    ) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        yield server.url(name, to.username)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_a_server_that_does_not_answer_is_named_without_its_password(tmp_path):
    url = f"postgresql://ada:s3cret@127.0.0.1:{closed_port()}/openbook"
    with pytest.raises(DatabaseMissing, match=r"No database answers at 127\.0\.0\.1:\d+/openbook") as missing:
        open_ledger(url=url, admin_url=None, home=tmp_path)
    assert "s3cret" not in str(missing.value)
    assert "ada" not in str(missing.value)
    assert missing.value.exit_code == 7


def test_a_database_that_is_not_there_is_missing(server, tmp_path):
    with pytest.raises(DatabaseMissing, match="nowhere"):
        open_ledger(url=server.url("nowhere"), admin_url=None, home=tmp_path)


@pytest.mark.parametrize("url", ["mysql://h/d", "not a url with s3cret", "postgresql//s3cret"])
def test_a_url_that_names_no_postgresql_is_refused_unshown(url, tmp_path):
    with pytest.raises(LedgerError, match="postgresql://user@host") as refused:
        open_ledger(url=url, admin_url=None, home=tmp_path)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg2", "postgresql+psycopg"])
def test_any_spelling_of_the_scheme_will_do(scheme):
    assert address_of(f"{scheme}://h:1/d").render_as_string() == "postgresql+psycopg://h:1/d"


def test_a_database_without_the_record_is_missing_until_an_admin_url_migrates_it(empty_url, server, tmp_path):
    name = make_url(empty_url).database
    with pytest.raises(DatabaseMissing, match="not migrated"):
        open_ledger(url=server.url(name), admin_url=None, home=tmp_path)
    with open_ledger(url=server.url(name), admin_url=empty_url, home=tmp_path) as ledger:
        assert ledger.strategies() == []
    assert revision_of(empty_url) == HEAD
    assert migrate(empty_url) == []


def test_migrating_tells_what_it_applied(empty_url):
    assert migrate(empty_url) == [HEAD]
    assert migrate(empty_url) == []


def test_only_a_superuser_migrates(database_url):
    with pytest.raises(LedgerError, match="no superuser"):
        migrate(database_url)


def test_a_database_of_another_revision_is_refused(superuser_url, database_url, tmp_path):
    to = make_url(superuser_url)
    with psycopg.connect(host=to.query["host"], user=to.username, dbname=to.database) as connection:
        connection.execute("UPDATE guard.alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseMissing, match="at revision 9999"):
        open_ledger(url=database_url, admin_url=None, home=tmp_path)
    with pytest.raises(LedgerError, match="9999"):
        open_ledger(url=database_url, admin_url=superuser_url, home=tmp_path)


def test_even_a_superusers_url_acts_as_the_application(superuser_url, tmp_path):
    with (
        open_ledger(url=superuser_url, admin_url=None, home=tmp_path) as ledger,
        ledger.transaction() as connection,
    ):
        assert connection.scalar(text("SELECT current_user")) == "openbook_app"
        with pytest.raises(RecordRefused, match="permission denied"), ledger.transaction() as other:
            other.execute(text("DELETE FROM runs"))


def test_a_user_that_may_not_act_as_the_application_is_told_so(superuser_url, server, database, tmp_path):
    to = make_url(superuser_url)
    with psycopg.connect(
        host=to.query["host"], user=to.username, dbname=to.database, autocommit=True
    ) as connection:
        connection.execute("CREATE ROLE stranger LOGIN")
        try:
            with pytest.raises(LedgerError, match="stranger may not act as openbook_app"):
                open_ledger(url=server.url(database, "stranger"), admin_url=None, home=tmp_path)
            connection.execute("GRANT openbook_app TO stranger")
            with open_ledger(url=server.url(database, "stranger"), admin_url=None, home=tmp_path) as ledger:
                assert ledger.strategies() == []
        finally:
            connection.execute("DROP ROLE stranger")


@pytest.mark.parametrize(("number", "version"), [(150_019, "15.19"), (90_624, "9.624"), (159_999, "15.9999")])
def test_a_server_below_16_is_too_old(number, version):
    with pytest.raises(DatabaseTooOld, match=f"db.example is PostgreSQL {version}"):
        check_version(number, "db.example")


@pytest.mark.parametrize("number", [160_000, 160_014, 180_004])
def test_16_and_later_will_do(number):
    check_version(number, "db.example")
