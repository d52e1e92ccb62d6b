"""What the server says, made to be said by the server itself."""

import psycopg
import pytest
from sqlalchemy import make_url, text

from framework.errors import DatabaseMissing, LedgerError, RecordRefused

RAISE = """
SET openbook.migration = on;
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '{state}'; END $$;
CREATE TRIGGER fail BEFORE INSERT ON trials FOR EACH ROW EXECUTE FUNCTION fail();
"""


@pytest.fixture
def superuser(superuser_url):
    to = make_url(superuser_url)
    with psycopg.connect(
        host=to.query["host"], user=to.username, dbname=to.database, autocommit=True
    ) as connection:
        yield connection


@pytest.mark.parametrize(
    ("state", "said"), [("53100", "disk is full"), ("40P01", "in the way"), ("XX000", "was not confirmed")]
)
def test_a_failing_server_is_an_error_in_three_parts(ledger, superuser, make_trial, state, said):
    superuser.execute(RAISE.format(state=state))
    with pytest.raises(LedgerError, match=said) as failed:
        ledger.append_trials([make_trial("1" * 64)])
    assert type(failed.value) is LedgerError
    assert "could not extend file" in failed.value.what
    assert all((failed.value.what, failed.value.limit, failed.value.remedy))
    assert ledger.counts()["trials"] == 0


def test_a_connection_cut_in_a_transaction_is_an_error_and_the_next_call_works(ledger, superuser, make_trial):
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'openbook' AND datname = %s"

    def cut_short():
        with ledger.transaction() as connection:
            connection.execute(text("SELECT 1"))
            superuser.execute(cut, [superuser.info.dbname])
            connection.execute(text("SELECT 1"))

    with pytest.raises(LedgerError, match="terminating connection"):
        cut_short()
    assert ledger.append_trials([make_trial("1" * 64)]) == 1


def test_a_database_that_goes_away_is_missing_at_the_next_call(ledger, superuser_url, make_trial):
    to = make_url(superuser_url)
    with psycopg.connect(
        host=to.query["host"], user=to.username, dbname="postgres", autocommit=True
    ) as connection:
        connection.execute(f"ALTER DATABASE {to.database} RENAME TO {to.database}_gone")
        try:
            with pytest.raises(DatabaseMissing, match=to.database):
                ledger.counts()
        finally:
            connection.execute(f"ALTER DATABASE {to.database}_gone RENAME TO {to.database}")


def test_a_statement_that_the_guard_refuses_says_why(ledger):
    with (
        pytest.raises(RecordRefused, match="permission denied") as refused,
        ledger.transaction() as connection,
    ):
        connection.execute(text("UPDATE runs SET job = 'x'"))
    assert "append-only" in refused.value.limit
