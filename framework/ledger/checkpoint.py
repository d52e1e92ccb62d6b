"""Signing a checkpoint: what is new in the record enters the log, whose root is signed.

A row gets its place in the log when a checkpoint is made, and keeps it. New rows of each stream are those above the
highest sequence that is in the log: a stream is written by one transaction at a time and has no gap, so whatever
commits later, however early it began, comes behind. Times play no part in the order.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from framework.errors import LedgerError, NotVerified, SplitView, Truncated
from framework.ledger import keys, locks
from framework.ledger.audit import audit
from framework.ledger.door import Door
from framework.ledger.files import write_once, write_whole
from framework.ledger.growth import grown
from framework.ledger.horizon import PATIENCE_SECONDS
from framework.ledger.merkle import EMPTY, check_consistency, consistency_proof
from framework.ledger.news import News
from framework.ledger.notes import Checkpoint, Signer, VerifierKey, signed_note
from framework.ledger.tiles import Files, Folder, subtrees_of

LOG, KEY, LOCK = "log", "checkpoint.key", "log.lock"


@dataclass(frozen=True)
class Signed:
    """What `sign` did.

    Parameters
    ----------
    checkpoint : Checkpoint
        The newest, signed now or before.
    rows : int
        How many have entered the log now; if none, nothing was signed.
    """

    checkpoint: Checkpoint
    rows: int


def sign(
    door: Door,
    *,
    home: Path,
    published: Files | None = None,
    patience_seconds: float = PATIENCE_SECONDS,
    advance: Callable[[int], object] = lambda _: None,
) -> Signed:
    """Let what is new in the record enter the log in ``home/log``, and sign its root.

    Parameters
    ----------
    door : Door
        The record.
    home : Path
        Holds the log and, in ``checkpoint.key``, the key.
    published : Files, optional
        The log as readers have it. What is signed must continue that too.
    patience_seconds : float
        How long to wait for transactions that write.
    advance : callable of int
        Told how many more entries were read or written.

    Raises
    ------
    LedgerError
        There is no key, others may read it, it is another log's, or the record is empty.
    NotVerified
        Of the kind that was found: the record, the log in `home` or the published one is not what was signed before.
        Nothing is signed.
    """
    folder = home / LOG
    home.mkdir(parents=True, exist_ok=True)
    with locks.held(home / LOCK):
        signer, last, known = opened(home)
        _refuse_fork(published, known, Folder(folder), last)
        with (
            audit(Folder(folder), last, advance=advance) as before,
            News(door, before, patience_seconds=patience_seconds) as news,
        ):
            if not news.rows:
                return _unchanged(last)
            checkpoint = grown(folder, last, news.entries())
            advance(news.rows)
        _refuse_inconsistent(folder, last, checkpoint)
        note = signed_note(checkpoint.text(), signer).encode()
        write_whole(folder / "checkpoints" / str(checkpoint.size), note)
        write_whole(folder / "checkpoint", note)
    return Signed(checkpoint, news.rows)


def opened(home: Path) -> tuple[Signer, Checkpoint, list[keys.Key]]:
    """The key in `home`, and of the log there, begun if it is not there, the last checkpoint and all keys.

    The checkpoint has size 0 if nothing was signed yet.

    Raises
    ------
    LedgerError
        There is no key, others may read it, or the log has another.
    NotVerified, LogDamaged
        The last checkpoint is not as this log's keys have signed it.
    """
    signer, files = keys.load(home / KEY), Folder(home / LOG)
    write_once(home / LOG / "keys" / "0", f"{signer.verifier}\n".encode())
    known = keys.published(files)
    if known[-1].verifier != signer.verifier:
        signer = keys.resumed(home / KEY, known[-1].verifier)
    note = files.read("checkpoint")
    if note is None:
        return signer, Checkpoint(signer.name, 0, EMPTY), known
    return signer, keys.opened_checkpoint(note, known), known


def rotate(home: Path) -> VerifierKey:
    """Hand the log in `home` over to a new key, which signs what comes; the old one is destroyed.

    Raises
    ------
    LedgerError
        As `opened`; or the log has no checkpoint that could be handed over.
    NotVerified, LogDamaged
        As `opened`.
    """
    with locks.held(home / LOCK):
        old, last, known = opened(home)
        if last.size == 0:
            raise LedgerError(
                f"The key in {home / KEY} has signed nothing yet.",
                "A hand-over names the last checkpoint of the old key.",
                "Sign one first: openbook checkpoint. Or remove key and log, and make another key.",
            )
        new = keys.prepared(home / KEY, origin=old.name)
        write_once(home / LOG / "keys" / str(len(known)), keys.hand_over(old, new, last))
        return keys.resumed(home / KEY, new.verifier).verifier


def publish(home: Path, target: Path) -> None:
    """Copy the log in `home`, as it is between two checkpoints, to the folder `target`, which must not exist."""
    with locks.held(home / LOCK):
        shutil.copytree(home / LOG, target, ignore=shutil.ignore_patterns(".*"))


def _unchanged(last: Checkpoint) -> Signed:
    if last.size == 0:
        raise LedgerError(
            "The record is empty: there is nothing to sign.",
            "A checkpoint signs at least one row.",
            "Put something on record first: openbook data load.",
        )
    return Signed(last, 0)


def _refuse_inconsistent(folder: Path, last: Checkpoint, new: Checkpoint) -> None:
    """Prove, from the tiles as they are now, that the tree continues the one that was signed last."""
    if last.size == 0:
        return
    proof = consistency_proof(subtrees_of(Folder(folder), new.size), last.size, new.size)
    check_consistency(old=last.size, new=new.size, old_root=last.root, new_root=new.root, proof=proof)


def _refuse_fork(published: Files | None, known: list[keys.Key], log: Files, last: Checkpoint) -> None:
    """Refuse if readers have a later or another history than the log that is to be continued."""
    note = None if published is None else published.read("checkpoint")
    if note is None or published is None or keys.published(published)[0].verifier != known[0].verifier:
        return
    seen = keys.opened_checkpoint(note, keys.published(published), name="published checkpoint")
    if seen.size > last.size:
        raise Truncated(
            f"The log at {log} ends with entry {last.size:,}.",
            f"Published are {seen.size:,} entries with the same key.",
            "Restore the newest copy of the log: signing from this one would make a second history.",
        )
    proof = consistency_proof(subtrees_of(log, last.size), seen.size, last.size)
    try:
        check_consistency(old=seen.size, new=last.size, old_root=seen.root, new_root=last.root, proof=proof)
    except NotVerified as error:
        raise SplitView(
            f"The log at {log} does not continue what is published ({seen.size:,} entries).",
            "Both are signed with the same key: there are two histories.",
            "Find out who else has signed; publish nothing until that is known.",
        ) from error
