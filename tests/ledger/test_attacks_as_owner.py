"""As the tables' owner, and as a superuser by accident: what a guard in the tables' own hands would let happen."""
# ruff: noqa: E501 - a statement a line

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

SPEC = spec_from_file_location("attacks", Path(__file__).with_name("attacks.py"))
attacking = module_from_spec(SPEC)
SPEC.loader.exec_module(attacking)

OWNER, SUPERUSER = "openbook_owner", "postgres"
APPEND_ONLY, DEFINITION, DENIED = "OB001", "OB002", "42501"
ROWS = """
UPDATE | UPDATE suspensions SET reason = 'x'
UPDATE of a hash | UPDATE suspensions SET row_hash = '\\x00'
UPDATE of nothing | UPDATE suspensions SET reason = 'x' WHERE false
DELETE | DELETE FROM order_events
DELETE of the tail | DELETE FROM suspensions WHERE sequence = (SELECT max(sequence) FROM suspensions)
TRUNCATE | TRUNCATE suspensions
TRUNCATE of what others refer to | TRUNCATE runs CASCADE
MERGE that updates | MERGE INTO suspensions t USING (SELECT 1) s ON true WHEN MATCHED THEN UPDATE SET reason = 'x'
MERGE that deletes | MERGE INTO suspensions t USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE
ON CONFLICT DO UPDATE | INSERT INTO runs SELECT * FROM runs ON CONFLICT (run_id) DO UPDATE SET job = 'x'
a definer's function of its own | CREATE FUNCTION pg_temp.g() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'DELETE FROM public.suspensions'; SELECT pg_temp.g() | OB002
a view of its own | CREATE TEMP VIEW v AS SELECT * FROM public.suspensions; DELETE FROM pg_temp.v
"""
DEFINITIONS = """
switching the guard off | ALTER TABLE suspensions DISABLE TRIGGER append_only
switching the chain off | ALTER TABLE suspensions DISABLE TRIGGER chain
switching all off | ALTER TABLE suspensions DISABLE TRIGGER USER
a guard for replicas only | ALTER TABLE suspensions ENABLE REPLICA TRIGGER chain
off, changed, on again | ALTER TABLE suspensions DISABLE TRIGGER USER; DELETE FROM suspensions; ALTER TABLE suspensions ENABLE TRIGGER USER
off, in one block | DO $$ BEGIN EXECUTE 'ALTER TABLE suspensions DISABLE TRIGGER USER'; DELETE FROM suspensions; END $$
off, under a forged mark | SET openbook.migration = on; ALTER TABLE suspensions DISABLE TRIGGER USER
dropping the chain | DROP TRIGGER chain ON suspensions
another name for the chain | ALTER TRIGGER chain ON suspensions RENAME TO other
a trigger before the guard | CREATE TRIGGER a BEFORE UPDATE ON suspensions FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()
a rule that swallows rows | CREATE RULE r AS ON INSERT TO suspensions DO INSTEAD NOTHING
a rule that swallows errors | CREATE RULE r AS ON DELETE TO suspensions DO INSTEAD NOTHING
row security | ALTER TABLE suspensions ENABLE ROW LEVEL SECURITY
row security for the owner too | ALTER TABLE suspensions FORCE ROW LEVEL SECURITY
a policy | CREATE POLICY p ON suspensions USING (false)
a child that adds rows | CREATE TEMP TABLE child () INHERITS (suspensions)
a child, afterwards | CREATE TEMP TABLE child (LIKE suspensions INCLUDING ALL); ALTER TABLE child INHERIT suspensions
another name for a column | ALTER TABLE suspensions RENAME COLUMN reason TO other
another type | ALTER TABLE suspensions ALTER reason TYPE varchar(3) USING 'x'
another type of a number | ALTER TABLE portfolio_worth ALTER worth_usd TYPE numeric(12, 0)
another default | ALTER TABLE suspensions ALTER reviewer SET DEFAULT 'nobody'
NULL allowed | ALTER TABLE suspensions ALTER reason DROP NOT NULL
a column | ALTER TABLE suspensions ADD extra text DEFAULT 'x'
a generated column | ALTER TABLE suspensions ADD extra text GENERATED ALWAYS AS ('x') STORED
no column | ALTER TABLE suspensions DROP COLUMN reason
no check | ALTER TABLE suspensions DROP CONSTRAINT suspensions_reason_check
no key | ALTER TABLE suspensions DROP CONSTRAINT suspensions_pkey
a check that nothing passes | ALTER TABLE suspensions ADD CHECK (false) NOT VALID
another storage | ALTER TABLE suspensions ALTER reason SET STORAGE PLAIN
other options | ALTER TABLE suspensions SET (autovacuum_enabled = off)
no log | ALTER TABLE order_events SET UNLOGGED
no identity | ALTER TABLE suspensions REPLICA IDENTITY NOTHING
a comment | COMMENT ON TABLE suspensions IS 'x'
the right to delete | GRANT DELETE ON suspensions TO PUBLIC
no right to append | REVOKE INSERT ON suspensions FROM openbook_app
the right to one column | GRANT UPDATE (reason) ON suspensions TO PUBLIC
dropping | DROP TABLE suspensions
dropping what others refer to | DROP TABLE runs CASCADE
dropped and made anew | DROP TABLE suspensions; CREATE TABLE suspensions (n int)
dropping all it owns | DROP OWNED BY CURRENT_USER CASCADE
"""
OF_OTHERS = """
statistics | CREATE STATISTICS st ON strategy, action FROM suspensions
the guard's function | CREATE OR REPLACE FUNCTION guard.refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'
the chain's function | CREATE OR REPLACE FUNCTION guard.chain_bar_blocks() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'
the event triggers' function | CREATE OR REPLACE FUNCTION guard.refuse_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'
another name for the event triggers' function | ALTER FUNCTION guard.refuse_ddl() RENAME TO other
the guard's function, elsewhere | ALTER FUNCTION guard.refuse() SET SCHEMA public
no function of the guard | DROP FUNCTION guard.refuse() CASCADE
no guard | DROP SCHEMA guard CASCADE
another name for the guard | ALTER SCHEMA guard RENAME TO other
the public schema | DROP SCHEMA public CASCADE
an enumeration's label | ALTER TYPE suspension_action RENAME VALUE 'suspend' TO 'other'
no enumeration | DROP TYPE suspension_action CASCADE
"""
OUT_OF_REACH = """
another name | ALTER TABLE suspensions RENAME TO other
another name for the key | ALTER INDEX suspensions_pkey RENAME TO other
another schema | ALTER TABLE suspensions SET SCHEMA guard
an index | CREATE INDEX i ON suspensions (reason)
a partition of its own | CREATE TABLE public.part (LIKE suspensions)
an event trigger off | ALTER EVENT TRIGGER guard_end DISABLE | superuser
no event trigger | DROP EVENT TRIGGER guard_drop | superuser
replica mode | SET session_replication_role = replica | superuser
all triggers, the system's too | ALTER TABLE runs DISABLE TRIGGER ALL | superuser
the version of the schema | UPDATE guard.alembic_version SET version_num = '9999'
a login | ALTER ROLE openbook_owner LOGIN | superuser
"""
ATTACKS = [
    *attacking.attacks(ROWS, APPEND_ONLY),
    *attacking.attacks(DEFINITIONS, DEFINITION),
    *attacking.attacks(OF_OTHERS, DEFINITION),
    *attacking.attacks(OUT_OF_REACH, DENIED),
]
BY_ACCIDENT = [
    *attacking.attacks(ROWS, APPEND_ONLY),
    *attacking.attacks(
        DEFINITIONS.replace("SET openbook.migration = on; ", "").replace("CURRENT_USER", OWNER), DEFINITION
    ),
    attacking.Attack("handing a table over", "ALTER TABLE suspensions OWNER TO mallory", DEFINITION),
    *attacking.attacks(OF_OTHERS, DEFINITION),
    *attacking.attacks(OUT_OF_REACH[: OUT_OF_REACH.index("an event trigger off")], DEFINITION),
]
ON_EACH_TABLE = {
    "UPDATE {t} SET stream = stream": APPEND_ONLY,
    "DELETE FROM {t}": APPEND_ONLY,
    "TRUNCATE {t} CASCADE": APPEND_ONLY,
    "ALTER TABLE {t} DISABLE TRIGGER USER": DEFINITION,
    "ALTER TABLE {t} RENAME COLUMN stream TO gone": DEFINITION,
    "CREATE RULE r AS ON INSERT TO {t} DO INSTEAD NOTHING": DEFINITION,
    "ALTER TABLE {t} ENABLE ROW LEVEL SECURITY": DEFINITION,
    "CREATE TEMP TABLE child () INHERITS ({t})": DEFINITION,
    "DROP TABLE {t} CASCADE": DEFINITION,
}


@pytest.fixture(scope="module")
def field(server):
    with attacking.arena(server, "owner", OWNER) as made:
        yield made


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_it_is_refused_and_bites_where_there_is_no_guard(field, attack):
    field.refused(attack, OWNER)
    field.bites(attack, OWNER)


@pytest.mark.parametrize("attack", BY_ACCIDENT, ids=lambda attack: attack.name)
def test_a_superuser_does_not_do_it_by_accident(field, attack):
    field.refused(attack, SUPERUSER)


@pytest.mark.parametrize("statement", ON_EACH_TABLE)
def test_no_record_table_is_forgotten(field, statement):
    with field.session(field.guarded, OWNER) as connection:
        tables = field.tables(connection)
    assert len(tables) >= 13
    for table in tables:
        attack = attacking.Attack(statement, statement.format(t=table), ON_EACH_TABLE[statement])
        field.refused(attack, OWNER)
        field.bites(attack, OWNER)


def test_the_guard_holds_for_whoever_switches_to_replica_mode(field):
    in_replica_mode = "SET session_replication_role = replica; {}"
    for statement, sqlstate in {
        "DELETE FROM suspensions": APPEND_ONLY,
        "UPDATE suspensions SET reason = 'x'": APPEND_ONLY,
        "ALTER TABLE suspensions DISABLE TRIGGER USER": DEFINITION,
        "DROP TABLE suspensions": DEFINITION,
    }.items():
        attack = attacking.Attack(statement, in_replica_mode.format(statement), sqlstate)
        field.refused(attack, SUPERUSER)
        field.bites(attack, SUPERUSER)


def test_handing_all_over_which_fires_no_event_trigger_hands_over_nothing_that_the_new_owner_may_change(
    field,
):
    with field.session(field.guarded, SUPERUSER) as connection:
        for statement, sqlstate in (
            ("DELETE FROM suspensions", APPEND_ONLY),
            ("ALTER TABLE suspensions DISABLE TRIGGER USER", DEFINITION),
            ("DROP TABLE suspensions", DEFINITION),
        ):
            connection.execute("BEGIN; REASSIGN OWNED BY openbook_owner TO mallory; SET ROLE mallory")
            assert attacking.outcome(connection, statement) == sqlstate
            connection.execute("ROLLBACK; RESET ROLE")


def test_there_are_more_attacks_than_once_held():
    assert len({attack.statement for attack in ATTACKS}) >= 46
