"""Bars by name, from any source."""

from collections.abc import Iterable

import pandas as pd

from framework.data.bars import Bars
from framework.data.sources import find


def load_bars(
    symbols: str | Iterable[str],
    *,
    source: str = "sample",
    start: pd.Timestamp | str | None = None,
    end: pd.Timestamp | str | None = None,
) -> Bars:
    """Prices of `symbols`, in the order given, with the licence and the caveat of where they come from.

    Parameters
    ----------
    symbols : str or iterable of str
        One symbol, or several.
    source : str
        A module of ``framework.data.sources``; ``"sample"`` is bundled real history and needs no network.
    start, end : Timestamp or str, optional
        First and last session, both included; all that there is when not given.

    Raises
    ------
    SpecError
        No such source.
    UnknownSymbol
        The source does not have one of the symbols.
    DataError
        No session lies in the range.
    """
    names = (symbols,) if isinstance(symbols, str) else tuple(symbols)
    return find(source).bars(names, start=start, end=end)
