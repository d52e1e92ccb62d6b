"""The moment by which all is seen: what lets a checkpoint say that no later row may claim an earlier time.

A row's `recorded_at` is taken when it is inserted, but others see the row only when its transaction commits, which may
be much later. A transaction is numbered before its rows are timed. So: note the time, draw a number, wait until every
transaction with a lower one has ended. A row that cannot be seen then will have a later time. A minute is taken off for
clocks that are set back.
"""

import time

from sqlalchemy import text

from framework.ledger.door import Door

PATIENCE_SECONDS = 20.0
PAUSE_SECONDS = 0.02
SET_BACK_SECONDS = 60
MOMENT = text("""
    SELECT (extract(epoch FROM clock_timestamp() - timestamptz '2000-01-01 00:00:00+00') * 1000000)::bigint
""")
NUMBER = text("SELECT pg_current_xact_id()::text::bigint")
OLDEST = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")


def horizon(door: Door, *, patience_seconds: float = PATIENCE_SECONDS) -> int | None:
    """A recent moment such that every row that cannot be seen yet will have been recorded at it or later.

    Parameters
    ----------
    door : Door
        The record.
    patience_seconds : float
        How long to wait for transactions that write.

    Returns
    -------
    int or None
        Microseconds since 2000-01-01T00:00Z; None if some transaction writes for longer than that.
    """
    with door.transaction() as connection:
        moment = int(connection.scalar(MOMENT) or 0)
        number = int(connection.scalar(NUMBER) or 0)
    deadline = time.monotonic() + patience_seconds
    with door.transaction() as connection:
        while int(connection.scalar(OLDEST) or 0) <= number:
            if time.monotonic() > deadline:
                return None
            time.sleep(PAUSE_SECONDS)
    return moment - SET_BACK_SECONDS * 1_000_000
