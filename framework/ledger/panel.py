"""Bars as matrices, and their way into the table and out of it by COPY."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import psycopg
from sqlalchemy import Connection

from framework.data.bars import FIELDS, Bars
from framework.data.sessions import close_of

NEVER = np.iinfo("i8").min  # as a time: not known
HEADER_BYTES, TRAILER_BYTES = 19, 2  # of a binary COPY

# Fields of fixed width only, so that the answer is one array: NULL prices come as NaN.
ROW = np.dtype(
    [
        ("fields", ">i2"),
        ("_s", ">i4"),
        ("symbol", ">i4"),
        ("_t", ">i4"),
        ("session", ">i8"),
        ("_k", ">i4"),
        ("known_at", ">i8"),
    ]
    + [item for name in FIELDS for item in ((f"_{name}", ">i4"), (name, ">f8"))]
)
OUT = f"""
COPY (
    SELECT DISTINCT ON (stream, session) array_position(%(streams)s::text[], stream),
        (extract(epoch FROM session) * 1000000)::bigint, (extract(epoch FROM known_at) * 1000000)::bigint,
        {", ".join(f"coalesce({name}::float8, 'NaN')" for name in FIELDS)}
    FROM public.bars
    WHERE stream = ANY (%(streams)s) AND source = %(source)s AND known_at <= %(as_of)s
    ORDER BY stream, session, known_at DESC, sequence DESC
) TO STDOUT (FORMAT binary)
"""  # noqa: S608 - names of our own fields
IN = f"COPY public.bars (source, symbol, session, known_at, backfilled, {', '.join(FIELDS)}) FROM STDIN"


@dataclass(frozen=True, eq=False)
class Panel:
    """Prices by field, shape (sessions, symbols), NaN where there is none, and since when each bar is known.

    Parameters
    ----------
    sessions : DatetimeIndex
        In microseconds.
    symbols : tuple of str
    fields : dict of str to array of float64
        All of `FIELDS`.
    known_at : array of int64
        Microseconds since 1970 in UTC; `NEVER` where no bar is known.
    """

    sessions: pd.DatetimeIndex
    symbols: tuple[str, ...]
    fields: dict[str, np.ndarray]
    known_at: np.ndarray

    @classmethod
    def of(cls, bars: Bars) -> "Panel":
        """The prices of `bars`, not yet known to the vault."""
        shape = (len(bars.sessions), len(bars.symbols))
        frames = {name: getattr(bars, name) for name in FIELDS}
        fields = {
            name: np.full(shape, np.nan) if frame is None else frame.to_numpy("f8")
            for name, frame in frames.items()
        }
        return cls(bars.sessions.as_unit("us"), bars.symbols, fields, np.full(shape, NEVER))

    def reindexed(self, sessions: pd.DatetimeIndex) -> "Panel":
        """The same on other sessions: unknown where this has none."""
        rows = self.sessions.get_indexer(sessions.as_unit("us"))
        missing = (rows < 0)[:, None]
        if len(self.sessions) == 0:
            return Panel.of_nothing(sessions.as_unit("us"), self.symbols)
        fields = {name: np.where(missing, np.nan, values[rows]) for name, values in self.fields.items()}
        return Panel(
            sessions.as_unit("us"), self.symbols, fields, np.where(missing, NEVER, self.known_at[rows])
        )

    @classmethod
    def of_nothing(cls, sessions: pd.DatetimeIndex, symbols: tuple[str, ...]) -> "Panel":
        """No bar at all."""
        shape = (len(sessions), len(symbols))
        return cls(
            sessions, symbols, {name: np.full(shape, np.nan) for name in FIELDS}, np.full(shape, NEVER)
        )

    def frames(self) -> dict[str, Any]:
        """The fields that every known bar has, as Bars takes them."""
        alive = np.isfinite(self.fields["close"])
        return {
            name: pd.DataFrame(values, index=self.sessions, columns=list(self.symbols))
            for name, values in self.fields.items()
            if np.isfinite(values[alive]).all()
        }


def revised(new: Panel, known: Panel, calendar: str) -> pd.DataFrame:
    """The bars of `new` that `known` lacks or has otherwise: symbol, session, known_at and the fields.

    A field that `new` does not have changes nothing. Where `new` only adds fields to a bar, the bar is known since its
    session's close, as a new one is; where a price is another one, since the last session's close.
    """
    absent = known.known_at == NEVER
    other = np.zeros_like(absent)
    more = np.zeros_like(absent)
    for name in FIELDS:
        given, had = np.isfinite(new.fields[name]), np.isfinite(known.fields[name])
        other |= given & had & (new.fields[name] != known.fields[name])
        more |= given & ~had
    rows, columns = np.nonzero((other | more | absent) & np.isfinite(new.fields["close"]))
    if len(rows) == 0:
        return pd.DataFrame(columns=["symbol", "session", "known_at", *FIELDS])
    closes = _closes(new.sessions, rows, calendar)
    since = np.where(other, np.maximum(known.known_at, closes[-1]), closes[:, None])
    values = {
        name: np.where(np.isfinite(new.fields[name]), new.fields[name], known.fields[name])[rows, columns]
        for name in FIELDS
    }
    frame = pd.DataFrame({"symbol": columns, "session": rows, "known_at": since[rows, columns], **values})
    frame = frame.sort_values(["symbol", "session"], kind="stable")
    frame["symbol"] = np.array(new.symbols, dtype=object)[frame["symbol"]]
    frame["session"] = new.sessions[frame["session"]]
    return frame


def copy_in(connection: Connection, source: str, changes: pd.DataFrame, *, backfilled: bool) -> None:
    """Append the rows of `revised`, by symbol and session, prices as ``repr`` prints them."""
    if changes.empty:
        return
    flag = "t" if backfilled else "f"
    known_at = pd.DatetimeIndex(pd.to_datetime(changes["known_at"], unit="us")).strftime(
        "%Y-%m-%d %H:%M:%S.%f+00"
    )
    sessions = pd.DatetimeIndex(changes["session"]).strftime("%Y-%m-%d %H:%M:%S.%f")
    fields = [[_text(value) for value in changes[name].tolist()] for name in FIELDS]
    symbols = [_escaped(symbol) for symbol in changes["symbol"]]
    lines = zip(symbols, sessions, known_at, *fields, strict=True)
    begin = _escaped(source)
    block = "".join(
        f"{begin}\t{symbol}\t{session}\t{since}\t{flag}\t{'\t'.join(prices)}\n"
        for symbol, session, since, *prices in lines
    )
    with _cursor(connection) as cursor, cursor.copy(IN) as copy:
        copy.write(block)


def copy_out(
    connection: Connection, source: str, symbols: tuple[str, ...], *, as_of: datetime | None = None
) -> Panel:
    """Of each bar of `symbols` the row known last, at `as_of` or by now."""
    streams = [f"bars:{source}:{symbol}" for symbol in symbols]
    bound = {"streams": streams, "source": source, "as_of": "infinity" if as_of is None else as_of}
    with _cursor(connection) as cursor, cursor.copy(OUT, bound) as copy:
        answer = b"".join(bytes(block) for block in copy)
    rows = np.frombuffer(answer[HEADER_BYTES : len(answer) - TRAILER_BYTES], dtype=ROW)
    sessions, row = np.unique(rows["session"].astype("i8"), return_inverse=True)
    panel = Panel.of_nothing(pd.DatetimeIndex(sessions.astype("M8[us]")), symbols)
    column = rows["symbol"] - 1
    for name in FIELDS:
        panel.fields[name][row, column] = rows[name]
    panel.known_at[row, column] = rows["known_at"]
    return panel


def _closes(sessions: pd.DatetimeIndex, needed: np.ndarray, calendar: str) -> np.ndarray:
    """Closes in microseconds since 1970 of the sessions that are `needed`, and of the last."""
    closes = np.full(len(sessions), NEVER)
    for row in {*needed.tolist(), len(sessions) - 1}:
        closes[row] = round(close_of(calendar, sessions[row]).timestamp() * 1_000_000)
    return closes


def _cursor(connection: Connection) -> "psycopg.Cursor[tuple[object, ...]]":
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101 - engine_for chose the driver
    return driver.cursor()


def _text(value: float) -> str:
    return repr(value) if value == value else "\\N"  # noqa: PLR0124 - NaN is no price


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
