"""One reason of a verdict, and the words that reasons share."""

from dataclasses import dataclass
from typing import Final

SESSIONS: Final = 252  # a year, for what is told by the year


@dataclass(frozen=True)
class Reason:
    """One gate: whether it was passed, the figure, its limit, and both as a sentence."""

    gate: str
    passed: bool
    value: float | None
    limit: float | None
    sentence: str


def undefined(gate: str, limit: float, sentence: str) -> Reason:
    """A gate that is not passed for want of a figure; the sentence says why."""
    return Reason(gate, passed=False, value=None, limit=limit, sentence=sentence)


def at_least(value: float, limit: float) -> tuple[bool, str]:
    """Whether a figure reaches its limit, and that in words."""
    return value >= limit, "at or above" if value >= limit else "below"


def per_year(sharpe: float) -> str:
    """A Sharpe ratio per session as one per year, in words."""
    return f"{sharpe * SESSIONS**0.5:.2f}"
