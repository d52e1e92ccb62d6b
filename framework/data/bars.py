"""Bars: prices of some symbols over some sessions, read-only."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from framework.data.dates import When, timestamp
from framework.data.frozen import FrozenFrames
from framework.data.validity import check_axes, check_feature, check_field
from framework.errors import DataError

FIELDS = ("open", "high", "low", "close", "volume")
ACTIONS = ("dividend", "split")
PIECE = 1 << 14  # numbers


@dataclass(frozen=True, eq=False, repr=False)
class Bars(FrozenFrames):
    """Prices, sessions x symbols, known at each session's close. Nothing in it can be written to.

    A symbol's life runs from its first close to its last; before and after, its columns are NaN. A symbol
    without any close is allowed: its life lies outside these sessions, as it may in a slice.

    Parameters
    ----------
    close : DataFrame, shape (sessions, symbols)
        Index: naive ``datetime64`` sessions, strictly increasing. Columns: symbols, unique. Prices per
        share in the currency of the source, above zero inside a symbol's life.
    open, high, low : DataFrame, same shape, optional
        All symbols have them, or the field is None. Without `open`, orders fill at the next close.
    volume : DataFrame, same shape, optional
        Shares per session, zero or more. Zero says that the symbol was halted: nothing fills in that session.
    dividend : DataFrame, same shape, optional
        Cash per share that goes ex in that session, zero or more; after a split of the same session. Only with raw
        prices: adjusted ones hold it already.
    split : DataFrame, same shape, optional
        New shares per old one, effective before that session's open; 1.0 where there is none. Raw prices only.
    features : mapping of str to DataFrame, optional
        Other numbers known at each close, indexed by the same sessions; NaN where there is none.
    source, licence, caveat : str
        Where the prices come from, under which licence, and what is wrong with them (survivorship, ...).

    Raises
    ------
    BadBars
        Sessions unsorted or repeated, a symbol twice, NaN inside a life or a number outside it, a price at or
        below zero or infinite, fields of different shape. The message names the row and the column.
    """

    close: pd.DataFrame
    open: pd.DataFrame | None = None
    high: pd.DataFrame | None = None
    low: pd.DataFrame | None = None
    volume: pd.DataFrame | None = None
    dividend: pd.DataFrame | None = None
    split: pd.DataFrame | None = None
    features: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    source: str = ""
    licence: str = ""
    caveat: str = ""

    def __post_init__(self) -> None:
        check_axes(self.close)
        check_field("close", self.close, self.close)  # first: a life is judged by its closes
        for name, frame in self.features.items():
            check_feature(name, frame, self.close)
        for name in (*FIELDS, *ACTIONS):
            frame = getattr(self, name)
            if frame is not None:
                check_field(name, frame, self.close)
            object.__setattr__(self, name, None if frame is None else _frozen(frame, self.close))
        features = {name: _frozen(frame, self.close) for name, frame in self.features.items()}
        object.__setattr__(self, "features", MappingProxyType(features))

    def __len__(self) -> int:
        return len(self.sessions)

    def __repr__(self) -> str:
        has = [*self.fields, *self.features]
        return (
            f"Bars({len(self)} sessions {self.sessions[0]:%Y-%m-%d} .. {self.sessions[-1]:%Y-%m-%d},"
            f" {len(self.symbols)} symbols, {' '.join(has)}, source={self.source!r})"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        state = {each.name: getattr(self, each.name) for each in fields(self)}
        return type(self), tuple((state | {"features": dict(self.features)}).values())

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields that these bars have."""
        return tuple(name for name in (*FIELDS, *ACTIONS) if self.has(name))

    @cached_property
    def sessions(self) -> pd.DatetimeIndex:
        """The sessions, oldest first."""
        index = self.close.index
        assert isinstance(index, pd.DatetimeIndex)  # noqa: S101 - check_axes refused anything else
        return index

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """The symbols, in column order."""
        return tuple(self.close.columns)

    @cached_property
    def complete(self) -> bool:
        """Whether every symbol has a close in every session."""
        return not np.isnan(self.table("close")).any()

    @cached_property
    def marks(self) -> np.ndarray:
        """The last known close of each symbol, sessions x symbols: a delisted one keeps its last. Not writable."""
        if self.complete:
            return self.table("close")
        filled = np.ascontiguousarray(self.close.ffill().to_numpy("f8"))
        filled.flags.writeable = False
        return filled

    def until(self, session: When) -> "Bars":
        """All that was known at the close of `session`: that session and those before it.

        Raises
        ------
        DataError
            There is none.
        """
        return self._rows(slice(None, timestamp(session)))

    def since(self, session: When) -> "Bars":
        """That session and those after it."""
        return self._rows(slice(timestamp(session), None))

    def _rows(self, rows: slice) -> "Bars":
        first = 0 if rows.start is None else int(self.sessions.searchsorted(rows.start))
        after = len(self) if rows.stop is None else int(self.sessions.searchsorted(rows.stop, side="right"))
        if first >= after:
            raise DataError(
                f"No session lies in {rows.start or 'the beginning'} .. {rows.stop or 'the end'}.",
                f"These bars run from {self.sessions[0]:%Y-%m-%d} to {self.sessions[-1]:%Y-%m-%d}.",
                "Ask for a date within that range.",
            )
        return self._slice(slice(first, after))

    @classmethod
    def unchecked(
        cls,
        frames: Mapping[str, pd.DataFrame],
        features: Mapping[str, pd.DataFrame],
        about: Mapping[str, str],
        content_hash: str,
    ) -> "Bars":
        """Bars out of what were valid bars before: frames that nobody can write to are neither checked nor copied.

        For who has proven that they are the same, by their `content_hash`. `about` is source, licence and caveat.
        """
        whole = object.__new__(cls)
        for each in fields(cls):
            value = frames.get(each.name, about.get(each.name))
            object.__setattr__(whole, each.name, value)
        object.__setattr__(whole, "features", MappingProxyType(dict(features)))
        whole.__dict__["content_hash"] = content_hash  # where cached_property looks for it
        return whole

    def _slice(self, rows: slice) -> "Bars":
        """A run of rows of valid bars is valid, and read-only views of it are enough: nothing is checked again."""
        part = object.__new__(Bars)
        for each in fields(self):
            value = getattr(self, each.name)
            object.__setattr__(
                part, each.name, value.iloc[rows] if isinstance(value, pd.DataFrame) else value
            )
        features = {name: frame.iloc[rows] for name, frame in self.features.items()}
        object.__setattr__(part, "features", MappingProxyType(features))
        return part

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 (hex) over sessions, symbols, prices and features: the identity of exactly these bars.

        The same numbers hash the same on every platform, in any memory layout and resolution of dates, and
        whatever the bits of their NaN; source, licence and caveat are not part of it, nor is a field that is not
        there.
        """
        sessions = self.sessions.to_numpy("datetime64[ns]").astype("<i8")
        return hash_of(sessions, {name: getattr(self, name) for name in self.fields}, self.features, _digest)


Feed = Callable[["hashlib._Hash", pd.DataFrame], None]  # noqa: SLF001 - the type has no public name


def hash_of(
    sessions: np.ndarray, fields: Mapping[str, pd.DataFrame], features: Mapping[str, pd.DataFrame], feed: Feed
) -> str:
    """The content hash of bars with these parts.

    Parameters
    ----------
    sessions : array of int64
        Nanoseconds since 1970, little-endian.
    fields, features : mapping of str to DataFrame
        Those that are there.
    feed : callable
        Gives the numbers of a frame to the hash, row by row, little-endian, with one form of NaN and of zero.
    """
    digest = hashlib.sha256(f"{len(sessions)} sessions\n".encode())
    digest.update(np.ascontiguousarray(sessions))
    frames = [(name, fields.get(name)) for name in FIELDS] + sorted(features.items())
    frames += [("\x1e" + name, fields.get(name)) for name in ACTIONS]  # no feature is called so
    for name, frame in frames:
        if frame is not None:
            digest.update("\x1f".join(["\x1e" + name, *map(str, frame.columns), "\x1e"]).encode())
            feed(digest, frame)
    return digest.hexdigest()


def plain(values: np.ndarray) -> np.ndarray:
    """A copy with one form of NaN and of zero, little-endian, row by row: what is hashed."""
    same = values + 0.0  # a negative zero becomes zero
    same[np.isnan(same)] = np.nan
    return np.ascontiguousarray(same, dtype="<f8")


def _frozen(frame: pd.DataFrame, close: pd.DataFrame) -> pd.DataFrame:
    values = frame.to_numpy("f8", na_value=np.nan)
    if not _is_sealed(values):
        values = np.array(values, order="C")  # ours alone: the caller may write to his
        values.flags.writeable = False
    return pd.DataFrame(values, index=close.index, columns=frame.columns, copy=False)


def _is_sealed(values: np.ndarray) -> bool:
    """Whether nobody can write to these numbers, through whatever they are a view of, and they lie row by row."""
    if not values.flags.c_contiguous:
        return False
    base: object = values
    while isinstance(base, np.ndarray):
        if base.flags.writeable:
            return False
        base = base.base
    return base is None or memoryview(base).readonly  # type: ignore[arg-type] # a buffer, such as a file in memory


def _digest(digest: "hashlib._Hash", frame: pd.DataFrame) -> None:
    """Feed the numbers row by row, little-endian, in pieces that stay in the processor's cache."""
    values = frame.to_numpy("f8")
    rows = max(1, PIECE // max(1, values.shape[1]))
    for first in range(0, len(values), rows):
        digest.update(plain(values[first : first + rows]))
