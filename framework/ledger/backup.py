"""Backups: the whole record in one encrypted file, rotated, and brought back into an empty database."""

import shlex
import subprocess
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from sqlalchemy import URL, Connection, func, select, text

from framework.errors import LedgerError
from framework.ledger import archive, tools
from framework.ledger.archive import GLOBALS, RECORD, Manifest
from framework.ledger.door import Door
from framework.ledger.engine import APPLICATION, engine_for, revision
from framework.ledger.faults import place_of, translated
from framework.ledger.rotation import Rotation, surplus
from framework.ledger.schema import METADATA

SNAPSHOT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
EXPORT = text("SELECT pg_export_snapshot() AS id, current_setting('server_version') AS server")
EMPTY = text("""
    SELECT NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace)
       AND to_regnamespace('guard') IS NULL
""")
SUPERUSER = text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")


def backup(door: Door, folder: Path, *, public_key: str, at: datetime) -> Path:
    """Write everything on record to a new file in `folder`, encrypted to `public_key`.

    Roles are in it, their passwords are not: a backup holds no secret but the record.

    Parameters
    ----------
    door : Door
        The record, as the application: that role may read all of it.
    folder : Path
        Made if it is not there.
    public_key : str
        Of age; the private one is not needed and does not belong on this machine.
    at : datetime
        Now; it becomes part of the name.

    Raises
    ------
    LedgerError
        No such key, a server that cannot be dumped, or a backup of this second already.
    """
    key, target = archive.recipient(public_key), folder / archive.name_of(at)
    if target.exists():
        raise LedgerError(f"{target} exists.", "A backup is never overwritten.", "Wait a second.")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="openbook-backup-") as name:
        work = Path(name)
        manifest = _dump(door, work, at)
        archive.seal(work, target, key, manifest)
    return target


def _dump(door: Door, work: Path, at: datetime) -> Manifest:
    address = door.address
    role = [] if address.username == APPLICATION else [f"--role={APPLICATION}"]
    with door.transaction() as connection:
        connection.execute(SNAPSHOT)
        snapshot, server = connection.execute(EXPORT).one()
        rows = rows_of(connection)
        wanted = ["--format=custom", "--no-password", f"--snapshot={snapshot}", f"--file={work / RECORD}"]
        tools.run("pg_dump", address, [*wanted, *role])
        tools.run(
            "pg_dumpall",
            address,
            ["--globals-only", "--no-role-passwords", "--no-password", f"--file={work / GLOBALS}", *role],
        )
        found = revision(connection)
    return Manifest(at.astimezone(UTC).isoformat(timespec="seconds"), str(found), server, rows)


def rows_of(connection: Connection) -> dict[str, int]:
    """Rows of each record table."""
    tables = METADATA.sorted_tables
    counts = [select(func.count()).select_from(table).scalar_subquery() for table in tables]
    found = connection.execute(select(*counts)).one()
    return {table.name: int(count) for table, count in zip(tables, found, strict=True)}


def rotate(folder: Path, rotation: Rotation) -> list[Path]:
    """Delete the backups in `folder` that the rotation does not keep; those deleted. Other files are left alone."""
    found = {moment: path for path in sorted(folder.iterdir()) if (moment := archive.moment_of(path))}
    gone = [found[moment] for moment in sorted(surplus(found, rotation))]
    for path in gone:
        path.unlink()
    return gone


def copy_with(command: str, path: Path) -> None:
    """Run a command that copies `path` elsewhere; ``{}`` in it stands for the path, ``{name}`` for the file's name.

    No shell reads it: ``rclone copyto {} remote:openbook/{name}``.

    Raises
    ------
    LedgerError
        It names no ``{}``, cannot be run, or fails.
    """
    words = shlex.split(command)
    if not any("{}" in word for word in words):
        raise LedgerError(
            f"The command {command!r} does not say what to copy.",
            "{} stands for the backup's path.",
            "Write it like: --copy-with 'rclone copyto {} remote:openbook/{name}'.",
        )
    filled = [word.replace("{}", str(path)).replace("{name}", path.name) for word in words]
    try:
        done = subprocess.run(filled, capture_output=True, text=True, check=False)  # noqa: S603 - the operator's words
    except OSError as error:
        raise _uncopied(path, str(error)) from error
    if done.returncode != 0:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise _uncopied(path, f"{words[0]} ended with code {done.returncode}: {' '.join(last)}")


def _uncopied(path: Path, why: str) -> LedgerError:
    return LedgerError(
        f"{path.name} was made and not copied: {why}.",
        "A backup that lies beside the database goes down with it.",
        f"Copy {path} by hand, and mend the command.",
    )


def restore(
    path: Path, identity: Path, admin_url: str, *, tell: Callable[[str], object] = lambda _: None
) -> Manifest:
    """Bring a backup back into the empty database at `admin_url`, whose cluster gets the roles that it lacks.

    Parameters
    ----------
    path, identity : Path
        The archive, and the file with the private key.
    admin_url : str
        Names a superuser.
    tell : callable of str
        Told what is being done.

    Raises
    ------
    LedgerError
        The archive does not open, the database is not empty, or what came back is not what was backed up.
    """
    engine = engine_for(admin_url)
    with translated(engine.url), engine.connect() as connection:
        _refuse_full(connection, engine.url)
    with tempfile.TemporaryDirectory(prefix="openbook-restore-") as name:
        work = Path(name)
        tell("decrypting")
        manifest = archive.unseal(path, identity, work)
        tell("roles")
        with translated(engine.url):
            _make_roles(engine.url, (work / GLOBALS).read_text("utf-8"))
        tell("rows")
        wanted = [
            "--exit-on-error",
            "--single-transaction",
            "--no-password",
            f"--dbname={engine.url.database}",
        ]
        tools.run("pg_restore", engine.url, [*wanted, str(work / RECORD)])
    with translated(engine.url), engine.connect() as connection:
        _refuse_other(rows_of(connection), manifest.rows)
    return manifest


def _refuse_full(connection: Connection, url: URL) -> None:
    if not connection.scalar(EMPTY):
        raise LedgerError(
            f"The database {place_of(url)} is not empty.",
            "A backup is restored into an empty one: nothing is ever overwritten.",
            "Name a new OPENBOOK_HOME, or a new database.",
        )
    if not connection.scalar(SUPERUSER):
        raise LedgerError(
            f"The user of the admin URL is no superuser at {place_of(url)}.",
            "The guard must belong to one.",
            "Name a superuser in OPENBOOK_ADMIN_DATABASE_URL.",
        )


def _make_roles(url: URL, script: str) -> None:
    """Run pg_dumpall's script, a statement a line; a role that exists is left as it is."""
    given = {"user": url.username, "password": url.password, "dbname": url.database, "port": url.port}
    host = url.host or url.query.get("host")
    asked = {name: value for name, value in url.query.items() if name != "host"}
    address = {name: value for name, value in {**given, "host": host, **asked}.items() if value}
    with psycopg.connect(**address, autocommit=True) as connection:  # type: ignore[arg-type]
        for line in script.splitlines():
            if line.startswith(("CREATE ROLE", "ALTER ROLE", "GRANT ")):
                try:
                    connection.execute(line.encode())
                except psycopg.errors.DuplicateObject:
                    continue


def _refuse_other(found: dict[str, int], wanted: dict[str, int]) -> None:
    other = [name for name, rows in wanted.items() if found.get(name) != rows]
    if other:
        said = ", ".join(f"{name} {found.get(name, 0):,} of {wanted[name]:,}" for name in other)
        raise LedgerError(
            f"What came back is not what was backed up: {said} rows.",
            "The backup names how many rows each table had.",
            "Take another backup, and keep this one for whoever looks into it.",
        )
