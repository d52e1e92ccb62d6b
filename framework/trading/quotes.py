"""At which prices of a session orders fill."""

from typing import Literal, get_args

import numpy as np

from framework.data.bars import Bars
from framework.errors import SpecError

FillAt = Literal["open", "close", "mean"]
NEEDED: dict[str, tuple[str, ...]] = {
    "open": ("open",),
    "close": ("close",),
    "mean": ("open", "high", "low", "close"),
}


def usual(bars: Bars) -> FillAt:
    """Where orders fill unless something else is asked for: at the open, at the close of bars without opens."""
    return "open" if bars.has("open") else "close"


def check_fill_at(bars: Bars, fill_at: str | None) -> None:
    """Refuse a price at which orders cannot fill on these bars.

    Raises
    ------
    SpecError
        An unknown `fill_at`, or a field that the bars lack.
    """
    if fill_at not in NEEDED:
        raise SpecError(
            f"fill_at is {fill_at!r}.", f"It is one of {', '.join(get_args(FillAt))}.", "Choose one of them."
        )
    missing = [name for name in NEEDED[fill_at] if not bars.has(name)]
    if missing:
        raise SpecError(
            f"Fills at the {fill_at} were asked for.",
            f"These bars have {', '.join(bars.fields)}, and no {', '.join(missing)}.",
            "Fill at the close, or load a source with what is missing.",
        )


def quotes(bars: Bars, fill_at: FillAt) -> np.ndarray:
    """The price at which orders of the session before fill, before spread and impact.

    "mean" is the mean of open, high, low and close: what an order spread over the session gets, near to its average
    price by volume. Where the volume of a session is zero the symbol was halted and has no such price.

    Returns
    -------
    array, shape (sessions, symbols)
        NaN where nothing fills: outside a life, and in a halt.

    Raises
    ------
    SpecError
        As `check_fill_at`.
    """
    check_fill_at(bars, fill_at)
    first, *others = (bars.table(name) for name in NEEDED[fill_at])
    for table in others:
        first = first + table
    prices = first / (1.0 + len(others)) if others else first
    return np.where(bars.table("volume") == 0.0, np.nan, prices) if bars.has("volume") else prices
