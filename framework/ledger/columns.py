"""How our values enter and leave columns: exactly, or not at all."""

import json
import math
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
from sqlalchemy import Date, Numeric, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from framework.errors import RecordRefused


class Exact(TypeDecorator[float]):
    """A float in a NUMERIC column, through ``Decimal(repr(x))``: all 17 digits survive.

    A driver given a float keeps 15. NaN and infinity are refused.
    """

    impl = Numeric
    cache_ok = True

    def process_bind_param(self, value: float | Decimal | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        """Float to NUMERIC."""
        return None if value is None else exact(value)

    def process_result_value(self, value: Decimal | None, dialect: Dialect) -> float | None:  # noqa: ARG002
        """NUMERIC to float."""
        return None if value is None else float(value)


class Session(TypeDecorator[pd.Timestamp]):
    """A session, a naive midnight Timestamp, in a DATE column."""

    impl = Date
    cache_ok = True

    def process_bind_param(self, value: pd.Timestamp | str | date | None, dialect: Dialect) -> date | None:  # noqa: ARG002
        """Timestamp to DATE."""
        return None if value is None else pd.Timestamp(value).date()

    def process_result_value(self, value: date | None, dialect: Dialect) -> pd.Timestamp | None:  # noqa: ARG002
        """DATE to Timestamp."""
        return None if value is None else pd.Timestamp(value)


class Json(TypeDecorator[Any]):
    """A mapping or list as JSON text: sorted keys, no spaces, floats by ``repr``.

    TEXT rather than JSONB, which would rewrite the bytes that the record hashes.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Value to text."""
        return None if value is None else dumps(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Text to value."""
        return None if value is None else json.loads(value)


class ExactSeries(TypeDecorator[pd.Series]):
    """A Series of floats by session as lines of ``date,repr(value)``, which anything can read."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: pd.Series | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Series to text."""
        return None if value is None else series_to_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> pd.Series | None:  # noqa: ARG002
        """Text to Series."""
        return None if value is None else series_from_text(value)


class Benchmark(TypeDecorator[Any]):
    """``{"name": ..., "source": ..., "worth": Series}`` as JSON, the series as in `ExactSeries`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, Any] | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Mapping to text."""
        return None if value is None else dumps({**value, "worth": series_to_text(value["worth"])})

    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, Any] | None:  # noqa: ARG002
        """Text to mapping."""
        if value is None:
            return None
        found = json.loads(value)
        return {**found, "worth": series_from_text(found["worth"])}


def exact(value: float | Decimal) -> Decimal:
    """The decimal that ``repr`` prints, which reads back as the same float.

    Raises
    ------
    RecordRefused
        NaN or infinity.
    """
    if not math.isfinite(value):
        raise RecordRefused(
            f"{float(value)!r} was to be recorded as money, a price or a quantity.",
            "Such figures are finite.",
            "Find out where it came from; a missing price is no price, never a NaN.",
        )
    return value if isinstance(value, Decimal) else Decimal(repr(float(value)))


def dumps(value: Any) -> str:
    """Canonical JSON text of `value`.

    Raises
    ------
    RecordRefused
        A NaN, an infinity, or a value that JSON does not have.
    """
    try:
        return json.dumps(
            value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_plain
        )
    except (TypeError, ValueError) as error:
        raise RecordRefused(
            f"A value cannot be recorded as JSON: {error}.",
            "JSON has text, finite numbers, true, false, null, lists and mappings.",
            "Convert the value first; write null for a figure that does not exist.",
        ) from error


def series_to_text(series: pd.Series) -> str:
    """Lines of ``date,repr(value)``."""
    lines = zip(
        pd.DatetimeIndex(series.index).strftime("%Y-%m-%d"), series.to_numpy("f8").tolist(), strict=True
    )
    return "".join(f"{day},{exact_text(value)}\n" for day, value in lines)


def series_from_text(text: str) -> pd.Series:
    """The Series that `series_to_text` wrote, to the last bit."""
    pairs = [line.split(",") for line in text.splitlines()]
    index = pd.DatetimeIndex([session for session, _ in pairs])
    return pd.Series([float(value) for _, value in pairs], index=index, dtype="f8")


def exact_text(value: float) -> str:
    """``repr`` of a finite float; others are refused."""
    if not math.isfinite(value):
        exact(value)
    return repr(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, pd.Timestamp | date):
        return value.isoformat()
    if hasattr(value, "item"):
        return value.item()  # a numpy scalar
    raise TypeError(f"{type(value).__name__} is not JSON")
