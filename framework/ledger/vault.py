"""The vault: bars, as known at any moment.

A bar is a row; a bar that its source has changed is another row, known since the close of the newest session that came
with the change. Nothing is overwritten, so that yesterday's view can be had again.
"""

from collections.abc import Iterable
from datetime import datetime

import numpy as np
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.dialects.postgresql import insert as insert_once

from framework.data.bars import ACTIONS, FIELDS, Bars
from framework.data.suggest import did_you_mean
from framework.errors import DataError, UnknownSymbol
from framework.ledger.door import Door
from framework.ledger.panel import Panel, copy_in, copy_out, revised
from framework.ledger.schema import series, snapshots

SERIES = ("source", "symbol", "calendar", "licence", "caveat")
LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('openbook/vault/' || :source, 0))")


class Vault(Door):
    """Bars by source and symbol, with the time at which each became known."""

    def append_bars(self, bars: Bars, *, calendar: str, backfilled: bool = True) -> int:
        """Append the bars that are new or changed, and return how many those were: all or nothing.

        A new bar is known since the close of its session; a bar with another price than before, since the close
        of the last session in `bars`.

        Parameters
        ----------
        bars : Bars
            As their source gives them now; their `source` names the series.
        calendar : str
            Whose closes say when each bar became known.
        backfilled : bool
            Whether that time is claimed afterwards, rather than witnessed.

        Raises
        ------
        SpecError
            No such calendar, or a session that it does not have.
        DataError
            Bars with dividends or splits, which the record has no column for.
        """
        _refuse_actions(bars)
        with self.transaction() as connection:
            connection.execute(LOCK, {"source": bars.source})  # or two at once would both find nothing known
            _append_series(connection, bars, calendar)
            known = copy_out(connection, bars.source, bars.symbols)
            changes = revised(Panel.of(bars), known.reindexed(bars.sessions), calendar)
            copy_in(connection, bars.source, changes, backfilled=backfilled)
        return len(changes)

    def bars(self, symbols: Iterable[str], *, source: str, as_of: datetime) -> Bars:
        """Exactly the bars that were known at `as_of`.

        Parameters
        ----------
        symbols : iterable of str
            Columns of the answer, in this order.
        source : str
            Where they came from.
        as_of : datetime
            Aware. Of each bar, the row known last by then counts.

        Raises
        ------
        UnknownSymbol
            The vault has no bar of it from that source.
        DataError
            None was known by then.
        """
        wanted = tuple(symbols)
        with self.transaction() as connection:
            described = _described(connection, source)
            known = copy_out(connection, source, wanted, as_of=as_of)
        _refuse_unknown(wanted, described, source)
        _refuse_empty(known, as_of)
        return Bars(
            **known.frames(),
            source=source,
            licence=_joined(described[symbol]["licence"] for symbol in wanted),
            caveat=_joined(described[symbol]["caveat"] for symbol in wanted),
        )

    def append_snapshot(self, bars: Bars, *, strategy: str, known_at: datetime) -> str:
        """Append which bars a strategy saw, once, and return their content hash."""
        row = {
            "strategy": strategy,
            "snapshot_hash": bars.content_hash,
            "source": bars.source,
            "symbols": list(bars.symbols),
            "first_session": bars.sessions[0].to_pydatetime(),
            "last_session": bars.sessions[-1].to_pydatetime(),
            "sessions": len(bars),
            "licence": bars.licence,
            "caveat": bars.caveat,
            "known_at": known_at,
        }
        with self.transaction() as connection:
            connection.execute(insert_once(snapshots).on_conflict_do_nothing(), row)
        return bars.content_hash


def _refuse_actions(bars: Bars) -> None:
    extra = [name for name in ACTIONS if bars.has(name)]
    if extra:
        raise DataError(
            f"The bars of {', '.join(bars.symbols[:5])} from {bars.source!r} have {' and '.join(extra)}.",
            f"The vault keeps {', '.join(FIELDS)} only; without the rest the prices would mean something else.",
            "Append adjusted prices, or keep these bars in the notebook.",
        )


def _described(connection: Connection, source: str) -> dict[str, dict[str, str]]:
    """What was said last of each symbol of `source`."""
    columns = [series.c[name] for name in SERIES]
    found = connection.execute(select(*columns).where(series.c.source == source).order_by(series.c.sequence))
    return {row["symbol"]: dict(row) for row in found.mappings()}


def _append_series(connection: Connection, bars: Bars, calendar: str) -> None:
    described = _described(connection, bars.source)
    same = {"source": bars.source, "calendar": calendar, "licence": bars.licence, "caveat": bars.caveat}
    rows = [{**same, "symbol": symbol} for symbol in bars.symbols]
    new = [row for row in rows if described.get(row["symbol"]) != row]
    if new:
        connection.execute(insert(series), new)


def _refuse_unknown(wanted: tuple[str, ...], described: dict[str, dict[str, str]], source: str) -> None:
    for symbol in wanted:
        if symbol not in described:
            raise UnknownSymbol(
                f"The vault has no bar of {symbol!r} from {source!r}.",
                f"It has {len(described)} symbols of that source.",
                did_you_mean(symbol, sorted(described)),
            )


def _refuse_empty(known: Panel, as_of: datetime) -> None:
    for symbol, column in zip(known.symbols, known.fields["close"].T, strict=True):
        if not np.isfinite(column).any():
            raise DataError(
                f"No bar of {symbol} was known at {as_of:%Y-%m-%d %H:%M %Z}.",
                "A bar is known from the close of its session.",
                "Ask for a later moment.",
            )


def _joined(texts: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(part for part in texts if part))
