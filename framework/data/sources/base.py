"""What a source of prices is."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from framework.access import Access
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
        """Every symbol it has; none where a vendor gives no list."""
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


@runtime_checkable
class Remote(Protocol):
    """A source across a network: it gives raw prices, dividends and splits of sessions that are over.

    Its `bars` raise besides: KeyRefused, where the vendor does not accept the key; VendorDown, where it gives no whole
    answer after bounded retries; BadBars, where what it gives cannot be true. Each names vendor, symbols and range.
    """

    def reached(self, access: Access) -> Source:
        """The source as it is reached with this time, these keys and this patience."""
        ...
