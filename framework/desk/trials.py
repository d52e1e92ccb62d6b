"""The trials on record."""

import pandas as pd

from framework.desk.queue import ship
from framework.desk.record import open_record
from framework.host import settings


def trials(strategy: str) -> pd.DataFrame:
    """Every distinct trial of `strategy` on record, crashed ones too: one row an identity.

    The local queue is shipped first, so that a trial of a minute ago is there.
    """
    current = settings.read()
    with open_record(current) as ledger:
        if current.recording:
            ship(ledger, current.home / "trials")
        return ledger.trials(strategy)
