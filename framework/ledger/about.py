"""What a database says of itself: its version, who we are there, and how far its guard reaches."""

from dataclasses import dataclass

from sqlalchemy import text

from framework.ledger.door import Door

# A guard reaches as far as its owner: in full where a superuser owns it and the event triggers stand, else in part.
_REACH = """
    SELECT bool_and(rolsuper) AND (
        SELECT count(*) = 4 FROM pg_event_trigger JOIN pg_roles ON pg_roles.oid = evtowner
        WHERE evtfoid = to_regprocedure('guard.refuse_ddl()') AND evtenabled = 'A' AND rolsuper
    ) FROM pg_namespace JOIN pg_roles ON pg_roles.oid = nspowner WHERE nspname = 'guard'
"""
REACH = text(_REACH)
QUESTION = text(f"""
    SELECT current_setting('server_version') AS version,
           current_database() AS database,
           current_user AS role,
           (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
           EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND (
               has_any_column_privilege(oid, 'UPDATE') OR has_table_privilege(oid, 'DELETE, TRUNCATE')
           )) AS rewrites,
           ({_REACH}) AS guarded
""")  # noqa: S608 - our own words


@dataclass(frozen=True)
class About:
    """A database, as the application sees it.

    Parameters
    ----------
    version : str
        Of the server.
    database, role : str
        Where we are, and as whom.
    superuser : bool
        Whether that role is a superuser, which it should not be.
    rewrites : bool
        Whether that role may change or delete anything in a record table, which it should not be able to.
    guarded : bool
        Whether the guard belongs to a superuser and its event triggers stand; otherwise an owner could take it away.
    """

    version: str
    database: str
    role: str
    superuser: bool
    rewrites: bool
    guarded: bool


def about(ledger: Door) -> About:
    """Ask the database of an open ledger."""
    with ledger.transaction() as connection:
        return About(**connection.execute(QUESTION).mappings().one())
