"""A reader's memory of a log: the key it was first seen with, and the newest checkpoint, which later ones continue.

Whoever has the key can sign two histories and show one to each reader. Readers who remember find that out as soon as
they see the other one; so do two readers who compare.
"""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from framework.errors import LogDamaged, NotVerified, SplitView, Truncated
from framework.ledger import keys
from framework.ledger.files import write_whole
from framework.ledger.merkle import check_consistency, consistency_proof, tree_root
from framework.ledger.notes import Checkpoint, VerifierKey, opened_note
from framework.ledger.tiles import Files, subtrees_of


@dataclass(frozen=True)
class Sighting:
    """A log as it is shown now, with a signature that counts.

    Parameters
    ----------
    checkpoint : Checkpoint
        The newest.
    note : bytes
        As it was served.
    keys : tuple of Key
        All keys of the log, oldest first.
    pinned : bool
        Whether one of them was known beforehand.
    """

    checkpoint: Checkpoint
    note: bytes
    keys: tuple[keys.Key, ...]
    pinned: bool


def sighted(files: Files, *, pins: tuple[VerifierKey, ...] = ()) -> Sighting:
    """Read keys and newest checkpoint of a log, and check the signatures.

    Parameters
    ----------
    pins : tuple of VerifierKey
        Keys that the reader trusts: one of them must be the log's.

    Raises
    ------
    NotVerified
        There is no log, or it cannot be read.
    LogDamaged
        A signature does not hold, or the log has none of these keys.
    """
    known = keys.published(files)
    note = files.read("checkpoint")
    if note is None:
        raise NotVerified(
            f"The log at {files} has no checkpoint.",
            "A published log has a signed one.",
            "Sign and publish one: openbook checkpoint, then openbook site build.",
        )
    found = {key.verifier for key in known}
    if pins and not found & set(pins):
        raise LogDamaged(
            f"The log at {files} is signed by {known[-1].verifier}.",
            f"Trusted is {', '.join(map(str, pins))}.",
            "See that it is the log you mean; if it is, somebody else has signed it.",
        )
    checkpoint = keys.opened_checkpoint(note, known)
    return Sighting(checkpoint, note, tuple(known), bool(pins))


def recalled(memory: Path, origin: str) -> tuple[VerifierKey, bytes] | None:
    """The first key and the newest checkpoint that were seen of a log, if it was ever seen."""
    place = _place(memory, origin)
    try:
        return VerifierKey.parse((place / "key").read_text()), (place / "checkpoint").read_bytes()
    except FileNotFoundError:
        return None


def witness(
    files: Files, *, memory: Path, pins: tuple[VerifierKey, ...] = ()
) -> tuple[Sighting, Checkpoint | None]:
    """See that a log continues what was seen of it before, and remember it as it is now.

    Parameters
    ----------
    memory : Path
        The folder in which is remembered; one of several logs may be.

    Returns
    -------
    Sighting, Checkpoint or None
        What is shown now, and what was seen last.

    Raises
    ------
    SplitView
        It does not continue what was seen; both checkpoints are kept in `memory` as evidence.
    Truncated
        It is shorter than what was seen.
    NotVerified, LogDamaged
        As `sighted`, or its tiles do not lead to its root.
    """
    shown = sighted(files, pins=pins)
    place, before = _place(memory, shown.checkpoint.origin), recalled(memory, shown.checkpoint.origin)
    seen = None
    if before is not None:
        try:
            seen = check_continues(files, shown, *before)
        except SplitView:
            write_whole(place / f"evidence-{sha256(shown.note).hexdigest()[:16]}", shown.note)
            raise
    write_whole(place / "key", f"{shown.keys[0].verifier if before is None else before[0]}\n".encode())
    write_whole(place / "checkpoint", shown.note)
    return shown, seen


def check_continues(files: Files, shown: Sighting, key: VerifierKey | None, note: bytes) -> Checkpoint:
    """The checkpoint in `note`, seen before with the first key `key`, if what is shown now continues it.

    Raises
    ------
    SplitView, Truncated, NotVerified, LogDamaged
        As `witness`.
    """
    if key is not None and key != shown.keys[0].verifier:
        raise _split(
            files, f"it begins with the key {shown.keys[0].verifier}", f"It was first seen with {key}."
        )
    before = Checkpoint.parse(opened_note(note, name="checkpoint seen before"))
    try:
        keys.opened_checkpoint(note, shown.keys, name="checkpoint seen before")
    except LogDamaged:
        raise _split(
            files,
            f"its keys have not signed the checkpoint of {before.size:,} entries that was seen",
            "A later history has the keys of the earlier one.",
        ) from None
    now = shown.checkpoint
    if before.size > now.size:
        raise Truncated(
            f"The log at {files} ends with entry {now.size:,}.",
            f"It has been seen with {before.size:,}.",
            "Ask whoever serves it for the newer one; if there is none, keep what you have seen as evidence.",
        )
    _check_extends(files, before, now)
    return before


def _check_extends(files: Files, before: Checkpoint, now: Checkpoint) -> None:
    subtrees = subtrees_of(files, now.size)
    root, proof = tree_root(subtrees, before.size), consistency_proof(subtrees, before.size, now.size)
    try:
        new_root = tree_root(subtrees, now.size)
        check_consistency(old=before.size, new=now.size, old_root=root, new_root=now.root, proof=proof)
    except NotVerified:
        new_root = b""
    if new_root != now.root:
        raise LogDamaged(
            f"The tiles of the log at {files} do not lead to the root that its checkpoint signs.",
            "Every node of the tree is in a tile.",
            "Fetch them again; if it stays, whoever serves them has changed them.",
        )
    if root != before.root:
        raise _split(
            files,
            f"its first {before.size:,} entries have another root than was signed and seen",
            "Every later checkpoint continues every earlier one.",
        )


def _place(memory: Path, origin: str) -> Path:
    return memory / sha256(origin.encode()).hexdigest()[:16]


def _split(files: Files, what: str, limit: str) -> SplitView:
    return SplitView(
        f"The log at {files} is another history than the one that was seen before: {what}.",
        limit,
        "Keep both checkpoints: with the same log's signatures they prove it. Trust neither until it is explained.",
    )
