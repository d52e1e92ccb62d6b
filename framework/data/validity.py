"""What makes frames of prices valid bars; every refusal names the row and the column."""

import numpy as np
import pandas as pd

from framework.errors import BadBars

LIMITS = {
    "volume": "Between its first and its last close a symbol has a volume of zero or more in every session.",
    "dividend": "Between its first and its last close a dividend is zero or more, 0.0 where none goes ex.",
    "split": "Between its first and its last close a split is new shares per old, 1.0 where there is none.",
}


def check_axes(close: pd.DataFrame) -> None:
    """Refuse sessions and symbols that are not unique, in order and of the right kind."""
    if not isinstance(close, pd.DataFrame):
        raise BadBars(
            f"close is a {type(close).__name__}.",
            "Prices are a DataFrame, sessions x symbols.",
            "Use .to_frame().",
        )
    if close.empty:
        raise BadBars(
            "Bars without a row or a column.", "At least one of each is needed.", "Widen the range."
        )
    _check_sessions(close.index)
    _check_symbols(close.columns)


def check_field(name: str, frame: pd.DataFrame, close: pd.DataFrame) -> None:
    """Refuse a field that does not fit `close`, has a gap or a bad number in a life, or a number outside one."""
    if not (frame.index.equals(close.index) and frame.columns.equals(close.columns)):
        raise BadBars(
            f"{name} has shape {frame.shape} or other labels than close with {close.shape}.",
            "Every field has the sessions and symbols of close.",
            f"Reindex {name} like close.",
        )
    values, alive = _numbers(name, frame), _alive(_numbers("close", close))
    _refuse(name, frame, np.isinf(values), "is infinite")
    _refuse(name, frame, alive & np.isnan(values), "is missing inside the symbol's life")
    _refuse(name, frame, ~alive & ~np.isnan(values), "lies outside the symbol's life")
    if name in {"volume", "dividend"}:
        _refuse(name, frame, values < 0.0, "is below zero")
    else:
        _refuse(name, frame, values <= 0.0, "is not above zero")


def check_feature(name: str, frame: pd.DataFrame, close: pd.DataFrame) -> None:
    """Refuse a feature of other sessions; it may have any columns, and NaN where nothing was known."""
    if not frame.index.equals(close.index):
        raise BadBars(
            f"The feature {name} has {len(frame)} rows or other sessions than close with {len(close)}.",
            "A feature has one row for each session.",
            f"Reindex {name} to the sessions of close, without filling from later rows.",
        )
    _numbers(name, frame)


def _check_sessions(index: pd.Index) -> None:
    if not isinstance(index, pd.DatetimeIndex) or index.tz is not None:
        raise BadBars(
            f"The index of close is a {type(index).__name__} with time zone {getattr(index, 'tz', None)}.",
            "Sessions are a DatetimeIndex without a time zone.",
            "Convert with pd.DatetimeIndex(...).tz_localize(None).",
        )
    if index.hasnans:
        raise BadBars(
            f"Row {int(np.argmax(index.isna()))} of close has no session (NaT).",
            "Each row has one.",
            "Drop the row.",
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


def _check_symbols(columns: pd.Index) -> None:
    if not columns.is_unique:
        raise BadBars(
            f"Symbol {columns[columns.duplicated()][0]} stands twice.",
            "Each symbol has one column.",
            "Drop or rename one of them.",
        )
    for column in columns:
        if not isinstance(column, str) or not column:
            raise BadBars(
                f"The column {column!r} is a {type(column).__name__}.",
                "A symbol is a word.",
                "Rename the column.",
            )


def _numbers(name: str, frame: pd.DataFrame) -> np.ndarray:
    try:
        return frame.to_numpy("f8", na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise BadBars(
            f"{name} holds something else than numbers: {error}.", "Bars are numbers.", "Convert it."
        ) from error


def _alive(close: np.ndarray) -> np.ndarray:
    """True from a symbol's first close to its last."""
    known = ~np.isnan(close)
    begun = np.maximum.accumulate(known, axis=0)
    not_over = np.maximum.accumulate(known[::-1], axis=0)[::-1]
    alive: np.ndarray = begun & not_over
    return alive


def _refuse(name: str, frame: pd.DataFrame, bad: np.ndarray, why: str) -> None:
    if bad.any():
        row, column = (int(i[0]) for i in np.nonzero(bad))
        raise BadBars(
            f"{name} of {frame.columns[column]} at {frame.index[row]:%Y-%m-%d} {why} "
            f"({float(frame.to_numpy('f8', na_value=np.nan)[row, column])!r}; {int(bad.sum())} of {bad.size} cells).",
            LIMITS.get(
                name,
                "Between its first and its last close a symbol has a finite price above zero in every session.",
            ),
            "Repair it at the source; a missing price is never filled here.",
        )
