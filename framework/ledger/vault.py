"""The vault: bars, as known at any moment.

A row is a block of bars of one symbol, each with the time at which it became known. A bar that its source has changed
stands in another block, known since the close of the newest session that came with the change, and an event says so.
Nothing is overwritten, so that yesterday's view can be had again.
"""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine, insert, select

from framework.data.alignment import refuse_mixed
from framework.data.bars import Bars
from framework.data.sessions import known_since
from framework.data.suggest import did_you_mean
from framework.errors import DataError, SpecError, UnknownSymbol
from framework.ledger.cache import Cache
from framework.ledger.coverage import Coverage
from framework.ledger.features import Points, append_feature, as_known, read_features
from framework.ledger.history import History, changes, frames
from framework.ledger.intake import Appended, append_changes, lock_series, witnessed_from
from framework.ledger.reading import leaves, read_histories
from framework.ledger.schema import feature_blocks, series
from framework.ledger.snapshots import Snapshots

SERIES = ("source", "symbol", "calendar", "currency", "licence", "caveat")


class Vault(Coverage, Snapshots):
    """Bars by source and symbol, with the time at which each became known.

    Parameters
    ----------
    engine : Engine
        The record.
    cache : Path, optional
        A folder for large answers, so that the same question need not be read from the record again.
    """

    def __init__(self, engine: Engine, *, cache: Path | None = None) -> None:
        super().__init__(engine)
        self._cache = Cache(cache)

    def append_bars(
        self, bars: Bars, *, calendar: str, currency: str = "USD", now: datetime | None = None
    ) -> Appended:
        """Append the bars that are new or changed, and an event a symbol that changed: all or nothing.

        A new bar is known since the close of its session; a bar with another price than before, since the close
        of the last session in `bars`. A bar within the day is known since its stamp, which is in UTC.

        Parameters
        ----------
        bars : Bars
            As their source gives them now; their `source` names the series.
        calendar : str
            Whose closes say when each bar became known.
        currency : str
            In which the prices are, by its ISO code.
        now : datetime, aware, optional
            A bar known since the last close before it, or later, was witnessed; all others, and all without it, are
            flagged as backfilled: when they became known is claimed afterwards.

        Raises
        ------
        SpecError
            No such calendar, or a session that it does not have.
        """
        since = known_since(calendar, bars.sessions)
        witnessed = witnessed_from(calendar, now)
        appended = Appended()
        with self.transaction() as connection:
            for symbol in sorted(
                bars.symbols
            ):  # in one order, so that two writers cannot wait for each other
                lock_series(connection, bars.source, symbol)
            _append_series(connection, bars, calendar, currency)
            known = read_histories(connection, bars.source, bars.symbols)
            for symbol in bars.symbols:
                new = History.column(bars, symbol, since)
                changed, other = changes(new, known[symbol])
                appended += append_changes(
                    connection,
                    (bars.source, symbol),
                    changed,
                    other=other,
                    known=known[symbol],
                    witnessed=witnessed,
                )
        return appended

    def append_feature(
        self,
        feature: str,
        values: pd.DataFrame,
        *,
        source: str,
        licence: str,
        backfilled: bool = True,
    ) -> int:
        """Append values of a feature, each with the time at which it became known: all or nothing.

        A value known already adds nothing. One that would change the past is refused: a restated value became known
        when it was restated.

        Parameters
        ----------
        feature : str
            Its name, as in ``bars.features[...]``.
        values : DataFrame, shape (moments, columns)
            Index: aware times at which the values of a row became known, increasing. NaN where a column has none.
        source, licence : str
            Where they come from, and under which terms.
        backfilled : bool
            Whether those times are claimed afterwards, rather than witnessed.

        Returns
        -------
        int
            Values appended.

        Raises
        ------
        DataError
            Times without a zone or out of order, an infinite value, or another past than the known one.
        """
        with self.transaction() as connection:
            return append_feature(
                connection, feature, values, source=source, licence=licence, backfilled=backfilled
            )

    def bars(
        self, symbols: Iterable[str], *, source: str, as_of: datetime, features: Iterable[str] = ()
    ) -> Bars:
        """Exactly the bars that were known at `as_of`, with the features that were known at each close.

        Parameters
        ----------
        symbols : iterable of str
            Columns of the answer, in this order.
        source : str
            Where they came from.
        as_of : datetime
            Aware. Of each bar, the row known last by then counts.
        features : iterable of str
            Names of features: of each column, the value known last at the close of each session.

        Raises
        ------
        UnknownSymbol
            The vault has no bar of it from that source.
        DataError
            None was known by then, or there is no such feature; or the symbols have several calendars, whose closes
            differ.
        """
        wanted, named = tuple(symbols), tuple(features)
        with self.transaction() as connection:
            described = _described(connection, source)
            _refuse_unknown(wanted, described, source)
            about = [described[symbol] for symbol in wanted]
            refuse_mixed({symbol: described[symbol]["calendar"] for symbol in wanted}, {})
            rests_on = leaves(connection, source, wanted, named, as_of)
            return self._cache.get(
                ["bars", wanted, named, about, rests_on],
                lambda: _read(connection, about, named, as_of),
            )

    def revises(self, bars: Bars) -> bool:
        """Whether a bar of one symbol is on record with another number than in `bars`."""
        (symbol,) = bars.symbols
        with self.transaction() as connection:
            known = read_histories(connection, bars.source, (symbol,))[symbol]
        _, other = changes(History.column(bars, symbol, np.zeros(len(bars), dtype="i8")), known)
        return bool(other.any())

    def as_seen(self, snapshot_hash: str, *, strategy: str) -> Bars:
        """The bars of a snapshot, as they were known then; whether they still hash the same is not asked.

        Raises
        ------
        DataError
            The strategy has no such snapshot, or the vault lacks its bars.
        """
        found = self.snapshot(snapshot_hash, strategy=strategy)
        known = self.bars(found["symbols"], source=found["source"], as_of=found["known_at"])
        return known.since(found["first_session"]).until(found["last_session"])


def _read(
    connection: Connection, about: list[dict[str, str]], features: tuple[str, ...], as_of: datetime
) -> Bars:
    """From the record, what `bars` answers; `about` is what was said of each symbol."""
    source, wanted = about[0]["source"], tuple(each["symbol"] for each in about)
    known = read_histories(connection, source, wanted, as_of=as_of)
    for symbol in wanted:
        _refuse_empty(symbol, known[symbol], as_of)
    found = frames(known)
    points = {name: _feature(connection, name) for name in features}
    return Bars(
        **found,
        features=_as_known(points, found["close"].index, about[0]["calendar"]),
        source=source,
        licence=_joined("; ", (each["licence"] for each in about)),
        caveat=_joined(" ", (each["caveat"] for each in about)),
    )


def _feature(connection: Connection, name: str) -> dict[str, Points]:
    points = read_features(connection, name, None)
    if not points:
        known = connection.scalars(select(feature_blocks.c.feature).distinct()).all()
        raise DataError(
            f"The vault has no feature {name!r}.", f"It has {len(known)} features.", did_you_mean(name, known)
        )
    return points


def _as_known(
    points: dict[str, dict[str, Points]], sessions: pd.DatetimeIndex, calendar: str
) -> dict[str, pd.DataFrame]:
    if not points:
        return {}
    closes = known_since(calendar, sessions)
    return {name: as_known(columns, closes, sessions) for name, columns in points.items()}


def _described(connection: Connection, source: str) -> dict[str, dict[str, str]]:
    """What was said last of each symbol of `source`."""
    columns = [series.c[name] for name in SERIES]
    found = connection.execute(select(*columns).where(series.c.source == source).order_by(series.c.sequence))
    return {row["symbol"]: dict(row) for row in found.mappings()}


def _append_series(connection: Connection, bars: Bars, calendar: str, currency: str) -> None:
    described = _described(connection, bars.source)
    same = {
        "source": bars.source,
        "calendar": calendar,
        "currency": currency,
        "licence": bars.licence,
        "caveat": bars.caveat,
    }
    rows = [{**same, "symbol": symbol} for symbol in bars.symbols]
    new = [row for row in rows if described.get(row["symbol"]) != row]
    if new:
        connection.execute(insert(series), new)


def _refuse_unknown(wanted: tuple[str, ...], described: dict[str, dict[str, str]], source: str) -> None:
    if not wanted:
        raise SpecError(
            "No symbol was asked for.", "At least one is needed.", did_you_mean("", sorted(described))
        )
    for symbol in wanted:
        if symbol not in described:
            raise UnknownSymbol(
                f"The vault has no bar of {symbol!r} from {source!r}.",
                f"It has {len(described)} symbols of that source.",
                did_you_mean(symbol, sorted(described)),
            )


def _refuse_empty(symbol: str, known: History, as_of: datetime) -> None:
    if len(known) == 0:
        raise DataError(
            f"No bar of {symbol} was known at {as_of:%Y-%m-%d %H:%M %Z}.",
            "A bar is known from the close of its session.",
            "Ask for a later moment.",
        )


def _joined(between: str, texts: Iterable[str]) -> str:
    return between.join(dict.fromkeys(part for part in texts if part))
