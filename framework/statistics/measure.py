"""Measure: one row of a tearsheet as a recipe, and the reasons for which it may have no number."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from framework.statistics.returns import ONE_YEAR_DAYS
from framework.statistics.track import Track

Remark = Callable[[Track], str]


def says(text: str) -> Remark:
    """A remark that is the same for every track."""
    return lambda _: text


UNDEFINED, SILENT = says("undefined"), says("")


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One row: key, label, unit, how to compute it, and what must be there for it.

    `needs` names the part of the track that may be missing; `annual` marks what a span below one year does not have;
    `undefined` says why there is no finite answer; `note` adds what the number alone does not tell.
    """

    key: str
    label: str
    unit: str
    compute: Callable[[Track], float | None]
    least: int = 1
    needs: str = ""
    annual: bool = False
    undefined: Remark = UNDEFINED
    note: Remark = SILENT

    def unavailable(self, track: Track) -> str:
        """Why this track has no such number; empty if it has one."""
        if self.needs == "benchmark" and track.benchmark is None:
            return "no benchmark"
        if self.needs and getattr(track, self.needs) is None:
            return "not recorded"
        if len(track.returns) < self.least:
            return f"too few returns: {len(track.returns)}, at least {self.least} needed"
        if self.annual and not track.spans_a_year:
            return f"not annualised: the span is below {ONE_YEAR_DAYS} days"
        return ""

    def value(self, track: Track) -> tuple[float | None, str]:
        """The number, or None, and the note that belongs to it."""
        reason = self.unavailable(track)
        if reason:
            return None, reason
        number = self.compute(track)
        if number is None or not math.isfinite(number):
            return None, self.undefined(track)
        return float(number), self.note(track)
