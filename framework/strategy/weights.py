"""TargetWeights: what a strategy wants to own, a row a session."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from framework.data.bars import Bars
from framework.data.dates import When, timestamp
from framework.data.frozen import FrozenFrames
from framework.data.suggest import did_you_mean
from framework.errors import BadWeights, DataError


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
        rows, columns = self.frame.shape
        decided = int(self.frame.notna().all(axis=1).sum())
        return (
            f"TargetWeights({rows} rows, {decided} decided, {columns} symbols, max_gross={self.max_gross:g})"
        )

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

    def _session(self, session: When) -> pd.Timestamp:
        when = timestamp(session)
        if when not in self.frame.index:
            raise DataError(
                f"No weights were decided at {when:%Y-%m-%d}.",
                f"The rows run from {self.frame.index[0]:%Y-%m-%d} to {self.frame.index[-1]:%Y-%m-%d}.",
                "Ask for a trading session in that range.",
            )
        return when


def check_against(weights: TargetWeights, bars: Bars) -> TargetWeights:
    """Give `weights` with exactly the rows and columns of `bars`, in their order.

    A symbol of the bars that the weights leave out is not held: 0.0 in rows that rebalance. Weights of a symbol
    that had no price in that session are allowed if they are zero.

    Raises
    ------
    BadWeights
        Other sessions than those of the bars, a symbol that they do not have, or a weight in a symbol
        at a close outside its life. The message names the row or the column.
    """
    rows, columns = weights.labels("frame")
    _check_rows(rows, bars.sessions)
    _check_columns(columns, bars.symbols)
    if tuple(columns) != bars.symbols:
        given = weights.frame
        full = given.reindex(columns=pd.Index(bars.symbols), fill_value=0.0)
        weights = TargetWeights(full.where(given.notna().any(axis=1)), max_gross=weights.max_gross)
    _check_lives(weights, bars)
    return weights


def _check_rows(rows: pd.Index, sessions: pd.DatetimeIndex) -> None:
    if rows.equals(sessions):
        return
    odd = rows.symmetric_difference(sessions)
    which = (
        f"{odd[0]:%Y-%m-%d} is only in {'the weights' if odd[0] in rows else 'the bars'}"
        if len(odd)
        else "out of order"
    )
    raise BadWeights(
        f"The weights have {len(rows)} rows and the bars {len(sessions)} sessions ({which}).",
        "Weights have one row for each session of the bars, in their order.",
        "Reindex them with .reindex(bars.sessions): the rows that this adds say hold.",
    )


def _check_columns(columns: pd.Index, symbols: tuple[str, ...]) -> None:
    for column in columns:
        if column not in symbols:
            raise BadWeights(
                f"The weights have a column {column!r}.",
                f"The bars have {len(symbols)} symbols, and it is none of them.",
                did_you_mean(str(column), symbols),
            )
    if not columns.is_unique:
        raise BadWeights(
            f"The weights have the column {columns[columns.duplicated()][0]!r} twice.",
            "Each symbol has one column.",
            "Drop one of them.",
        )


def _check_lives(weights: TargetWeights, bars: Bars) -> None:
    values, unlisted = weights.table("frame"), np.isnan(bars.table("close"))
    if not unlisted.any():
        return
    wanted = unlisted & ~np.isnan(values) & (values != 0.0)
    if wanted.any():
        row, column = (int(i[0]) for i in np.nonzero(wanted))
        frame = weights.frame
        raise BadWeights(
            f"{bars.symbols[column]} has no close at {frame.index[row]:%Y-%m-%d}, but a weight of"
            f" {frame.to_numpy()[row, column]:.4f} there ({int(wanted.sum())} such weights).",
            "What is not listed cannot be owned.",
            "Write 0.0 before a symbol's first close and after its last.",
        )


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
        return np.array(frame, dtype="f8")
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
    holding = np.isnan(values)
    mixed = holding.any(axis=1) & ~holding.all(axis=1)
    if mixed.any():
        row = int(np.argmax(mixed))
        missing = ", ".join(str(symbol) for symbol in frame.columns[holding[row]][:5])
        raise BadWeights(
            f"The weights at {frame.index[row]:%Y-%m-%d} are NaN for {missing} only ({int(mixed.sum())} such rows).",
            "A row is all numbers (rebalance) or all NaN (hold).",
            "Write 0.0 for what should not be held.",
        )
    gross = np.where(holding, 0.0, np.abs(values)).sum(axis=1)
    if not np.isfinite(gross).all():
        row = int(np.argmax(~np.isfinite(gross)))
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
