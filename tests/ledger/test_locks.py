import os

import pytest

from framework.errors import LedgerError
from framework.ledger import locks

HOLD = """
import sys
from pathlib import Path
from framework.ledger import locks

locks.claim(Path(sys.argv[1]), shared=sys.argv[2] == "shared", patience_seconds=10.0)
print("held", flush=True)
sys.stdin.read()
"""


def test_a_lock_is_free_until_claimed_and_after_its_holder_is_killed(tmp_path, python, eventually):
    lock = tmp_path / "lock"
    assert not locks.is_held(lock)
    with python(HOLD, lock, "alone") as holder:
        assert holder.stdout.readline() == "held\n"
        assert locks.is_held(lock)
        assert locks.claim_if_free(lock) is None
        holder.kill()
        assert eventually(lambda: not locks.is_held(lock))


def test_a_shared_lock_has_many_holders_and_no_other(tmp_path):
    lock = tmp_path / "lock"
    holders = [locks.claim(lock, shared=True) for _ in range(3)]
    for holder in holders:
        assert locks.is_held(lock)
        os.close(holder)
    assert not locks.is_held(lock)


def test_waiting_for_a_lock_is_bounded_and_says_who_to_look_for(tmp_path):
    lock = tmp_path / "lock"
    with locks.held(lock), pytest.raises(LedgerError, match=r"still held .* after 0 s.*fuser"):
        locks.claim(lock, patience_seconds=0.05)
    with locks.held(lock):
        assert locks.is_held(lock)


def test_a_program_that_is_started_does_not_inherit_a_claim(tmp_path, python):
    lock = tmp_path / "lock"
    descriptor = locks.claim(lock)
    with python("import sys; sys.stdin.read()"):
        os.close(descriptor)
        assert not locks.is_held(lock)
