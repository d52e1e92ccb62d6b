"""The sample: real daily history inside installed packages, so that the first backtest needs no network."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from framework.data.bars import Bars
from framework.data.dates import When, timestamp
from framework.data.sessions import next_session, previous_session
from framework.data.sources._bundled import DATASETS, Dataset, Fields, every_session
from framework.data.suggest import did_you_mean
from framework.errors import DataError, SpecError, UnknownSymbol

CALENDAR = "XNYS"  # every symbol of the sample has exactly its sessions

_HOME = {symbol: dataset for dataset in DATASETS for symbol in dataset.symbols}


@dataclass(frozen=True)
class Sample:
    """20 US stocks, five factor ETFs, two indices and three more stocks; see `caveat` before believing any."""

    name: str = "sample"

    @property
    def licence(self) -> str:
        """Licences of all its files; those of the files actually read are in the bars."""
        return _licence(DATASETS)

    @property
    def caveat(self) -> str:
        """What is wrong with each of its files; the bars carry that of the files they came from."""
        return _caveat(DATASETS)

    def symbols(self) -> tuple[str, ...]:
        """Every symbol it has, sorted."""
        return tuple(sorted(_HOME))

    def bars(self, symbols: Sequence[str], *, start: When | None = None, end: When | None = None) -> Bars:
        """Bars of `symbols`; a field is there if all of them have it, and NaN outside a symbol's life."""
        wanted = _known([symbols] if isinstance(symbols, str) else list(symbols))
        read = {symbol: _HOME[symbol].read(symbol) for symbol in wanted}
        sessions = _sessions(read, start, end)
        datasets = [dataset for dataset in DATASETS if set(dataset.symbols) & set(wanted)]
        bars = Bars(
            close=_frame(read, "close", sessions),
            open=_common(read, "open", sessions),
            high=_common(read, "high", sessions),
            low=_common(read, "low", sessions),
            volume=_common(read, "volume", sessions),
            source=self.name,
            licence=_licence(datasets),
            caveat=_caveat(datasets),
        )
        _refuse_empty(bars)
        return bars


SOURCE = Sample()


def _known(symbols: list[str]) -> list[str]:
    if not symbols:
        raise SpecError("No symbol was asked for.", "At least one is needed.", did_you_mean("", _HOME))
    for position, symbol in enumerate(symbols):
        if symbol in symbols[:position]:
            raise DataError(f"{symbol} was asked for twice.", "Each symbol has one column.", "Name it once.")
        if symbol not in _HOME:
            raise UnknownSymbol(
                f"The sample has no {symbol!r}.", f"It has {len(_HOME)} symbols.", did_you_mean(symbol, _HOME)
            )
    return symbols


def _sessions(read: dict[str, Fields], start: When | None, end: When | None) -> pd.DatetimeIndex:
    """Every session asked for, also where two lives do not touch, such as those of FB and MTUM."""
    indices = [fields["close"].index for fields in read.values()]
    first, last = min(index[0] for index in indices), max(index[-1] for index in indices)
    asked = (first if start is None else timestamp(start), last if end is None else timestamp(end))
    known = every_session()
    rows = known[known.slice_indexer(max(asked[0], first), min(asked[1], last))]
    span = f"{asked[0]:%Y-%m-%d} .. {asked[1]:%Y-%m-%d}"
    if rows.empty or _leaves_out_a_session(asked, first, last):
        raise DataError(
            f"No session lies in {span}."
            if rows.empty
            else f"The sample does not have all sessions of {span}.",
            f"Its prices of {', '.join(read)} run from {first:%Y-%m-%d} to {last:%Y-%m-%d}.",
            "Ask for a range within that one, or leave start and end out.",
        )
    return rows


def _leaves_out_a_session(asked: tuple[pd.Timestamp, ...], first: pd.Timestamp, last: pd.Timestamp) -> bool:
    """A range may begin or end outside the data by holidays and weekends, never by a trading session."""
    before = asked[0] < first and previous_session(CALENDAR, first) >= asked[0].normalize()
    return before or (asked[1] > last and next_session(CALENDAR, last) <= asked[1])


def _refuse_empty(bars: Bars) -> None:
    if bars.close.isna().all(axis=None):
        raise DataError(
            f"{', '.join(bars.symbols)}: no price in {bars.sessions[0]:%Y-%m-%d} .. {bars.sessions[-1]:%Y-%m-%d}.",
            "At least one price is needed.",
            "Widen the range.",
        )


def _frame(read: dict[str, Fields], name: str, sessions: pd.DatetimeIndex) -> pd.DataFrame:
    return pd.DataFrame({symbol: fields[name] for symbol, fields in read.items()}).reindex(sessions)


def _common(read: dict[str, Fields], name: str, sessions: pd.DatetimeIndex) -> pd.DataFrame | None:
    return _frame(read, name, sessions) if all(name in fields for fields in read.values()) else None


def _licence(datasets: Sequence[Dataset]) -> str:
    return "; ".join(dict.fromkeys(dataset.licence for dataset in datasets))


def _caveat(datasets: Sequence[Dataset]) -> str:
    return " ".join(dataset.caveat for dataset in datasets)
