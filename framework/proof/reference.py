"""A published answer, and what this installation makes of it."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite

from framework.errors import OpenbookError

type Answer = float | str


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A figure that somebody else printed, and how we compute it.

    Parameters
    ----------
    name : str
        What is computed, in a few words.
    source : str
        Where the figure is printed, precisely enough to look it up.
    published : float or str
        As printed: a number, or text that must be met exactly.
    tolerance : float
        Largest difference of a number: half a unit of the last digit printed, or the rounding of the arithmetic.
    compute : callable
        Gives our answer; takes nothing.
    """

    name: str
    source: str
    published: Answer
    compute: Callable[[], Answer]
    tolerance: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """What came of a reference: our answer, or the error in its place."""

    reference: Reference
    found: Answer | None
    error: str = ""

    @property
    def passed(self) -> bool:
        """Whether our answer is the published one, within its tolerance. An error or a NaN is not."""
        published, found = self.reference.published, self.found
        if isinstance(published, str) or isinstance(found, str) or found is None:
            return found is not None and found == published
        return isfinite(found) and abs(found - published) <= self.reference.tolerance


def computed(reference: Reference) -> Outcome:
    """Compute the answer. An error of ours is an outcome; anything unforeseen is raised."""
    try:
        return Outcome(reference, reference.compute())
    except OpenbookError as error:
        return Outcome(reference, None, str(error))
