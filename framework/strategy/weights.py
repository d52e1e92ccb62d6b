"""TargetWeights: what a strategy wants to own, a row a session."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from framework.data.dates import When, timestamp
from framework.data.frozen import FrozenFrames
from framework.errors import BadWeights, DataError

BLOCK = 2**15  # numbers that are looked at together: they stay in the processor's cache


@dataclass(frozen=True, eq=False, repr=False)
class TargetWeights(FrozenFrames):
    """Fraction of equity wanted at each close. A row is all numbers (rebalance) or all NaN (hold).

    Parameters
    ----------
    frame : DataFrame, shape (sessions, symbols)
        Signed fractions of equity: 0.25 is a quarter of the account long, -0.25 short. What the weights of a
        row leave over is cash.
    max_gross : float
        Largest sum of absolute weights that the strategy declares to need, 1.0 unless it means to borrow.

    Raises
    ------
    BadWeights
        Something else than numbers, a session twice, a row partly NaN, an infinite weight, gross above `max_gross`,
        or a `max_gross` that is no limit. The message names the row and the column.
    """

    frame: pd.DataFrame
    max_gross: float = 1.0

    def __post_init__(self) -> None:
        _check_sessions(self.frame.index)
        values = _numbers(self.frame)
        _check_limit(self.max_gross)
        _check(values, self.frame, self.max_gross)
        values.flags.writeable = False
        frozen = pd.DataFrame(values, index=self.frame.index, columns=self.frame.columns, copy=False)
        object.__setattr__(self, "frame", frozen)

    def __repr__(self) -> str:
        rows, columns = self.table("frame").shape
        return (
            f"TargetWeights({rows} rows, {len(self.decided)} decided, {columns} symbols,"
            f" max_gross={self.max_gross:g})"
        )

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """The columns."""
        return tuple(map(str, self.labels("frame")[1]))

    @cached_property
    def decided(self) -> np.ndarray:
        """Numbers of the rows that decide, shape (decisions,); the others hold."""
        return np.flatnonzero(~np.isnan(self.table("frame")[:, :1]).all(axis=1))

    @cached_property
    def decisions(self) -> np.ndarray:
        """The rows that decide, shape (decisions, symbols), in memory that nobody can write to."""
        values = self.table("frame")
        if len(self.decided) < len(values):
            values = values[self.decided]
            values.flags.writeable = False
        return values

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 (hex) over symbols, sessions that decide and their weights: the identity of these decisions.

        A session that holds is the same whether it has a row or not; `max_gross` is not part of it.
        """
        rows, _ = self.labels("frame")
        sessions = rows.to_numpy("datetime64[ns]")[self.decided]
        digest = hashlib.sha256("\x1f".join(self.symbols).encode() + b"\x1e")
        digest.update(sessions.astype("<i8").tobytes())
        digest.update(np.ascontiguousarray(self.decisions + 0.0, dtype="<f8"))  # a negative zero becomes zero
        return digest.hexdigest()

    def at(self, session: When) -> pd.Series:
        """The row decided at the close of `session`, shape (symbols,); all NaN means hold.

        Raises
        ------
        DataError
            There is no such session.
        """
        row = self.frame.loc[self._session(session)]
        assert isinstance(row, pd.Series)  # noqa: S101 - the index is unique, as the bars' is
        return row

    def standing(self, session: When) -> pd.Series:
        """The last decision taken at or before the close of `session`; all NaN if there was none.

        It is what a new account takes over on its first night, when the row of that night says hold.
        """
        decided = self.frame.loc[: self._session(session)].dropna()
        return decided.iloc[-1] if len(decided) else self.at(session)

    def over(self, sessions: pd.DatetimeIndex) -> "TargetWeights":
        """The rows of exactly these sessions; one without a row holds."""
        if self.labels("frame")[0].equals(sessions):
            return self
        return TargetWeights(self.frame.reindex(sessions), max_gross=self.max_gross)

    def within(self, sessions: pd.DatetimeIndex) -> "TargetWeights":
        """Those rows that are of these sessions."""
        rows = self.labels("frame")[0]
        inside = sessions.get_indexer(rows) >= 0
        return self if inside.all() else TargetWeights(self.frame[inside], max_gross=self.max_gross)

    def _session(self, session: When) -> pd.Timestamp:
        when = timestamp(session)
        if when not in self.frame.index:
            raise DataError(
                f"No weights were decided at {when:%Y-%m-%d}.",
                f"The rows run from {self.frame.index[0]:%Y-%m-%d} to {self.frame.index[-1]:%Y-%m-%d}.",
                "Ask for a trading session in that range.",
            )
        return when


def _check_sessions(index: pd.Index) -> None:
    if not isinstance(index, pd.DatetimeIndex) or index.hasnans:
        raise BadWeights(
            f"The rows of the weights are a {type(index).__name__}{' with NaT' if index.hasnans else ''}.",
            "Each row is decided at the close of a session of the bars.",
            "Build the weights from bars.close, or give them the index bars.sessions.",
        )
    if (
        not (index.is_monotonic_increasing and index.is_unique) and index.has_duplicates
    ):  # sorted ones are cheap
        raise BadWeights(
            f"The weights at {index[index.duplicated()][0]:%Y-%m-%d} stand there twice.",
            "Each session has one row.",
            "Drop one of the rows.",
        )


def _numbers(frame: pd.DataFrame) -> np.ndarray:
    try:
        return np.array(frame, dtype="f8", order="C")
    except (TypeError, ValueError) as error:
        odd = frame.apply(pd.to_numeric, errors="coerce").isna() & frame.notna()
        row, column = (int(i[0]) for i in np.nonzero(odd.to_numpy()))
        raise BadWeights(
            f"The weight of {frame.columns[column]} at {frame.index[row]:%Y-%m-%d} is {frame.iloc[row, column]!r}.",
            "Weights are numbers.",
            "Convert it.",
        ) from error


def _check_limit(max_gross: float) -> None:
    if not (np.isfinite(max_gross) and max_gross > 0.0):
        raise BadWeights(
            f"max_gross is {max_gross!r}.",
            "It is the largest sum of absolute weights, a finite figure above zero.",
            "Write 1.0 for a strategy that does not borrow.",
        )


def _check(values: np.ndarray, frame: pd.DataFrame, max_gross: float) -> None:
    gross = _gross(values)
    mixed = _partly_nan(values, np.flatnonzero(np.isnan(gross)))
    if len(mixed):
        row = int(mixed[0])
        missing = ", ".join(str(symbol) for symbol in frame.columns[np.isnan(values[row])][:5])
        raise BadWeights(
            f"The weights at {frame.index[row]:%Y-%m-%d} are NaN for {missing} only ({len(mixed)} such rows).",
            "A row is all numbers (rebalance) or all NaN (hold).",
            "Write 0.0 for what should not be held.",
        )
    if np.isinf(gross).any():
        row = int(np.argmax(np.isinf(gross)))
        column = int(np.argmax(np.isinf(values[row])))
        raise BadWeights(
            f"The weight of {frame.columns[column]} at {frame.index[row]:%Y-%m-%d} is infinite.",
            "Weights are finite fractions of equity.",
            "Look for a division by zero.",
        )
    over = gross > max_gross * (1.0 + 1e-9)
    if over.any():
        row = int(np.argmax(over))
        raise BadWeights(
            f"Gross weight at {frame.index[row]:%Y-%m-%d} is {gross[row]:.4f},",
            f"above the limit of {max_gross:.2f} ({int(over.sum())} of {len(gross)} rows).",
            "Scale the row, or declare max_gross if the strategy means to borrow.",
        )


def _gross(values: np.ndarray) -> np.ndarray:
    """Sum of absolute weights a row; NaN where any of them is."""
    gross = np.empty(len(values))
    for rows in _blocks(values):
        np.abs(values[rows]).sum(axis=1, out=gross[rows])
    return gross


def _partly_nan(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Those of `rows` that hold numbers too."""
    some = [~np.isnan(values[rows[part]]).all(axis=1) for part in _blocks(values, len(rows))]
    return rows[np.concatenate(some)] if some else rows


def _blocks(values: np.ndarray, count: int | None = None) -> Iterator[slice]:
    """Runs of rows small enough for the processor's cache: what is made of one takes no memory worth the name."""
    step = max(1, BLOCK // max(1, values.shape[1]))
    for first in range(0, len(values) if count is None else count, step):
        yield slice(first, first + step)
