"""The keys that sign checkpoints: the private one in a file of its owner's alone, the public ones on the log.

``keys/0`` of a log is the verifier key that it began with. ``keys/1`` and on are hand-overs: a note that names the old
key, the new one, and the size and root of the last checkpoint that the old key signs; both keys sign it. A key counts
for the sizes above that of the hand-over to it, up to that of the hand-over from it.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from framework.errors import LedgerError, LogDamaged, NotVerified, SpecError
from framework.ledger.files import sync, write_once, write_whole
from framework.ledger.notes import NAME, Checkpoint, Signer, VerifierKey, opened_note, signed_note
from framework.ledger.tiles import Files

HAND_OVER = "openbook hand-over"
MOST_KEYS = 1_000
ORIGIN = b"origin: "


@dataclass(frozen=True)
class Key:
    """A public key of a log, and the sizes for which it counts.

    Parameters
    ----------
    verifier : VerifierKey
    after : Checkpoint or None
        The last checkpoint of the key before it; None for the first.
    """

    verifier: VerifierKey
    after: Checkpoint | None


def create(path: Path, *, origin: str) -> Signer:
    """Make a private key in a new file that only its owner may read.

    Raises
    ------
    SpecError
        `origin` has a space or a plus sign.
    LedgerError
        There is a file already: a key is never overwritten.
    """
    if not NAME.fullmatch(origin) or not origin.isprintable():
        raise SpecError(
            f"The origin {origin!r} cannot name a log.",
            "It is the site's address without a scheme, and has no space and no plus sign.",
            "Write it like example.com/openbook.",
        )
    signer = Signer(origin, Ed25519PrivateKey.generate())
    path.parent.mkdir(parents=True, exist_ok=True)
    if not write_once(path, _encoded(signer), mode=0o600):
        raise LedgerError(
            f"There is a key in {path} already.",
            "A key is never overwritten: what it signed could not be continued.",
            "Replace it with: openbook key rotate.",
        )
    return signer


def load(path: Path) -> Signer:
    """The private key in `path`.

    Raises
    ------
    LedgerError
        There is none, others may read it, or it is not a key.
    """
    try:
        status, content = path.stat(), path.read_bytes()
    except OSError as error:
        raise LedgerError(
            f"There is no key to sign with in {path}: {error.strerror}.",
            "Checkpoints are signed with a key that is kept outside the database.",
            "Make one with: openbook key create.",
        ) from error
    if status.st_mode & 0o077 or status.st_uid != os.geteuid():
        raise LedgerError(
            f"The key in {path} has mode {status.st_mode & 0o777:o} and belongs to user {status.st_uid}.",
            f"Only user {os.geteuid()}, who signs, may read it (mode 600).",
            "If nobody else has read it: chmod 600 that file. Otherwise: openbook key rotate.",
        )
    origin, _, rest = content.partition(b"\n")
    try:
        private = serialization.load_pem_private_key(rest, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        private = None
    if not isinstance(private, Ed25519PrivateKey) or not origin.startswith(ORIGIN):
        raise LedgerError(
            f"{path} does not hold a key.",
            "It is a line with the origin and an Ed25519 key in PEM, as openbook key create writes it.",
            "Restore it from its backup.",
        )
    return Signer(origin.removeprefix(ORIGIN).decode("utf-8", "replace"), private)


def published(files: Files) -> list[Key]:
    """The keys of a log, oldest first, each handed over to by the one before.

    Raises
    ------
    NotVerified
        There is none, or one cannot be read.
    LogDamaged
        A hand-over is not signed by both keys, or does not follow.
    """
    first = files.read("keys/0")
    if first is None:
        raise NotVerified(
            f"There is no log at {files}.",
            "A log has its first key in keys/0 and its newest checkpoint in checkpoint.",
            "Sign and publish one: openbook checkpoint, then openbook site build.",
        )
    keys = [Key(VerifierKey.parse(first.decode("utf-8", "replace")), None)]
    if f"{keys[0].verifier}\n".encode() != first:
        raise LogDamaged(
            f"keys/0 of the log at {files} holds more than a key.",
            "It is one line, a verifier key.",
            "Fetch it again; if it stays, it was not written by openbook.",
        )
    while (note := files.read(f"keys/{len(keys)}")) is not None and len(keys) < MOST_KEYS:
        keys.append(_followed(keys[-1], note, f"keys/{len(keys)}"))
    return keys


def hand_over(old: Signer, new: Signer, last: Checkpoint) -> bytes:
    """The note by which `old`, having signed `last`, hands over to `new`."""
    return signed_note(f"{HAND_OVER}\n{old.verifier}\n{new.verifier}\n{last.text()}", old, new).encode()


def opened_checkpoint(note: bytes, keys: Sequence[Key], *, name: str = "checkpoint") -> Checkpoint:
    """The checkpoint in a note that the key which counts for its size has signed.

    Raises
    ------
    NotVerified, LogDamaged
    """
    unchecked = Checkpoint.parse(opened_note(note, name=name), name=name)
    if unchecked.size == 0:
        raise NotVerified(
            f"The {name} signs no entry.",
            "Nothing can be held to an empty log.",
            "Sign a record that has a row: openbook checkpoint.",
        )
    key = key_for(unchecked.size, keys)
    opened_note(note, key.verifier, name=name)
    if unchecked.origin != key.verifier.name:
        raise LogDamaged(
            f"The {name} is of the log {unchecked.origin}.",
            f"The key is that of {key.verifier.name}.",
            "See that site and key belong together.",
        )
    return unchecked


def key_for(size: int, keys: Sequence[Key]) -> Key:
    """The key that counts for a checkpoint of `size`."""
    return next(key for key in reversed(keys) if key.after is None or key.after.size < size)


def prepared(path: Path, *, origin: str) -> Signer:
    """A new key beside the one in `path`, which `resumed` puts in its place once the hand-over is written."""
    signer = Signer(origin, Ed25519PrivateKey.generate())
    write_whole(_next(path), _encoded(signer), mode=0o600)
    return signer


def resumed(path: Path, newest: VerifierKey) -> Signer:
    """Put the key that a log was handed over to in the place of the old one; also where that was cut short.

    Raises
    ------
    LedgerError
        It is not there.
    """
    waiting = _next(path)
    if not waiting.exists() or load(waiting).verifier != newest:
        raise LedgerError(
            f"The key in {path} does not continue the log, whose newest key is {newest}.",
            "A log is continued with the key that it was handed over to.",
            "Restore the key that belongs to this log, or the log that belongs to the key.",
        )
    waiting.rename(path)
    sync(path.parent)
    return load(path)


def _next(path: Path) -> Path:
    return path.with_name(f"{path.name}.next")


def _followed(old: Key, note: bytes, name: str) -> Key:
    lines = opened_note(note, name=name).split("\n", 3)
    if len(lines) != 4 or lines[0] != HAND_OVER:
        raise NotVerified(
            f"{name} of the log is no hand-over.",
            f"One says {HAND_OVER!r}, the old key, the new key, and the last checkpoint of the old one.",
            "Fetch it again; if it stays, it was not written by openbook.",
        )
    was, new, last = (
        VerifierKey.parse(lines[1]),
        VerifierKey.parse(lines[2]),
        Checkpoint.parse(lines[3], name=name),
    )
    opened_note(note, was, new, name=name)
    follows = old.after is None or old.after.size <= last.size
    if was != old.verifier or not was.name == new.name == last.origin or not follows:
        raise LogDamaged(
            f"{name} of the log hands over from {was} to {new} at {last.size}.",
            f"It must follow {old.verifier}"
            + (f", which began after {old.after.size}." if old.after else "."),
            "Ask whoever runs the log; trust no key behind it.",
        )
    return Key(new, last)


def _encoded(signer: Signer) -> bytes:
    pem = signer.private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return ORIGIN + signer.name.encode() + b"\n" + pem
