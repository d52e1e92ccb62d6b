"""How a connection may reach a server: over this machine, or over TLS to a server that proves who it is."""

import ipaddress
from pathlib import PurePosixPath

from psycopg import pq
from sqlalchemy import URL

from framework.errors import LedgerError

VERIFIED = "verify-full"
LOCAL = ("localhost", "localhost.localdomain", "ip6-localhost", "")


def refuse_open_network(address: URL) -> None:
    """Refuse a URL by which a password or a row could be read, or a server impersonated, on the way.

    libpq's own defaults count (PGHOST, PGSSLMODE, a service file): what it would do is what is judged.

    Raises
    ------
    LedgerError
        A host that is neither a Unix socket nor loopback, without ``sslmode=verify-full``.
    """
    wanted = parameters(address)
    names = wanted["hostaddr"] or wanted["host"]
    remote = [name for name in names.split(",") if not _local(name)]
    if remote and wanted["sslmode"] != VERIFIED:
        raise LedgerError(
            f"The connection to {remote[0]} would use sslmode={wanted['sslmode'] or 'prefer'}.",
            f"Beyond this machine only sslmode={VERIFIED} will do: with less, whoever sits between may read all of it, "
            "or answer in the server's place.",
            f"Append ?sslmode={VERIFIED}&sslrootcert=/path/to/ca.crt to the URL (sslrootcert=system for a public "
            "authority); where the server has no TLS, reach it through a tunnel that ends on loopback (ssh -L).",
        )


def parameters(address: URL) -> dict[str, str]:
    """What libpq would connect with, by keyword: its defaults, and over them what `address` says."""
    defaults = {item.keyword.decode(): (item.val or b"").decode() for item in pq.Conninfo.get_defaults()}
    named = {
        "host": address.host,
        "port": None if address.port is None else str(address.port),
        "user": address.username,
        "password": address.password,
        "dbname": address.database,
    }
    query = {
        name: value if isinstance(value, str) else ",".join(value) for name, value in address.query.items()
    }
    return {**defaults, **{name: value for name, value in named.items() if value is not None}, **query}


def _local(name: str) -> bool:
    if PurePosixPath(name).is_absolute() or name.startswith("@") or name in LOCAL:
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False
