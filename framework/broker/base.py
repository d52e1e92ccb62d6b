"""What every venue has in common."""

from collections.abc import Mapping
from typing import Protocol


class Broker(Protocol):
    """An account at a venue: what it holds and the cash it has, in its own words, not in ours."""

    @property
    def cash(self) -> float:
        """USD; below zero where the account borrows."""
        ...

    @property
    def holdings(self) -> Mapping[str, float]:
        """Signed shares by symbol; symbols not held are absent."""
        ...
