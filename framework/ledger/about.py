"""What a database says of itself: its version, who we are there, and how far its guard reaches."""

from dataclasses import dataclass

from sqlalchemy import text

from framework.ledger.door import Door

QUESTION = text("""
    SELECT current_setting('server_version') AS version,
           current_database() AS database,
           current_user AS role,
           (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
           has_any_column_privilege('public.portfolio_worth', 'UPDATE')
               OR has_table_privilege('public.portfolio_worth', 'DELETE, TRUNCATE') AS rewrites,
           (SELECT owner.rolsuper FROM pg_roles AS owner JOIN pg_namespace ON nspowner = owner.oid
            WHERE nspname = 'guard') AS guarded
""")


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
        Whether that role may change or delete a recorded worth, which it should not be able to.
    guarded : bool
        Whether the guard belongs to a superuser; otherwise its owner could take it away.
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
