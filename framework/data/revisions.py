"""What it means that a vendor changed its past prices: a split, a dividend, another scale, or a correction."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

Kind = Literal["split", "dividend", "scaled", "corrected"]

LARGEST_PART = 50  # of the fraction that a split's ratio is
SPLIT_SPREAD = 0.005  # relative: vendors round what they have divided
DIVIDENDS = 0.75  # a ratio between this and one is what a dividend leaves of the prices before it


@dataclass(frozen=True)
class Revision:
    """How prices were changed.

    Parameters
    ----------
    kind : {"split", "dividend", "scaled", "corrected"}
        "corrected" where no single factor explains the change, or a single price changed.
    ratio : float or None
        New over old, the same for all of them; None for a correction.
    """

    kind: Kind
    ratio: float | None


def explained(old: np.ndarray, new: np.ndarray) -> Revision:
    """What changed the closes `old` into `new`.

    A split multiplies all prices before it by a ratio of small whole numbers, at or below 2/3 or at or above 3/2; an
    adjusted dividend by a little less than one. That the sessions changed are all those before some date is not asked
    for: vendors keep only so much history.

    Parameters
    ----------
    old, new : array, shape (bars,)
        Above zero; at least one of them differs.
    """
    ratios = new / old
    if len(ratios) < 2:
        return Revision("corrected", None)
    middle = float(np.median(ratios))
    spread = float(np.max(np.abs(ratios / middle - 1.0)))
    if spread > min(SPLIT_SPREAD, abs(middle - 1.0) / 4.0):
        return Revision("corrected", None)
    simple = _fraction(middle)
    if simple is not None and (simple <= 2.0 / 3.0 or simple >= 1.5):
        return Revision("split", simple)
    return Revision("dividend" if DIVIDENDS <= middle < 1.0 else "scaled", middle)


def _fraction(ratio: float) -> float | None:
    """The simplest ratio of two whole numbers that is within the rounding of `ratio`."""
    for below in range(1, LARGEST_PART + 1):
        above = max(1, round(ratio * below))
        if (
            max(above, below) <= LARGEST_PART
            and min(above, below) <= 5
            and abs(above / below / ratio - 1.0) <= SPLIT_SPREAD
        ):
            return above / below
    return None
