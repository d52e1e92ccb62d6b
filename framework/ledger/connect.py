"""Open the ledger that the settings name: the embedded server's, or any other's."""

from pathlib import Path

from framework.errors import DatabaseMissing
from framework.ledger.embedded import Server
from framework.ledger.engine import APPLICATION, address_of, engine_for, revision_of
from framework.ledger.faults import place_of
from framework.ledger.ledger import Ledger
from framework.ledger.migrate import HEAD, migrate


def open_ledger(*, url: str | None, admin_url: str | None, home: Path) -> Ledger:
    """Open the record as the application role.

    Parameters
    ----------
    url : str, optional
        A database on a server of version 16 or later; None is the embedded server of `home`, which is started and
        migrated as needed and runs until the ledger is closed.
    admin_url : str, optional
        The same database as superuser. Where it is given, what is missing is migrated.
    home : Path
        Where the embedded server keeps its data, and large answers of the vault are kept for the next time.

    Raises
    ------
    DatabaseMissing
        No server answers, or it is not migrated to the revision of this code.
    DatabaseTooOld
        Its version is below 16.
    LedgerError
        The embedded server does not start, or the user may not act as the application role.
    """
    if url is not None:
        return _open(url, admin_url, home, server=None)
    server = Server.start(home)
    try:
        return _open(server.url(), server.admin_url, home, server=server)
    except BaseException:
        server.stop()
        raise


def _open(url: str, admin_url: str | None, home: Path, *, server: Server | None) -> Ledger:
    if admin_url is not None and revision_of(admin_url) != HEAD:
        migrate(admin_url)
    found = revision_of(url)
    if found != HEAD:
        raise DatabaseMissing(
            f"The database {place_of(address_of(url))} is "
            + ("not migrated." if found is None else f"at revision {found}."),
            f"This code needs revision {HEAD}.",
            "Set OPENBOOK_ADMIN_DATABASE_URL to a superuser of it and start again, which migrates it.",
        )
    return Ledger(
        engine_for(url, role=APPLICATION),
        cache=home / "cache",
        on_close=None if server is None else server.stop,
    )
