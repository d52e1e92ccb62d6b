"""The database itself refuses to change a row: tried with a real psql, on tables found in the catalogue."""

import hashlib
from datetime import UTC, datetime
from functools import partial

import psycopg
import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Column, Text, make_url, text
from sqlalchemy.exc import DatabaseError

from framework.ledger.about import about
from framework.ledger.connect import open_ledger
from framework.ledger.engine import engine_for
from framework.ledger.migrate import MIGRATIONS, migrate
from framework.ledger.schema import METADATA

RECORD_TABLES = """
    SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
    WHERE relkind IN ('r', 'p') AND nspname NOT IN ('pg_catalog', 'information_schema', 'guard') ORDER BY relname
"""
CHANGES = (
    "UPDATE {table} SET stream = stream",
    "UPDATE {table} SET row_hash = '\\x00' WHERE false",
    "DELETE FROM {table}",
    "TRUNCATE {table} CASCADE",
)
DETOURS = (
    "INSERT INTO {table} SELECT * FROM {table} ON CONFLICT (stream, sequence) DO UPDATE SET stream = 'x'",
    "MERGE INTO {table} t USING {table} s ON t.sequence = s.sequence WHEN MATCHED THEN DELETE",
    "ALTER TABLE {table} DISABLE TRIGGER ALL",
    "DROP TABLE {table} CASCADE",
    "CREATE RULE silent AS ON INSERT TO {table} DO INSTEAD NOTHING",
)
FORGERY = """
    INSERT INTO suspensions VALUES
        ('s', 'suspend', 'why', 'ada', now(), 'forged', 99, '1999-01-01', '\\x01', '\\x02', '\\x03')
    RETURNING stream, sequence, recorded_at > now() - interval '1 minute', length(row_hash)
"""
KNOWN_AT = datetime(2022, 12, 28, 21, tzinfo=UTC)
CHAIN = {"stream", "sequence", "recorded_at", "payload_hash", "previous_hash", "row_hash"}


@pytest.fixture
def superuser(superuser_url):
    to = make_url(superuser_url)
    with psycopg.connect(
        host=to.query["host"], user=to.username, dbname=to.database, autocommit=True
    ) as connection:
        yield connection


def tables(superuser) -> list[str]:
    return [name for (name,) in superuser.execute(RECORD_TABLES)]


def test_the_application_may_change_no_record_table(filled, superuser, database_url, psql):
    found = tables(superuser)
    assert set(found) == {table.name for table in METADATA.sorted_tables}
    before = filled.counts()
    for table in found:
        for statement in CHANGES + DETOURS:
            done = psql(database_url, statement.format(table=table))
            assert done.returncode != 0, statement
            assert "ERROR" in done.stderr
    assert filled.counts() == before


@pytest.mark.parametrize("role", ["openbook_owner", "postgres"])
def test_not_even_the_owner_and_the_superuser_change_a_row_by_accident(filled, superuser, role):
    superuser.execute(f"SET ROLE {role}")
    for table in tables(superuser):
        for statement in CHANGES:
            with pytest.raises(psycopg.Error) as refused:
                superuser.execute(statement.format(table=table))
            assert refused.value.sqlstate == "OB001", statement
            assert f"on {table} is refused" in str(refused.value) or "CASCADE" in statement


def test_the_guard_holds_in_replica_mode(filled, superuser):
    superuser.execute("SET session_replication_role = replica")
    with pytest.raises(psycopg.Error, match="append-only"):
        superuser.execute("DELETE FROM portfolio_worth")


def test_every_record_table_has_chain_and_guard_always_enabled_and_another_owner_than_its_guard(superuser):
    found = tables(superuser)
    assert len(found) >= 12
    for table in found:
        columns = {
            name
            for (name,) in superuser.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_nullable = 'NO'",
                [table],
            )
        }
        assert columns >= CHAIN
        triggers = superuser.execute(
            """SELECT tgname, tgenabled, rolsuper FROM pg_trigger t JOIN pg_proc p ON p.oid = tgfoid
               JOIN pg_roles r ON r.oid = proowner WHERE tgrelid = %s::regclass AND NOT tgisinternal""",
            [table],
        ).fetchall()
        assert {(name, enabled, superuser_owned) for name, enabled, superuser_owned in triggers} == {
            ("chain", "A", True),
            ("append_only", "A", True),
            ("append_only_row", "A", True),
        }
        owner, granted = superuser.execute(
            """SELECT relowner::regrole::text, array_agg(DISTINCT privilege_type::text ORDER BY privilege_type::text)
               FROM pg_class, information_schema.role_table_grants
               WHERE oid = %s::regclass AND table_name = relname AND grantee = 'openbook_app' GROUP BY 1""",
            [table],
        ).fetchone()
        expected = ["SELECT"] if table == "migrations" else ["INSERT", "SELECT"]
        assert (owner, granted) == ("openbook_owner", expected)


def test_the_owner_cannot_log_in_and_nobody_but_the_superuser_enters_the_guard(superuser):
    assert superuser.execute(
        "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'openbook_owner'"
    ).fetchone() == (False,)
    may = "SELECT has_schema_privilege(%s, 'guard', 'CREATE'), has_schema_privilege(%s, 'public', 'CREATE')"
    for role in ("openbook_app", "openbook_owner"):
        assert superuser.execute(may, [role, role]).fetchone() == (False, False)


def test_the_server_overrules_whatever_chain_the_application_claims(ledger, database_url, psql):
    done = psql(database_url, FORGERY)
    assert done.stdout.splitlines()[0] == "suspensions:s|1|t|32", done.stderr


def test_temporary_tables_and_views_are_made_altered_and_dropped_under_the_guard(database_url):
    to = make_url(database_url)
    with psycopg.connect(
        host=to.query["host"], user=to.username, dbname=to.database, autocommit=True
    ) as connection:
        for statement in (
            "CREATE TEMP TABLE t (n serial PRIMARY KEY, said text NOT NULL DEFAULT 'x', CHECK (n > 0))",
            "ALTER TABLE t ADD more numeric DEFAULT 1",
            "ALTER TABLE t ALTER n TYPE bigint",
            "CREATE INDEX i ON t (said)",
            "CREATE TEMP VIEW v AS SELECT * FROM public.runs",
            "CREATE TEMP TABLE u AS SELECT * FROM public.runs",
            "SELECT * INTO TEMP w FROM public.runs",
            "CREATE TEMP TABLE child () INHERITS (t)",
            "REINDEX TABLE t",
            "DROP VIEW v",
            "DROP TABLE t, u, w, child",
        ):
            connection.execute(statement)
        with connection.transaction():
            connection.execute("CREATE TEMP TABLE t (n int) ON COMMIT DROP")


def test_a_marked_migration_works_with_alembic_under_the_guard(superuser_url):
    engine = engine_for(superuser_url)
    with engine.connect() as connection:
        operations = Operations(MigrationContext.configure(connection))
        change = partial(operations.add_column, "suspensions", Column("extra", Text), schema="public")
        with connection.begin() as unmarked:
            with pytest.raises(DatabaseError, match="holds the record"):
                change()
            unmarked.rollback()
        with connection.begin() as marked:
            connection.execute(text("SET LOCAL openbook.migration = on"))
            change()
            operations.create_index("i", "suspensions", ["extra"], schema="public")
            operations.drop_column("suspensions", "extra", schema="public")
            marked.rollback()


def test_a_migration_leaves_a_row_that_names_its_source(superuser):
    (row,) = superuser.execute("SELECT * FROM migrations").fetchall()
    source = (MIGRATIONS / "versions" / "0001_record.py").read_bytes()
    assert row[:2] == ("0001", "The record: its roles, its tables and their guard.")
    assert row[2:5] == (hashlib.sha256(source).hexdigest(), "full", "postgres")
    assert row[6:8] == ("migrations", 1)


def test_the_checkpointer_reads_every_record_table_and_writes_none(filled, superuser, server, database):
    with psycopg.connect(
        host=str(server.place.sockets), user="openbook_checkpoint", dbname=database, autocommit=True
    ) as connection:
        for table in tables(superuser):
            assert connection.execute(f"TABLE {table} LIMIT 1").fetchone()
            for statement in ("INSERT INTO {t} SELECT * FROM {t}", "DELETE FROM {t}", "DROP TABLE {t}"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement.format(t=table))


def test_without_a_superuser_the_guard_is_partial_and_says_so(managed, tmp_path):
    owner, application = managed
    assert migrate(owner) == ["0001"]
    with open_ledger(url=application, admin_url=None, home=tmp_path) as ledger:
        found = about(ledger)
        assert (found.guarded, found.superuser, found.rewrites) == (False, False, False)
        assert ledger.guard() == "partial"
        ledger.append_suspension("s", action="suspend", reason="r", reviewer="ada", known_at=KNOWN_AT)
    to = make_url(owner)
    with psycopg.connect(
        host=to.query["host"], user=to.username, dbname=to.database, autocommit=True
    ) as connection:
        for role in ("openbook_app", "openbook_owner", to.username):
            connection.execute(f"SET ROLE {role}")
            for statement in (
                "UPDATE suspensions SET reason = 'x'",
                "DELETE FROM suspensions",
                "TRUNCATE suspensions",
            ):
                with pytest.raises(psycopg.Error) as refused:
                    connection.execute(statement)
                assert refused.value.sqlstate in {"OB001", "42501"}
        connection.execute("SET ROLE openbook_owner")
        connection.execute("ALTER TABLE suspensions DISABLE TRIGGER USER")  # what "partial" means
        assert connection.execute("DELETE FROM suspensions").rowcount == 1


def test_with_a_superuser_the_guard_is_full_and_says_so(ledger):
    assert about(ledger).guarded
    assert ledger.guard() == "full"
