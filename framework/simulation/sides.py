"""Which accounts change sides in which sessions: all conditions of a sweep, compared in shared indicators."""

from typing import NamedTuple

import numpy as np

from framework.simulation.machine import compiled, inner


class Signals(NamedTuple):
    """For each account three places among the comparisons: of `enter`, of `leave`, and where they end.

    A comparison says which rows of the bank are compared, and how far above is a tie.
    """

    places: np.ndarray
    left: np.ndarray
    right: np.ndarray
    relative: np.ndarray
    absolute: np.ndarray


class Changes(NamedTuple):
    """Sessions of a run in which an account changes sides: `rows` from ``starts[account]`` to ``starts[account + 1]``.

    `inside` says on which side each account was when the run began, and is brought to its end. `side` (and the same
    bytes as `words`) and `leaving` are working memory, a byte a session.
    """

    starts: np.ndarray
    rows: np.ndarray
    inside: np.ndarray
    side: np.ndarray
    leaving: np.ndarray
    words: np.ndarray


def no_changes(accounts: int, sessions: int) -> Changes:
    """Room for the changes of so many accounts, all of them out. What is not needed is never touched."""
    rows, side = np.empty(accounts * sessions + 1, np.int32), np.empty((sessions + 7) // 8 * 8, np.uint8)
    inside, starts = np.zeros(accounts, np.uint8), np.zeros(accounts + 1, np.int64)
    return Changes(starts, rows, inside, side, np.empty_like(side), side.view(np.uint64))


@compiled
def decide(signals: Signals, bank: np.ndarray, count: int, changes: Changes) -> None:
    """Write the changes of all accounts over the first `count` sessions of the bank.

    side[t] = enter[t] without `leave`, else (side[t-1] or enter[t]) and not leave[t].
    """
    side, leaving, words = changes.side, changes.leaving, changes.words[: (count + 7) // 8]
    found = 0
    for account in range(len(signals.places)):
        before = changes.inside[account]
        _sides(signals, bank, account, count, before, side, leaving)
        changes.starts[account] = found
        found = _changes(words, before, changes.rows, found)
        changes.inside[account] = side[count - 1]
    changes.starts[len(signals.places)] = found


@inner
def _sides(  # noqa: PLR0913, PLR0917 - no temporary view in the hot loop: each costs as much as 100 sessions
    signals: Signals,
    bank: np.ndarray,
    account: int,
    count: int,
    before: int,
    side: np.ndarray,
    leaving: np.ndarray,
) -> None:
    """Write 1 where the account is to be in the symbol, a byte a session, and repeat the last to a full word."""
    enter, leave, end = signals.places[account, 0], signals.places[account, 1], signals.places[account, 2]
    _holds(signals, bank, enter, count, side)
    for one in range(enter + 1, leave):
        _holds_too(signals, bank, one, count, side)
    if end > leave:
        _holds(signals, bank, leave, count, leaving)
        for one in range(leave + 1, end):
            _holds_too(signals, bank, one, count, leaving)
        held = before
        for t in range(count):
            held = (held | side[t]) & (leaving[t] ^ np.uint8(1))
            side[t] = held
    for t in range(count, (count + 7) // 8 * 8):
        side[t] = side[count - 1]


@inner
def _holds(signals: Signals, bank: np.ndarray, one: int, count: int, holds: np.ndarray) -> None:
    left, right, relative, absolute = (
        signals.left[one],
        signals.right[one],
        signals.relative[one],
        signals.absolute[one],
    )
    for t in range(count):
        holds[t] = bank[left, t] > bank[right, t] + (relative * abs(bank[right, t]) + absolute)


@inner
def _holds_too(signals: Signals, bank: np.ndarray, one: int, count: int, holds: np.ndarray) -> None:
    left, right, relative, absolute = (
        signals.left[one],
        signals.right[one],
        signals.relative[one],
        signals.absolute[one],
    )
    for t in range(count):
        holds[t] &= bank[left, t] > bank[right, t] + (relative * abs(bank[right, t]) + absolute)


@inner
def _changes(words: np.ndarray, before: int, rows: np.ndarray, found: int) -> int:
    """Append the sessions in which the side is not that of the session before, and return how many there are now.

    Eight sessions are a word: its bytes are compared with themselves one byte on, and the lowest byte that differs is
    found by multiplying its only bit into the top byte.
    """
    last = np.uint64(before)
    for w in range(len(words)):
        word = words[w]
        moved = word ^ ((word << np.uint64(8)) | last)
        last = word >> np.uint64(56)
        while moved != np.uint64(0):
            lowest = moved & (~moved + np.uint64(1))
            rows[found] = 8 * w + np.int64((lowest * np.uint64(0x0001020304050607)) >> np.uint64(56))
            found += 1
            moved ^= lowest
    return found
