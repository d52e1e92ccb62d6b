"""Features: numbers besides prices, each with the time at which it became known."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, insert, select

from framework.errors import DataError
from framework.ledger.blocks import compress, expand, hash_of, pack, unpack
from framework.ledger.intake import lock_series, moment
from framework.ledger.schema import feature_blocks

Points = tuple[
    np.ndarray, np.ndarray
]  # microseconds since 1970 at which each value became known, and the values


def append_feature(
    connection: Connection,
    feature: str,
    values: pd.DataFrame,
    *,
    source: str,
    licence: str,
    backfilled: bool,
) -> int:
    """Append what is newer than all that is known of each column; what is known already is left alone.

    Raises
    ------
    DataError
        Times without a zone, out of order or repeated; a number that is infinite; or another past than the known one.
    """
    _check(feature, values)
    since = pd.DatetimeIndex(values.index).tz_convert("UTC").tz_localize(None).to_numpy("M8[us]").astype("i8")
    appended = 0
    for symbol in sorted(map(str, values.columns)):
        lock_series(connection, f"feature/{feature}", symbol)
    known = read_features(connection, feature, [str(symbol) for symbol in values.columns])
    for symbol in values.columns:
        column = values[symbol].to_numpy("f8")
        given = ~np.isnan(column)
        new = _news(feature, str(symbol), (since[given], column[given]), known[str(symbol)])
        if len(new[0]):
            of = {"feature": feature, "symbol": str(symbol), "source": source, "licence": licence}
            connection.execute(insert(feature_blocks), _block(of, new, backfilled=backfilled))
            appended += len(new[0])
    return appended


def read_features(connection: Connection, feature: str, symbols: Iterable[str] | None) -> dict[str, Points]:
    """Every value of the columns named, or of all there are, oldest first; no value where there is none."""
    table = feature_blocks.c
    streams = None if symbols is None else [f"feature_blocks:{feature}:{symbol}" for symbol in symbols]
    query = select(table.symbol, table.sequence, table.points, table.content_hash, table.content)
    query = query.where(table.feature == feature).order_by(table.stream, table.sequence)
    if streams is not None:
        query = query.where(table.stream.in_(streams))
    parts: dict[str, list[Points]] = {symbol: [] for symbol in symbols or ()}
    for symbol, sequence, points, content_hash, stored in connection.execute(query):
        content = expand(stored, content_hash, where=f"{sequence} of feature {feature}:{symbol}")
        block = unpack(content, points, times=("known_at",), numbers=("value",))
        parts.setdefault(symbol, []).append((block["known_at"], block["value"]))
    empty = np.empty(0, dtype="i8"), np.empty(0)
    return {
        symbol: (np.concatenate([b[0] for b in blocks]), np.concatenate([b[1] for b in blocks]))
        if blocks
        else empty
        for symbol, blocks in parts.items()
    }


def as_known(points: Mapping[str, Points], closes: np.ndarray, sessions: pd.DatetimeIndex) -> pd.DataFrame:
    """Of each column the value known last at each of `closes`; NaN before its first."""
    columns = {}
    for symbol, (since, values) in points.items():
        row = np.searchsorted(since, closes, side="right") - 1
        columns[symbol] = (
            np.where(row >= 0, values[row], np.nan) if len(values) else np.full(len(closes), np.nan)
        )
    return pd.DataFrame(columns, index=sessions)


def _check(feature: str, values: pd.DataFrame) -> None:
    index = values.index
    if not isinstance(index, pd.DatetimeIndex) or index.tz is None or index.hasnans:
        raise DataError(
            f"The values of {feature!r} are indexed by {getattr(index, 'dtype', type(index).__name__)}.",
            "Each value has the time at which it became known, with its time zone.",
            "Use an aware DatetimeIndex: .tz_localize('America/New_York'), for instance.",
        )
    if not (index.is_unique and index.is_monotonic_increasing and values.columns.is_unique):
        raise DataError(
            f"The values of {feature!r} are out of order, or one stands twice.",
            "Times increase from row to row, and each column has its own name.",
            "Sort them, after finding out why one stands twice.",
        )
    if np.isinf(values.to_numpy("f8", na_value=np.nan)).any():
        raise DataError(
            f"{feature!r} has an infinite value.", "Values are finite.", "Leave it out, or use NaN."
        )


def _news(feature: str, symbol: str, given: Points, known: Points) -> Points:
    """What of `given` is newer than all of `known`."""
    old = given[0] <= (known[0][-1] if len(known[0]) else np.iinfo("i8").min)
    row = np.searchsorted(known[0], given[0][old])
    same = (known[0][row] == given[0][old]) & (known[1][row] == given[1][old])
    if not same.all():
        at = moment(int(given[0][old][~same][0]))
        raise DataError(
            f"{feature!r} of {symbol} has a value known at {at:%Y-%m-%d %H:%M %Z} that is new, or was another.",
            f"Its values are known up to {moment(int(known[0][-1])):%Y-%m-%d %H:%M %Z}, and the past is not rewritten.",
            "Give a restated value the time at which it was restated, or use another name for it.",
        )
    return given[0][~old], given[1][~old]


def _block(of: Mapping[str, str], points: Points, *, backfilled: bool) -> dict[str, Any]:
    content = pack({"known_at": points[0]}, {"value": points[1]})
    return {
        **of,
        "points": len(points[0]),
        "known_from": moment(int(points[0][0])),
        "known_at": moment(int(points[0][-1])),
        "backfilled": backfilled,
        "content_hash": hash_of(content),
        "content": compress(content),
    }
