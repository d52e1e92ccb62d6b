"""Bars: prices of some symbols over some sessions, read-only."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np
import pandas as pd

from framework.errors import BadBars, DataError

FIELDS = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True, eq=False)
class Bars:
    """Prices, sessions x symbols, known at each session's close. Nothing in it can be written to.

    A symbol's life runs from its first close to its last; before and after, its columns are NaN.

    Parameters
    ----------
    close : DataFrame, shape (sessions, symbols)
        Index: naive ``datetime64`` sessions, strictly increasing. Columns: symbols, unique. Prices per
        share in the currency of the source, above zero inside a symbol's life.
    open, high, low : DataFrame, same shape, optional
        All symbols have them, or the field is None. Without `open`, orders fill at the next close.
    volume : DataFrame, same shape, optional
        Shares per session, zero or more.
    features : mapping of str to DataFrame, optional
        Other values known at each close, indexed by the same sessions.
    source, licence, caveat : str
        Where the prices come from, under which licence, and what is wrong with them (survivorship, ...).

    Raises
    ------
    BadBars
        Sessions unsorted or repeated, a symbol twice, NaN inside a life, a price at or below zero, fields
        of different shape. The message names the row and the column.
    """

    close: pd.DataFrame
    open: pd.DataFrame | None = None
    high: pd.DataFrame | None = None
    low: pd.DataFrame | None = None
    volume: pd.DataFrame | None = None
    features: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    source: str = ""
    licence: str = ""
    caveat: str = ""

    def __post_init__(self) -> None:
        _check_axes(self.close)
        for name in FIELDS:
            frame = getattr(self, name)
            if frame is not None:
                _check_field(name, frame, self.close)
                object.__setattr__(self, name, _frozen(frame))
        features = {name: _frozen(frame) for name, frame in self.features.items()}
        object.__setattr__(self, "features", MappingProxyType(features))

    def __len__(self) -> int:
        return len(self.close)

    @property
    def sessions(self) -> pd.DatetimeIndex:
        """The sessions, oldest first."""
        index = self.close.index
        assert isinstance(index, pd.DatetimeIndex)  # noqa: S101 - _check_axes refused anything else
        return index

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols, in column order."""
        return tuple(str(symbol) for symbol in self.close.columns)

    def until(self, session: pd.Timestamp | str) -> "Bars":
        """All that was known at the close of `session`: that session and those before it."""
        return self._rows(slice(None, pd.Timestamp(session)))

    def since(self, session: pd.Timestamp | str) -> "Bars":
        """That session and those after it."""
        return self._rows(slice(pd.Timestamp(session), None))

    def _rows(self, rows: slice) -> "Bars":
        if self.close.loc[rows].empty:
            raise DataError(
                f"No session lies in {rows.start or 'the beginning'} .. {rows.stop or 'the end'}.",
                f"These bars run from {self.sessions[0]:%Y-%m-%d} to {self.sessions[-1]:%Y-%m-%d}.",
                "Ask for a date within that range.",
            )
        fields = {name: frame.loc[rows] for name in FIELDS if (frame := getattr(self, name)) is not None}
        features = {name: frame.loc[rows] for name, frame in self.features.items()}
        return Bars(**fields, features=features, source=self.source, licence=self.licence, caveat=self.caveat)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 (hex) over sessions, symbols and every price: the identity of exactly these bars."""
        digest = hashlib.sha256()
        digest.update(self.sessions.to_numpy("datetime64[ns]").astype("<i8").tobytes())
        digest.update("\x1f".join(self.symbols).encode())
        frames = [(name, getattr(self, name)) for name in FIELDS] + sorted(self.features.items())
        for name, frame in frames:
            if frame is not None:
                digest.update(f"\x1e{name}\x1e".encode())
                digest.update(np.ascontiguousarray(frame.to_numpy("<f8")).tobytes())
        return digest.hexdigest()


def _frozen(frame: pd.DataFrame) -> pd.DataFrame:
    values = np.array(frame, dtype="f8")  # our own copy: the caller keeps his and may write to it
    values.flags.writeable = False
    return pd.DataFrame(values, index=frame.index, columns=frame.columns, copy=False)


def _check_axes(close: pd.DataFrame) -> None:
    index, columns = close.index, close.columns
    if not isinstance(index, pd.DatetimeIndex) or index.tz is not None:
        raise BadBars(
            f"The index of close is {type(index).__name__}{getattr(index, 'tz', None) or ''}.",
            "Sessions are a DatetimeIndex without a time zone.",
            "Convert with pd.DatetimeIndex(...).tz_localize(None).",
        )
    if close.empty:
        raise BadBars(
            "Bars without a row or a column.", "At least one of each is needed.", "Widen the range."
        )
    if not index.is_unique:
        raise BadBars(
            f"Session {index[index.duplicated()][0]:%Y-%m-%d %H:%M} stands twice.",
            "Each session has one row.",
            "Drop one of the rows, after finding out why there are two.",
        )
    if not index.is_monotonic_increasing:
        row = int(np.argmax(np.diff(index.asi8) < 0)) + 1
        raise BadBars(
            f"Session {index[row]:%Y-%m-%d} (row {row}) comes after {index[row - 1]:%Y-%m-%d}.",
            "Sessions increase from row to row.",
            "Sort with .sort_index().",
        )
    if not columns.is_unique:
        raise BadBars(
            f"Symbol {columns[columns.duplicated()][0]} stands twice.",
            "Each symbol has one column.",
            "Drop or rename one of them.",
        )


def _check_field(name: str, frame: pd.DataFrame, close: pd.DataFrame) -> None:
    if not (frame.index.equals(close.index) and frame.columns.equals(close.columns)):
        raise BadBars(
            f"{name} has shape {frame.shape} or other labels than close with {close.shape}.",
            "Every field has the sessions and symbols of close.",
            f"Reindex {name} like close.",
        )
    values = frame.to_numpy("f8")
    alive = _alive(close.to_numpy("f8"))
    _refuse(name, frame, alive & ~np.isfinite(values), "is missing or infinite inside the symbol's life")
    floor = values < 0.0 if name == "volume" else values <= 0.0
    _refuse(name, frame, alive & floor, "is not above zero" if name != "volume" else "is below zero")


def _alive(close: np.ndarray) -> np.ndarray:
    known = np.isfinite(close)
    begun = np.maximum.accumulate(known, axis=0)
    not_over = np.maximum.accumulate(known[::-1], axis=0)[::-1]
    alive: np.ndarray = begun & not_over
    return alive


def _refuse(name: str, frame: pd.DataFrame, bad: np.ndarray, why: str) -> None:
    if bad.any():
        values = frame.to_numpy("f8")
        row, column = (int(i[0]) for i in np.nonzero(bad))
        raise BadBars(
            f"{name} of {frame.columns[column]} at {frame.index[row]:%Y-%m-%d} {why} "
            f"({float(values[row, column])!r}; {int(bad.sum())} of {bad.size} cells).",
            "Between its first and its last close a symbol has a finite price above zero in every session.",
            "Repair it at the source; a missing price is never filled here.",
        )
