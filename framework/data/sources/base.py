"""What a source of prices is."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from framework.data.bars import Bars
from framework.data.dates import When


@runtime_checkable
class Source(Protocol):
    """Somewhere that prices come from. One module in this folder, one source, one `SOURCE`."""

    @property
    def name(self) -> str:
        """The module's name, as jobs and notebooks write it."""
        ...

    @property
    def licence(self) -> str:
        """Under which terms the prices may be used and passed on."""
        ...

    @property
    def caveat(self) -> str:
        """What is wrong with the prices: survivorship, adjustment, gaps."""
        ...

    def symbols(self) -> tuple[str, ...]:
        """Every symbol it has."""
        ...

    def bars(
        self,
        symbols: Sequence[str],
        *,
        start: When | None = None,
        end: When | None = None,
    ) -> Bars:
        """Bars of `symbols`, in that order, from `start` to `end`, both included.

        Raises
        ------
        UnknownSymbol
            A symbol that it does not have.
        DataError
            A trading session was asked for that it does not have.
        """
        ...


@runtime_checkable
class Quoted(Protocol):
    """A source that knows in which currency its prices are; of one that does not say, they are in USD."""

    def currency(self, symbol: str) -> str:
        """The ISO code of the currency of `symbol`."""
        ...


@runtime_checkable
class Placed(Protocol):
    """A source that can be at several places, such as folders: ``parquet:prices/minutes``."""

    def at(self, place: str) -> Source:
        """The source at that place, under a name that says it."""
        ...
