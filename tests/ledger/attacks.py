"""Two databases to attack: the record, and one like it whose guard was taken away, which proves that an attack bites.

The unguarded one belongs to the attacker, schema `guard` and all. An attack on it is rolled back, so that each finds the
same rows; an attack on the record is refused, and what the record holds and is made of must be as it was before.
"""
# ruff: noqa: E501 - a statement a line

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import psycopg

from framework.ledger.cluster import SUPERUSER
from framework.ledger.embedded import Server

MALLORY = "mallory"
TABLES = """
    SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
    WHERE relkind IN ('r', 'p') AND nspname NOT IN ('pg_catalog', 'information_schema', 'guard')
        AND relpersistence <> 't' ORDER BY relname
"""
ROWS = "SELECT count(*), md5(string_agg(t::text, '/' ORDER BY stream, sequence)) FROM public.{table} t"
CATALOGUE = (
    "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2",
    "SELECT oid::regclass::text, relowner::regrole::text, relacl::text, relrowsecurity, relhasrules, relnatts, "
    "relpersistence, relreplident, reloptions FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1",
    "SELECT attrelid::regclass::text, attname, atttypid, attnotnull, atthasdef, attacl::text FROM pg_attribute "
    "WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace) ORDER BY 1, 2",
    "SELECT oid::regprocedure::text, proowner, prosrc FROM pg_proc WHERE pronamespace = 'guard'::regnamespace ORDER BY 1",
    "SELECT evtname, evtenabled, evtowner FROM pg_event_trigger ORDER BY 1",
    "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE conrelid <> 0 ORDER BY 1, 2",
    "SELECT nspname, nspowner, nspacl::text FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp' ORDER BY 1",
    "SELECT count(*) FROM pg_inherits UNION ALL SELECT count(*) FROM pg_policy",
    "SELECT rolname, rolcanlogin, rolsuper FROM pg_roles ORDER BY 1",
)
FILL = (
    """INSERT INTO runs SELECT 'run-' || n, 's', 's', 'paper', date '2022-12-20' + n, 1, now(), 'a', false, NULL, 'b',
       'c', '{}', '{}' FROM generate_series(1, 3) n""",
    """INSERT INTO run_events SELECT run_id, strategy, mode, session, 'started', '{}', NULL FROM runs""",
    """INSERT INTO portfolio_worth SELECT 's', 'paper', session, run_id, 100000.1, 50000, 0, 0, 0, '{}', '{}', 'd',
       now(), true FROM runs""",
    """INSERT INTO orders SELECT 'order-' || run_id, 's', 'paper', session, run_id, 'KO', 10, 64.2, NULL, NULL, now()
       FROM runs""",
    """INSERT INTO order_events SELECT order_id, 's', 'paper', session, run_id, 'filled', 10, 64.2, 0, 0, '{}', now()
       FROM orders""",
    "INSERT INTO notebooks VALUES ('e', 's', 'n', 'research', NULL, 1, '\\x00')",
    "INSERT INTO series VALUES ('sample', 'KO', 'XNYS', 'USD', 'BSD-3-Clause', '')",
    "INSERT INTO bar_revisions VALUES ('s', 'KO', 'split', 1, '[]', '2022-12-27', '2022-12-27', 0.5, now(), true)",
    "INSERT INTO feature_blocks VALUES ('f', 'KO', 's', 'BSD', 1, now(), now(), true, '0', '\\x00')",
    "INSERT INTO bar_blocks VALUES ('sample', 'KO', '[]', 1, '2022-12-27', '2022-12-27', now(), now(), true, '0', '\\x00')",
    "INSERT INTO snapshots VALUES ('s', 'd', 'sample', '[]', '2022-12-27', '2022-12-27', 1, 'BSD', '', now())",
    "INSERT INTO trials VALUES ('t', 's', '{}', 'c', 'd', '{}', '{}', 'finished')",
    """INSERT INTO backtest_results VALUES ('r', 's', NULL, 't', 'd', '{}', '{}', '{}', 'plain', NULL, NULL, '{}', 1,
       '', NULL, '{}', '{}', '{}', '{}', 'a', 'b', 'c', '2022-12-27', '2022-12-27', 'BSD', '', now())""",
    "INSERT INTO suspensions SELECT 's', 'suspend', 'why ' || n, 'ada', now() FROM generate_series(1, 3) n",
)
UNGUARD = """
ALTER EVENT TRIGGER guard_start DISABLE;
ALTER EVENT TRIGGER guard_end DISABLE;
ALTER EVENT TRIGGER guard_drop DISABLE;
ALTER EVENT TRIGGER guard_rewrite DISABLE;
DO $$ DECLARE t record; BEGIN
    FOR t IN SELECT oid::regclass AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' LOOP
        EXECUTE format('ALTER TABLE %s DISABLE TRIGGER append_only, DISABLE TRIGGER append_only_row', t.name);
        EXECUTE format('ALTER TABLE %s OWNER TO {role}', t.name);
    END LOOP;
    FOR t IN SELECT conrelid::regclass AS name, conname FROM pg_constraint WHERE contype = 'f' LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', t.name, t.conname);
    END LOOP;
    FOR t IN SELECT oid::regprocedure AS name FROM pg_proc WHERE pronamespace = 'guard'::regnamespace LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO {role}', t.name);
    END LOOP;
    FOR t IN SELECT oid::regtype AS name FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype = 'e' LOOP
        EXECUTE format('ALTER TYPE %s OWNER TO {role}', t.name);
    END LOOP;
END $$;
ALTER TABLE guard.alembic_version OWNER TO {role};
ALTER SCHEMA guard OWNER TO {role};
ALTER SCHEMA public OWNER TO {role};
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA pg_catalog TO {role};
"""


class Attack(NamedTuple):
    """What is tried, the SQLSTATE that refuses it, and where it bites: unguarded, as the attacker or a superuser."""

    name: str
    statement: str
    sqlstate: str
    bites_as_superuser: bool = False


def attacks(block: str, sqlstate: str) -> list[Attack]:
    """Lines of ``name | statement``, with ``| superuser`` where nobody else can; a SQLSTATE may stand before it."""
    found = []
    for line in block.strip().splitlines():
        name, statement, *rest = (cell.strip() for cell in line.split(" | "))
        own = [cell for cell in rest if cell != "superuser"]
        found.append(Attack(name, statement, own[0] if own else sqlstate, "superuser" in rest))
    return found


@dataclass(frozen=True)
class Arena:
    """The record and its unguarded twin."""

    server: Server
    guarded: str
    unguarded: str

    @contextmanager
    def session(self, database: str, role: str) -> Iterator[psycopg.Connection]:
        """A session that acts as `role`; as the owner, who cannot log in, that of somebody who got into the role."""
        user = MALLORY if role == "openbook_owner" else role
        address = {"host": str(self.server.place.sockets), "user": user, "dbname": database}
        with psycopg.connect(**address, options=f"-c role={role}", autocommit=True) as connection:
            yield connection

    def refused(self, attack: Attack, role: str) -> None:
        """The record refuses the attack, and is as it was."""
        with self.session(self.guarded, role) as connection:
            said = outcome(connection, attack.statement)
            assert said == attack.sqlstate, f"{attack.name}: {said}"
        assert self.state() == self.untouched, attack.name

    def bites(self, attack: Attack, role: str) -> None:
        """The same statement does its work where there is no guard."""
        with self.session(self.unguarded, SUPERUSER if attack.bites_as_superuser else role) as connection:
            connection.execute("BEGIN")
            said = outcome(connection, attack.statement)
            connection.execute("ROLLBACK")
        assert said is None, f"{attack.name} is vacuous: {said}"

    @cached_property
    def untouched(self) -> list[object]:
        """The state before the first attack."""
        return self.state()

    def state(self) -> list[object]:
        """Every row, and everything that the record is made of."""
        with self.session(self.guarded, SUPERUSER) as connection:
            found = [connection.execute(query).fetchall() for query in CATALOGUE]
            tables = self.tables(connection)
            return [
                *found,
                *((table, connection.execute(ROWS.format(table=table)).fetchone()) for table in tables),
            ]

    @staticmethod
    def tables(connection: psycopg.Connection) -> list[str]:
        """Record tables, as the catalogue has them."""
        return [name for (name,) in connection.execute(TABLES)]


def outcome(connection: psycopg.Connection, statement: str) -> str | None:
    """The SQLSTATE of an error, or None: it was done."""
    try:
        connection.execute(statement)
    except psycopg.Error as error:
        return error.sqlstate
    return None


@contextmanager
def arena(server: Server, name: str, role: str) -> Iterator[Arena]:
    """Make both databases, filled, the unguarded one in the hands of `role`."""
    made = Arena(server, f"guarded_{name}", f"unguarded_{name}")
    with made.session("postgres", SUPERUSER) as cluster:
        cluster.execute(f"CREATE ROLE {MALLORY} LOGIN IN ROLE openbook_owner")
        try:
            for database in (made.guarded, made.unguarded):
                cluster.execute(f"CREATE DATABASE {database} TEMPLATE openbook")
                _do(made, database, "openbook_app", FILL)
            _do(made, made.unguarded, SUPERUSER, [UNGUARD.format(role=role)])
            cluster.execute(f"GRANT CREATE ON DATABASE {made.unguarded} TO {role}")
            assert made.untouched == made.state()
            yield made
        finally:
            for database in (made.guarded, made.unguarded):
                cluster.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
            cluster.execute(f"DROP ROLE {MALLORY}")


def _do(made: Arena, database: str, role: str, statements: Sequence[str]) -> None:
    with made.session(database, role) as connection:
        for statement in statements:
            connection.execute(statement)
