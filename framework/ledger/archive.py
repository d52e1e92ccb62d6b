"""A backup as one file: a tar of what `framework.ledger.backup` writes, encrypted to an age public key.

Whoever has the private key can read it; the server that makes backups does not. age notices every flipped bit and every
missing end. Whoever has the public key can make another archive: what was restored is trusted once it verifies against
published checkpoints.
"""

import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyrage

from framework.errors import LedgerError

FORMAT = "openbook-backup/1"
MANIFEST, GLOBALS, RECORD = "manifest.json", "globals.sql", "record.dump"
NAME = "openbook-%Y%m%dT%H%M%SZ.tar.age"


@dataclass(frozen=True)
class Manifest:
    """What a backup is of.

    Parameters
    ----------
    taken_at : str
        UTC, ISO 8601.
    revision : str
        Of the record.
    server : str
        Version of the server.
    rows : dict of str to int
        Rows of each table in the snapshot that was dumped.
    format : str
    """

    taken_at: str
    revision: str
    server: str
    rows: dict[str, int]
    format: str = FORMAT


def name_of(moment: datetime) -> str:
    """The file name of a backup that is taken at `moment`."""
    return moment.astimezone(UTC).strftime(NAME)


def moment_of(path: Path) -> datetime | None:
    """When the backup at `path` was taken, by its name; None for any other file."""
    try:
        return datetime.strptime(path.name, NAME).replace(tzinfo=UTC)
    except ValueError:
        return None


def new_key(path: Path) -> str:
    """Write a private key to `path`, which must not exist, and return its public key.

    Raises
    ------
    LedgerError
        There is a file at `path`.
    """
    identity = pyrage.x25519.Identity.generate()
    public = str(identity.to_public())
    try:
        with path.open("x", encoding="ascii") as file:
            path.chmod(0o600)
            file.write(f"# public key: {public}\n{identity}\n")
    except FileExistsError as error:
        raise LedgerError(
            f"{path} exists.", "A key is never overwritten: its backups would be lost.", "Name another file."
        ) from error
    return public


def recipient(public_key: str) -> pyrage.x25519.Recipient:
    """The public key, parsed.

    Raises
    ------
    LedgerError
        It is none.
    """
    try:
        return pyrage.x25519.Recipient.from_str(public_key)
    except pyrage.RecipientError as error:
        raise LedgerError(
            f"{public_key[:24]!r} is not an age public key: {error}.",
            "It begins with age1; one that begins with AGE-SECRET-KEY is private and has no place on a server.",
            "Make a pair on another machine: openbook backup --new-key FILE.",
        ) from error


def seal(folder: Path, target: Path, key: pyrage.x25519.Recipient, manifest: Manifest) -> None:
    """Write `folder`'s parts and the manifest to `target`, encrypted; it is there whole or not at all."""
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1), "utf-8")
    bundle = folder / "bundle.tar"
    with tarfile.open(bundle, "w") as tar:
        for part in (MANIFEST, GLOBALS, RECORD):
            tar.add(folder / part, arcname=part)
    unfinished = target.with_name(f".{target.name}.part")
    try:
        with bundle.open("rb") as plain, unfinished.open("xb") as sealed:
            pyrage.encrypt_io(plain, sealed, [key])
        unfinished.rename(target)
    finally:
        unfinished.unlink(missing_ok=True)


def unseal(archive: Path, identity: Path, folder: Path) -> Manifest:
    """Decrypt `archive` with the private key in the file `identity`, and put its parts into `folder`.

    Raises
    ------
    LedgerError
        The key is none or another one, or the archive is damaged, cut short or not a backup.
    """
    bundle = folder / "bundle.tar"
    with _telling(archive):
        with archive.open("rb") as sealed, bundle.open("xb") as plain:
            pyrage.decrypt_io(sealed, plain, [_identity(identity)])
        with tarfile.open(bundle) as tar:
            for part in (MANIFEST, GLOBALS, RECORD):
                tar.extract(part, folder, filter="data")
        bundle.unlink()
        said = json.loads((folder / MANIFEST).read_text("utf-8"))
        if said.get("format") != FORMAT:
            raise ValueError(f"it is of the format {said.get('format')!r}")
        return Manifest(**said)


@contextmanager
def _telling(archive: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise LedgerError(
            f"There is no {error.filename}.", "Archive and private key are files.", "Name others."
        ) from error
    except (pyrage.DecryptError, tarfile.TarError, KeyError, TypeError, ValueError, OSError) as error:
        raise LedgerError(
            f"{archive} cannot be opened: {error}.",
            "It opens with the private key of the public key that it was made for, and only if not a bit has changed.",
            "Name the right key with --identity, or take another backup.",
        ) from error


def _identity(path: Path) -> pyrage.x25519.Identity:
    lines = [line for line in path.read_text("utf-8").splitlines() if line.startswith("AGE-SECRET-KEY-")]
    if not lines:
        raise ValueError(f"{path} holds no age private key (AGE-SECRET-KEY-1...)")
    try:
        return pyrage.x25519.Identity.from_str(lines[0])
    except pyrage.IdentityError as error:
        raise ValueError(f"{path} holds no age private key: {error}") from error
