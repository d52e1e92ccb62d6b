"""Files of bars on this machine: one symbol's parquet, and the note beside them."""

from pathlib import Path

import pandas as pd
import yaml

from framework.data.bars import ACTIONS, FIELDS
from framework.data.suggest import did_you_mean
from framework.errors import BadBars, DataError

PRICES = (*FIELDS, *ACTIONS)
SESSION = "session"
NOTES = ("licence", "caveat", "currency")


def read_file(path: Path, symbol: str) -> pd.DataFrame:
    """The fields of one symbol as float64 by session, naive and increasing.

    Raises
    ------
    DataError
        The file cannot be read as parquet, lacks a column, has a column of something else than numbers, or no row.
    BadBars
        A session is missing, stands twice, is out of order, or carries a time zone.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        has = pq.ParquetDataset(path).schema.names
        _refuse_without(path, symbol, has)
        table = pq.read_table(
            path, columns=[SESSION, *(name for name in PRICES if name in has)], use_threads=False
        )
        columns = {name: table[name].cast(pa.float64()).to_numpy() for name in table.column_names[1:]}
        index = _sessions(table[SESSION].to_pandas(), symbol, path)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise DataError(
            f"{path} cannot be read: {str(error).splitlines()[0][:200]}",
            f"The bars of {symbol} are a parquet file with {SESSION}, close and numbers.",
            "Write it again, for example with DataFrame.to_parquet.",
        ) from error
    if len(index) == 0:
        raise DataError(f"{path} has no row.", f"{symbol} needs at least one bar.", "Remove or replace it.")
    return pd.DataFrame(columns, index=index, copy=False)


def read_note(path: Path) -> dict[str, str]:
    """What the note says, by key; nothing if there is none.

    Raises
    ------
    DataError
        It is not a mapping of known keys to text.
    """
    if not path.exists():
        return {}
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is not YAML: {error}", _keys(), "Correct it.") from error
    wrong = (
        "the whole file" if not isinstance(said, dict) else next((k for k in said if k not in NOTES), None)
    )
    if wrong is not None:
        raise DataError(f"{path} says {wrong!r}.", _keys(), did_you_mean(str(wrong), NOTES))
    empty = next((key for key, text in said.items() if not isinstance(text, str) or not text.strip()), None)
    if empty is not None:
        raise DataError(
            f"{path} says nothing under {empty!r}.", _keys(), "Write a sentence, or delete the key."
        )
    return dict(said)


def _keys() -> str:
    return f"Its keys are {', '.join(NOTES)}, each with a text."


def _refuse_without(path: Path, symbol: str, has: list[str]) -> None:
    for needed in (SESSION, "close"):
        if needed not in has:
            raise DataError(
                f"{path} has no column {needed!r}.",
                f"The bars of {symbol} need {SESSION} and close; it has {', '.join(has) or 'none'}.",
                "Rename the column; an index of pandas is stored under its own name.",
            )


def _sessions(stamps: pd.Series, symbol: str, path: Path) -> pd.DatetimeIndex:
    if isinstance(stamps.dtype, pd.DatetimeTZDtype):
        raise BadBars(
            f"The sessions of {symbol} in {path} have the time zone {stamps.dtype.tz}.",
            "A session is a date, or a time at which a bar closed, without a time zone.",
            "For daily bars .dt.tz_localize(None); for minutes .dt.tz_convert('UTC').dt.tz_localize(None).",
        )
    if stamps.isna().any():
        raise BadBars(
            f"Row {int(stamps.isna().argmax())} of {path} has no session.", "Each has one.", "Drop the row."
        )
    try:
        index = pd.DatetimeIndex(stamps, name=None)
    except (TypeError, ValueError) as error:
        raise BadBars(
            f"The sessions of {symbol} in {path} are {stamps.dtype}.",
            "A session is a date or a time.",
            "Convert the column with pd.to_datetime.",
        ) from error
    order = index.to_series().diff().iloc[1:]
    if (order <= pd.Timedelta(0)).any():
        row = int((order <= pd.Timedelta(0)).to_numpy().argmax()) + 1
        raise BadBars(
            f"{symbol}: {index[row]:%Y-%m-%d %H:%M} (row {row}, {path}) is not after {index[row - 1]:%Y-%m-%d %H:%M}.",
            "Sessions increase from row to row, and each stands once.",
            "Sort the file, after finding out why a session stands twice.",
        )
    return index
