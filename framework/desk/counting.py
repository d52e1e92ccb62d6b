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


def distinct(trials: Iterable[pd.DataFrame]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The distinct trials of some tables of the record: those that ran alone, and searches.

    Trials are distinct by identity. Of a search that was interrupted and resumed, the longest run counts.
    """
    records = [record for table in trials for record in table.to_dict("records")]
    rows = {record["identity"]: {str(name): value for name, value in record.items()} for record in records}
    alone: list[dict[str, Any]] = []
    searches: dict[str, dict[str, Any]] = {}
    for row in rows.values():
        swept = row["parameters"].get("sweep")
        if isinstance(swept, dict) and "count" in swept:
            known = searches.get(swept["sweep"], row)
            longer = swept["count"] > known["parameters"]["sweep"]["count"]
            searches[swept["sweep"]] = row if longer else known
        else:
            alone.append(row)
    return alone, list(searches.values())


def trials_counted(trials: Iterable[pd.DataFrame]) -> dict[str, Any]:
    """How many distinct trials some tables of the record hold, and the variance of their Sharpe ratios per session."""
    alone, searches = distinct(trials)
    total, number = Sample(0, 0.0, 0.0), len(alone)
    for row in alone:
        if row["sharpe"] is not None and math.isfinite(row["sharpe"]):
            total = total.plus(Sample(1, float(row["sharpe"]), 0.0))
    for row in searches:
        swept = row["parameters"]["sweep"]
        number += swept["count"]
        sharpe = swept["sharpe"]
        if sharpe["count"]:
            squares = (sharpe["variance"] or 0.0) * (sharpe["count"] - 1)
            total = total.plus(Sample(sharpe["count"], sharpe["mean"], squares))
    return {
        "trials": number,
        "trials_variance": total.squares / (total.size - 1) if total.size > 1 else 0.0,
    }
