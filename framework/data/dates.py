"""Dates as people write them."""

from datetime import datetime

import pandas as pd

from framework.errors import DataError

When = pd.Timestamp | datetime | str


def timestamp(when: When) -> pd.Timestamp:
    """Read a date, or a time without a zone, as sessions are written.

    Raises
    ------
    DataError
        It is no date, or it carries a time zone.
    """
    try:
        read = pd.Timestamp(when)
    except ValueError as error:
        raise DataError(
            f"{when!r} is not a date.", "Dates are written YYYY-MM-DD.", "Write it like 2024-01-31."
        ) from error
    if not isinstance(read, pd.Timestamp) or read.tz is not None:
        raise DataError(
            f"{when!r} is not a session.",
            "Sessions are dates without a time zone.",
            "Write it like 2024-01-31.",
        )
    return read
