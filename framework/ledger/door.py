"""The one way through which rows enter and leave."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pandas as pd
from sqlalchemy import URL, Connection, Engine, Select, Table, insert, text

from framework.ledger.faults import translated

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

NIGHT_LOCK = text(
    "SELECT pg_advisory_xact_lock(hashtextextended('openbook/night/' || :strategy || '/' || :mode, 0))"
)


class Door:
    """A database, reached as the application role: transactions in, rows and frames out."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def engine(self) -> Engine:
        """What opens it."""
        return self._engine

    @property
    def address(self) -> URL:
        """Which database it is, and as whom it is reached."""
        return self._engine.url

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All of it or nothing. The database's errors come out as `LedgerError`."""
        with translated(self._engine.url), self._engine.begin() as connection:
            yield connection

    def frame(self, query: Select[Any]) -> pd.DataFrame:
        """The answer as a DataFrame, a column each, also when it has no row."""
        with self.transaction() as connection:
            answer = connection.execute(query)
            return pd.DataFrame(answer.all(), columns=list(answer.keys()))

    def one(self, query: Select[Any]) -> Mapping[str, Any] | None:
        """The first row of the answer as a mapping, or None."""
        with self.transaction() as connection:
            return first(connection, query)


def first(connection: Connection, query: Select[Any]) -> Mapping[str, Any] | None:
    """The first row of the answer as a mapping, or None."""
    row = connection.execute(query.limit(1)).mappings().first()
    return None if row is None else dict(row)


def append(connection: Connection, table: Table, rows: "Iterable[DataclassInstance]") -> None:
    """Insert row dataclasses, whose fields are named as the columns, in the order given."""
    values = [values_of(row) for row in rows]
    if values:
        connection.execute(insert(table), values)


def values_of(row: "DataclassInstance") -> dict[str, Any]:
    """Fields by name, as they are."""
    return {item.name: getattr(row, item.name) for item in fields(row)}


def row_of[T](kind: Callable[..., T], found: Mapping[str, Any]) -> T:
    """The row dataclass `kind` from a mapping that may have more than its fields."""
    return kind(**{item.name: found[item.name] for item in fields(kind)})  # type: ignore[arg-type]


def lock_night(connection: Connection, strategy: str, mode: str) -> None:
    """Let nobody else begin or record a night of this book until the transaction ends."""
    connection.execute(NIGHT_LOCK, {"strategy": strategy, "mode": mode})
