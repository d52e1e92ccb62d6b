"""Bars by name, from any source."""

from collections.abc import Iterable
from datetime import datetime

import pandas as pd

from framework.data.alignment import refuse_mixed
from framework.data.bars import Bars
from framework.data.sources import find
from framework.data.sources.base import Quoted
from framework.errors import SpecError
from framework.host import access, settings


def load_bars(
    symbols: str | Iterable[str],
    *,
    source: str = "sample",
    start: pd.Timestamp | str | None = None,
    end: pd.Timestamp | str | None = None,
    as_of: datetime | str | None = None,
    features: Iterable[str] = (),
) -> Bars:
    """Prices of `symbols`, in the order given, with the licence and the caveat of where they come from.

    Parameters
    ----------
    symbols : str or iterable of str
        One symbol, or several.
    source : str
        A module of ``framework.data.sources``; ``"sample"`` is bundled real history and needs no network. A vendor's
        keys are files: see ``OPENBOOK_KEYS``.
    start, end : Timestamp or str, optional
        First and last session, both included; all that there is when not given.
    as_of : datetime or str, aware, optional
        Ask the record instead of the source: exactly what was known of `source` at that moment. Large answers are kept
        in OPENBOOK_HOME, and come back at memory speed.
    features : iterable of str
        With `as_of`: names of features on record, known at each close.

    Raises
    ------
    SpecError
        No such source; a key file that is missing or that others may read; an `as_of` without a time zone; features
        without it.
    UnknownSymbol
        The source, or the record, does not have one of the symbols.
    DataError
        The symbols have several currencies or calendars; the range has no session, or sessions that the source does
        not have or that are not over; nothing was known at `as_of`.
    KeyRefused
        The vendor does not accept the key.
    VendorDown
        The vendor gives no whole answer after bounded retries.
    """
    names = (symbols,) if isinstance(symbols, str) else tuple(symbols)
    if as_of is not None:
        return _recorded(names, source, _moment(as_of), tuple(features), start, end)
    if tuple(features):
        raise SpecError(
            f"Features ({', '.join(features)}) were asked of the source {source!r}.",
            "They are in the record, each value with the time at which it became known.",
            "Say as of when: load_bars(..., as_of='2024-01-31T22:00Z', features=[...]).",
        )
    vendor = find(source, access.to(source))
    if len(names) > 1 and isinstance(vendor, Quoted):
        refuse_mixed({}, {name: vendor.currency(name) for name in names})
    return vendor.bars(names, start=start, end=end)


def _recorded(
    names: tuple[str, ...],
    source: str,
    as_of: datetime,
    features: tuple[str, ...],
    start: pd.Timestamp | str | None,
    end: pd.Timestamp | str | None,
) -> Bars:
    from framework.desk.record import open_record  # brings a database driver

    with open_record(settings.read()) as ledger:
        bars = ledger.vault.bars(names, source=source, as_of=as_of, features=features)
        said = {row.symbol: row.currency for row in ledger.vault.series(source)}
        refuse_mixed({}, {name: said[name] for name in names})
    bars = bars if start is None else bars.since(start)
    return bars if end is None else bars.until(end)


def _moment(as_of: datetime | str) -> datetime:
    try:
        moment: object = pd.Timestamp(as_of)
    except ValueError:
        moment = None
    if not isinstance(moment, pd.Timestamp) or moment.tz is None:
        raise SpecError(
            f"as_of is {as_of!r}.",
            "What was known depends on the moment, and a moment has a time zone.",
            "Write it like '2024-01-31T22:00Z'.",
        )
    return moment.to_pydatetime()
