"""As the application: every statement that changes, hides or forges a row. Each is refused, and bites elsewhere."""
# ruff: noqa: E501 - a statement a line

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

SPEC = spec_from_file_location("attacks", Path(__file__).with_name("attacks.py"))
attacking = module_from_spec(SPEC)
SPEC.loader.exec_module(attacking)

ROLE = "openbook_app"
DENIED = "42501"
ON_EACH_TABLE = (
    "UPDATE {t} SET stream = stream",
    "UPDATE {t} SET row_hash = '\\x00' WHERE false",
    "DELETE FROM {t}",
    "TRUNCATE {t} CASCADE",
    "SELECT 1 FROM {t} FOR UPDATE",
    "BEGIN; LOCK TABLE {t} IN ACCESS EXCLUSIVE MODE",
    "ALTER TABLE {t} RENAME TO gone",
    "DROP TABLE {t} CASCADE",
)
ROWS = """
UPDATE, in a common table expression | WITH u AS (UPDATE suspensions SET reason = 'x' RETURNING 1) SELECT * FROM u
UPDATE ONLY | UPDATE ONLY suspensions SET reason = 'x'
UPDATE of the time | UPDATE suspensions SET recorded_at = '1999-01-01'
UPDATE of a number | UPDATE portfolio_worth SET worth_usd = worth_usd * 2
UPDATE FROM | UPDATE suspensions s SET reason = r.run_id FROM runs r WHERE r.strategy = s.strategy
DELETE USING | DELETE FROM suspensions USING runs WHERE runs.strategy = suspensions.strategy
DELETE of the tail | DELETE FROM suspensions WHERE sequence = (SELECT max(sequence) FROM suspensions)
DELETE, in a common table expression | WITH d AS (DELETE FROM suspensions RETURNING *) SELECT count(*) FROM d
TRUNCATE of all | TRUNCATE suspensions, bar_blocks, series RESTART IDENTITY CASCADE
MERGE that updates | MERGE INTO suspensions t USING runs s ON true WHEN MATCHED AND s.attempt = 9 THEN UPDATE SET reason = 'x'
MERGE that deletes | MERGE INTO suspensions t USING runs s ON s.run_id = t.reason WHEN MATCHED THEN DELETE
ON CONFLICT DO UPDATE | INSERT INTO runs SELECT * FROM runs ON CONFLICT (run_id) DO UPDATE SET job = 'x'
ON CONFLICT DO UPDATE, in another table | INSERT INTO trials SELECT * FROM trials ON CONFLICT (strategy, identity, outcome) DO UPDATE SET error = 'x'
SELECT FOR SHARE | SELECT 1 FROM suspensions FOR SHARE
a cursor | BEGIN; DECLARE c CURSOR FOR SELECT * FROM suspensions FOR UPDATE; FETCH c; DELETE FROM suspensions WHERE CURRENT OF c
EXPLAIN ANALYZE | EXPLAIN ANALYZE DELETE FROM suspensions
a prepared statement | PREPARE p AS DELETE FROM suspensions; EXECUTE p
an anonymous block | DO $$ BEGIN EXECUTE 'DELETE FROM suspensions'; END $$
an anonymous block that swallows errors | DO $$ BEGIN UPDATE suspensions SET reason = 'x'; EXCEPTION WHEN division_by_zero THEN END $$
a function of its own | CREATE FUNCTION pg_temp.f() RETURNS void LANGUAGE sql AS 'DELETE FROM public.suspensions'; SELECT pg_temp.f() | OB002
a definer's function of its own | CREATE FUNCTION pg_temp.g() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'DELETE FROM public.suspensions'; SELECT pg_temp.g() | OB002
a view of its own | CREATE TEMP VIEW v AS SELECT * FROM public.suspensions; DELETE FROM pg_temp.v
a lock that stops writers | BEGIN; LOCK TABLE suspensions IN SHARE MODE
a lock that stops readers | BEGIN; LOCK TABLE bar_blocks, runs IN ACCESS EXCLUSIVE MODE
the version of the schema | UPDATE guard.alembic_version SET version_num = '9999'
"""
DEFINITIONS = """
switching triggers off | ALTER TABLE suspensions DISABLE TRIGGER USER
switching the chain off | ALTER TABLE suspensions DISABLE TRIGGER chain
row security | ALTER TABLE suspensions ENABLE ROW LEVEL SECURITY
a child | CREATE TEMP TABLE child () INHERITS (suspensions)
a child, afterwards | CREATE TEMP TABLE child (LIKE suspensions INCLUDING ALL); ALTER TABLE child INHERIT suspensions
another name | ALTER TABLE suspensions RENAME TO other
another name for a column | ALTER TABLE suspensions RENAME COLUMN reason TO other
another schema | ALTER TABLE suspensions SET SCHEMA guard
another owner | ALTER TABLE suspensions OWNER TO CURRENT_USER
another type | ALTER TABLE suspensions ALTER reason TYPE varchar(1) USING 'x'
another default | ALTER TABLE suspensions ALTER reviewer SET DEFAULT 'nobody'
a column | ALTER TABLE suspensions ADD extra text
no column | ALTER TABLE suspensions DROP COLUMN reason
no check | ALTER TABLE suspensions DROP CONSTRAINT suspensions_reason_check
no key | ALTER TABLE suspensions DROP CONSTRAINT suspensions_pkey
a check that nothing passes | ALTER TABLE suspensions ADD CHECK (false) NOT VALID
no log | ALTER TABLE trials SET UNLOGGED
an index | CREATE UNIQUE INDEX i ON suspensions (strategy, sequence)
another order on disk | CLUSTER suspensions USING suspensions_pkey
the right to delete | GRANT DELETE ON suspensions TO PUBLIC | OB002
everybody's right to read | GRANT SELECT ON suspensions TO PUBLIC | OB002
a table | CREATE TABLE public.mine (n int)
a view | CREATE VIEW public.mine AS SELECT 1
no event trigger | ALTER EVENT TRIGGER guard_end DISABLE | superuser
an event trigger | CREATE EVENT TRIGGER e ON sql_drop EXECUTE FUNCTION guard.refuse_ddl() | superuser
"""
KINDS = """
dropping the chain | DROP TRIGGER chain ON suspensions
a trigger of its own | CREATE TRIGGER z BEFORE INSERT ON suspensions FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()
a rule that swallows rows | CREATE RULE r AS ON INSERT TO suspensions DO INSTEAD NOTHING
a policy | CREATE POLICY p ON suspensions USING (false)
a comment | COMMENT ON TABLE suspensions IS 'x'
rights to come | ALTER DEFAULT PRIVILEGES FOR ROLE openbook_owner GRANT ALL ON TABLES TO PUBLIC | superuser
a function | CREATE FUNCTION public.sha256(bytea) RETURNS bytea LANGUAGE sql AS 'SELECT $1'
an operator | CREATE OPERATOR public.|| (LEFTARG = bytea, RIGHTARG = bytea, FUNCTION = byteacat)
a schema | CREATE SCHEMA mine
an extension | ALTER EXTENSION plpgsql ADD FUNCTION guard.refuse() | superuser
a publication | CREATE PUBLICATION p FOR TABLE suspensions
the guard's function | CREATE OR REPLACE FUNCTION guard.refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'
the chain's function | CREATE OR REPLACE FUNCTION guard.chain_bar_blocks() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'
no guard | DROP SCHEMA guard CASCADE
no function of the guard | DROP FUNCTION guard.refuse() CASCADE
an enumeration | ALTER TYPE book_mode RENAME TO other
no enumeration | DROP TYPE suspension_action CASCADE
"""
BEYOND = """
replica mode | SET session_replication_role = replica | superuser
replica mode for one transaction | SELECT set_config('session_replication_role', 'replica', true) | superuser
the owner's role | SET ROLE openbook_owner | superuser
a superuser's role | SET ROLE postgres | superuser
the owner's session | SET SESSION AUTHORIZATION openbook_owner | superuser
a large object | SELECT lo_create(0)
a large object, with content | SELECT lo_from_bytea(0, '\\x00')
a role | CREATE ROLE eve SUPERUSER | superuser
the owner with a login | ALTER ROLE openbook_owner LOGIN | superuser
membership of the owner | GRANT openbook_owner TO openbook_app | superuser
a file of the server | SELECT pg_read_file('postgresql.conf') | superuser
a program of the server | COPY suspensions TO PROGRAM 'cat >/dev/null' | superuser
a copy to the server's disk | COPY suspensions TO '/dev/null' | superuser
a setting of the server | ALTER DATABASE postgres SET session_replication_role = replica | superuser
the passwords | SELECT rolpassword FROM pg_authid | superuser
statistics that leak | SELECT * FROM pg_statistic | superuser
a migration of its own | INSERT INTO migrations VALUES ('0002', 'x', 'x', 'full', 'x', 'x')
"""


@pytest.fixture(scope="module")
def field(server):
    with attacking.arena(server, "app", ROLE) as made:
        yield made


ATTACKS = [
    *attacking.attacks(ROWS, DENIED),
    *attacking.attacks(DEFINITIONS, DENIED),
    *attacking.attacks(KINDS, "OB002"),
    *attacking.attacks(BEYOND, DENIED),
    attacking.Attack("giving up its rights", "DROP OWNED BY openbook_app CASCADE", "OB002"),
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_it_is_refused_and_bites_where_there_is_no_guard(field, attack):
    field.refused(attack, ROLE)
    field.bites(attack, ROLE)


@pytest.mark.parametrize("statement", ON_EACH_TABLE)
def test_no_record_table_is_forgotten(field, statement):
    with field.session(field.guarded, ROLE) as connection:
        tables = field.tables(connection)
    assert len(tables) >= 13
    for table in tables:
        attack = attacking.Attack(statement, statement.format(t=table), DENIED)
        field.refused(attack, ROLE)
        field.bites(attack, ROLE)


def test_there_are_more_attacks_than_once_held():
    assert len({attack.statement for attack in ATTACKS}) >= 46
