"""What a venue takes, and what is worth sending it: lots, a least value, a band without trades."""

from dataclasses import dataclass, fields, replace
from math import copysign, floor, isfinite

from framework.errors import SpecError

WHOLE = 1e-9
"""A count this close to a whole number is that number: 99.9999999999 shares are 100, not 99."""


@dataclass(frozen=True, kw_only=True)
class Venue:
    """Rules of trading that turn a wanted position into an order, or into none.

    Parameters
    ----------
    lot : float
        Wanted positions are multiples of it, truncated toward zero: 1.0 for whole shares, 100.0 for round lots. Zero:
        any fraction. What is held in odd lots (after a split) can be closed.
    minimum_usd : float
        An order of less value, at the prices that size it, is not taken; a closing one neither. Nor is a purchase that
        lack of cash cut below it.
    band : float
        Fraction of equity: an order that would move a position by less is not sent, unless it closes it. Rebalancing
        then costs less and drifts more.

    Raises
    ------
    SpecError
        A figure that is negative or not finite, or a band of the whole account.
    """

    lot: float = 0.0
    minimum_usd: float = 0.0
    band: float = 0.0

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if not (isfinite(value) and value >= 0.0) or (item.name == "band" and value >= 1.0):
                raise SpecError(
                    f"{item.name} of the venue is {value!r}.",
                    "It is zero or more; a band is a fraction of the account, below 1.",
                    "Write 0.0 for no such rule.",
                )

    def whole(self, quantity: float) -> float:
        """The lots in `quantity`, truncated toward zero, in shares."""
        return toward_zero(quantity / self.lot) * self.lot if self.lot else quantity

    def part_of(self, quantity: float, part: float) -> float:
        """The part of a purchase that is bought, in whole lots."""
        return floor(quantity * part / self.lot) * self.lot if self.lot else quantity * part

    def after_split(self, quantity: float, split: float) -> float:
        """What `quantity` shares are once split: no fraction of a share where only whole ones trade."""
        if split == 1.0:
            return quantity
        unit = min(self.lot, 1.0)
        return toward_zero(quantity * split / unit) * unit if unit else quantity * split

    @staticmethod
    def of(venue: "Venue | None", *, whole_shares: bool) -> "Venue":
        """`venue`, with lots of one share where `whole_shares` says so and it names no lot.

        Raises
        ------
        SpecError
            Whole shares were asked for in lots that are none.
        """
        given = ANYWHERE if venue is None else venue
        if not whole_shares:
            return given
        if given.lot % 1.0:
            raise SpecError(
                f"Whole shares were asked for in lots of {given.lot!r}.",
                "Lots of whole shares are whole numbers.",
                "Leave whole_shares out, or give such a lot.",
            )
        return WHOLE_SHARES if given == ANYWHERE else replace(given, lot=given.lot or 1.0)


ANYWHERE = Venue()
"""Any fraction of a share, of any value."""

WHOLE_SHARES = Venue(lot=1.0)
"""Lots of one, of any value."""


def toward_zero(quantity: float) -> float:
    """The whole number in `quantity`, truncated toward zero."""
    size = abs(quantity)
    nearest = float(round(size))
    if abs(size - nearest) > WHOLE * max(1.0, size):
        nearest = float(int(size))
    return copysign(nearest, quantity)
