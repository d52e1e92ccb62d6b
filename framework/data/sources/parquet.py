"""Parquet: a folder of files, for minute bars and for vendors of the user's own."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from framework.data.bars import Bars
from framework.data.dates import When, timestamp
from framework.data.sources._files import PRICES, read_file, read_note
from framework.data.suggest import did_you_mean
from framework.errors import BadBars, DataError, SpecError, UnknownSymbol

SUFFIX = ".parquet"
NOT_SAID = "not stated; not to be passed on"
UNVOUCHED = (
    "Files of the user's own, as they are: nobody vouches for splits, dividends, survivors or revisions."
)


@dataclass(frozen=True)
class Parquet:
    """Bars in files: ``KO.parquet``, or a folder ``KO.parquet/`` of parts, for each symbol.

    A file has the column ``session``, a date or the time at which a bar closed, without a time zone; ``close``; and as
    far as they are known ``open``, ``high``, ``low``, ``volume``, and of raw prices ``dividend`` and ``split``. Rows
    are in order, each session once. A file ``about.yaml`` beside them may say ``licence``,
    ``caveat`` and ``currency``.

    Parameters
    ----------
    folder : Path
        Where the files lie; relative to the working directory, which for jobs and notebooks is the project.
    name : str
        As jobs and notebooks write it: ``parquet`` is the folder ``data``, ``parquet:prices/minutes`` is another.
    """

    folder: Path = field(default=Path("data"))
    name: str = "parquet"

    def at(self, place: str) -> "Parquet":
        """The source of another folder."""
        return replace(self, folder=Path(place), name=f"{self.name.partition(':')[0]}:{place}")

    @cached_property
    def _note(self) -> dict[str, str]:
        return read_note(self.folder / "about.yaml")

    @property
    def licence(self) -> str:
        """What ``about.yaml`` says; where it says nothing, prices are not to be passed on."""
        return self._note.get("licence", NOT_SAID)

    @property
    def caveat(self) -> str:
        """What ``about.yaml`` says."""
        return self._note.get("caveat", UNVOUCHED)

    def currency(self, symbol: str) -> str:  # noqa: ARG002 - one for all files of a folder
        """What ``about.yaml`` says; USD where it says nothing."""
        return self._note.get("currency", "USD")

    def symbols(self) -> tuple[str, ...]:
        """The names of the files, sorted."""
        if not self.folder.is_dir():
            raise DataError(
                f"There is no folder {self.folder} for the source {self.name!r}.",
                f"It is looked for in {Path.cwd()}.",
                f"Put a file SYMBOL{SUFFIX} a symbol into it, or name another folder: 'parquet:FOLDER'.",
            )
        return tuple(sorted(file.stem for file in self.folder.glob(f"*{SUFFIX}")))

    def bars(self, symbols: Sequence[str], *, start: When | None = None, end: When | None = None) -> Bars:
        """Bars of `symbols`; a field is there if all of them have it, and NaN outside a symbol's life.

        Raises
        ------
        UnknownSymbol
            No file has that name.
        DataError
            A file that cannot be read, lacks a column or holds no price in the range; or a range that begins or ends
            where there is no bar at all.
        BadBars
            What the files hold is malformed; the message names the file's symbol.
        """
        wanted = self._known([symbols] if isinstance(symbols, str) else list(symbols))
        read = {symbol: read_file(self.folder / f"{symbol}{SUFFIX}", symbol) for symbol in wanted}
        sessions = self._sessions(read, start, end)
        frames = {name: _common(read, name, sessions) for name in PRICES}
        try:
            return Bars(**frames, source=self.name, licence=self.licence, caveat=self.caveat)
        except BadBars as error:
            raise BadBars(f"{self.name}: {error.what}", error.limit, error.remedy) from error

    def _known(self, symbols: list[str]) -> list[str]:
        has = self.symbols()
        if not symbols:
            raise SpecError("No symbol was asked for.", "At least one is needed.", did_you_mean("", has))
        for position, symbol in enumerate(symbols):
            if symbol in symbols[:position]:
                raise DataError(
                    f"{symbol} was asked for twice.", "Each symbol has one column.", "Name it once."
                )
            if symbol not in has:
                raise UnknownSymbol(
                    f"{self.name} has no {symbol!r}.",
                    f"There are {len(has)} files in {self.folder}.",
                    did_you_mean(symbol, has),
                )
        return symbols

    def _sessions(
        self, read: dict[str, pd.DataFrame], start: When | None, end: When | None
    ) -> pd.DatetimeIndex:
        """Every session asked for that one of the files has."""
        known = pd.DatetimeIndex([])
        for frame in read.values():
            known = (
                known.union(pd.DatetimeIndex(frame.index)) if len(known) else pd.DatetimeIndex(frame.index)
            )
        first = known[0] if start is None else timestamp(start)
        last = known[-1] if end is None else timestamp(end)
        rows = known[known.slice_indexer(first, last)]
        if rows.empty or first.normalize() < known[0].normalize() or last.normalize() > known[-1].normalize():
            raise DataError(
                f"{self.name} does not have all of {first:%Y-%m-%d} .. {last:%Y-%m-%d}.",
                f"Its bars of {', '.join(read)} run from {known[0]:%Y-%m-%d} to {known[-1]:%Y-%m-%d}.",
                "Ask for a range within that one, or leave start and end out.",
            )
        return rows


SOURCE = Parquet()


def _common(read: dict[str, pd.DataFrame], name: str, sessions: pd.DatetimeIndex) -> Any:
    """One field of all symbols, shape (sessions, symbols); None where one of them lacks it."""
    if not all(name in frame for frame in read.values()):
        return None
    return pd.DataFrame({symbol: frame[name] for symbol, frame in read.items()}).reindex(sessions)
