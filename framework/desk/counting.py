"""How many trials there were, and how far apart: a sweep is one row of the record and counts as all it tried."""

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import pandas as pd


class Sample(NamedTuple):
    """Size, mean and sum of squared deviations of some Sharpe ratios."""

    size: int
    mean: float
    squares: float

    def plus(self, other: "Sample") -> "Sample":
        """Both samples as one."""
        if not other.size:
            return self
        size, apart = self.size + other.size, other.mean - self.mean
        mean = self.mean + apart * other.size / size
        squares = self.squares + other.squares + apart**2 * self.size * other.size / size
        return Sample(size, mean, squares)


def trials_counted(trials: Iterable[pd.DataFrame]) -> dict[str, Any]:
    """How many distinct trials some tables of the record hold, and the variance of their Sharpe ratios per session.

    Trials are distinct by identity. Of a sweep that was interrupted and resumed, the longest run counts.
    """
    rows = {row["identity"]: row for table in trials for row in table.to_dict("records")}
    sweeps: dict[str, dict[str, Any]] = {}
    total, number = Sample(0, 0.0, 0.0), 0
    for row in rows.values():
        swept = row["parameters"].get("sweep")
        if isinstance(swept, dict) and "count" in swept:
            known = sweeps.get(swept["sweep"])
            sweeps[swept["sweep"]] = max(swept, known or swept, key=lambda one: one["count"])
            continue
        number += 1
        if row["sharpe"] is not None and math.isfinite(row["sharpe"]):
            total = total.plus(Sample(1, float(row["sharpe"]), 0.0))
    for swept in sweeps.values():
        number += swept["count"]
        sharpe = swept["sharpe"]
        if sharpe["count"]:
            squares = (sharpe["variance"] or 0.0) * (sharpe["count"] - 1)
            total = total.plus(Sample(sharpe["count"], sharpe["mean"], squares))
    return {
        "trials": number,
        "trials_variance": total.squares / (total.size - 1) if total.size > 1 else 0.0,
    }
