"""A dump as a ledger: what a stranger reads who has no database."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Enum, func, select, text

from framework.errors import PayloadWithheld
from framework.ledger.door import Door
from framework.ledger.ledger import Ledger
from framework.ledger.schema import METADATA
from framework.ledger.undump import Advance, laid_out

NAMED = 4  # tables in a message


@contextmanager
def read_again(dump: Path, *, advance: Advance = lambda _: None) -> Iterator[Ledger]:
    """The rows of `dump` in a scratch database, to be read and for nothing else.

    Whether they are those that were signed is not asked here: `verify` does.

    Raises
    ------
    NotVerified
        It is not a dump, or is cut short or malformed; where is said.
    PayloadWithheld
        It lacks payloads, so that what rests on them cannot be read.
    """
    with laid_out(dump, advance=advance) as door:
        _refuse_withheld(door, dump)
        _give_types(door)
        with Ledger(door.engine) as ledger:
            yield ledger


def _refuse_withheld(door: Door, dump: Path) -> None:
    tables = METADATA.sorted_tables
    lacking = [select(func.count()).select_from(table).where(text("withheld")) for table in tables]
    with door.transaction() as connection:
        found = connection.execute(select(*(each.scalar_subquery() for each in lacking))).one()
    withheld = {table.name: count for table, count in zip(tables, found, strict=True) if count}
    if withheld:
        shown = ", ".join(f"{count:,} of {name}" for name, count in list(withheld.items())[:NAMED])
        raise PayloadWithheld(
            f"{dump} withholds payloads whose licence forbids passing them on: {shown}.",
            "What rests on them cannot be computed again; that the rows are those that were signed can be verified.",
            "Run openbook verify --dump; for the rest, ask the record's owner for a dump that has them.",
        )


def _give_types(door: Door) -> None:
    """Enumerations instead of the texts that the rows were laid out as."""
    with door.transaction() as connection:
        for table in METADATA.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, Enum):
                    column.type.create(connection, checkfirst=True)
                    name = column.type.name
                    put = f"ALTER TABLE public.{table.name} ALTER {column.name} TYPE {name} USING {column.name}::{name}"
                    connection.execute(text(put))
