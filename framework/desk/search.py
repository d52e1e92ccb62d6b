"""The record of a search: one row for all that was tried, with what deflating by it needs."""

import base64
import hashlib
import json
import math
import zlib
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from framework.desk.backtest import identified
from framework.ledger.rows import TrialRow

MOST_PLACES = 8 * 2**20
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


def of_grid(
    trial: TrialRow, chosen: list[dict[str, Any]], *, folds: Mapping[str, Any] | None = None
) -> TrialRow:
    """The trial of a search: its combinations stand in for the parameters that they vary, `folds` for its windows."""
    values: dict[str, list[Any]] = {name: [] for name in chosen[0]}
    for name, seen in values.items():
        seen.extend(dict.fromkeys(json.dumps(one[name], default=list) for one in chosen))
    swept = {
        "grid": {name: [json.loads(value) for value in seen] for name, seen in values.items()},
        "combinations": len(chosen),
        "combinations_hash": combinations_hash(chosen),
        **({"folds": dict(folds)} if folds else {}),
    }
    return identified(replace(trial, parameters={**trial.parameters, "sweep": swept}))


def combinations_hash(chosen: list[dict[str, Any]]) -> str:
    """SHA-256 (hex) over the combinations as canonical JSON."""
    canonical = json.dumps(chosen, sort_keys=True, default=list)
    return hashlib.sha256(canonical.encode()).hexdigest()


def summarised(
    trial: TrialRow,
    chosen: list[dict[str, Any]],
    table: pd.DataFrame,
    *,
    observations: int,
    pinned: bool,
    folds: int = 1,
) -> TrialRow:
    """The search's one row: how many ran, how their Sharpe ratios are distributed, and the best of them.

    A search that was interrupted is a trial of its own, and so is each answer of a rule that code and parameters do
    not determine.

    Parameters
    ----------
    table : DataFrame
        Figures, a row a combination that ran, in the order of `chosen`.
    observations : int
        Returns that the figures rest on.
    pinned : bool
        Whether code and parameters determine the figures.
    folds : int
        How often each combination was looked at; the Sharpe ratios are those over the whole span all the same, since
        those of short windows would deflate by their noise.
    """
    sharpes, crashed = table["sharpe"].dropna(), int((table["outcome"] == "crashed").sum())
    swept = dict(trial.parameters["sweep"]) | {
        "sweep": trial.identity,
        "count": len(table) * folds,
        "crashed": crashed * folds,
        "sharpe": distribution(sharpes),
        "best": None,
        "looks": folds,
        "names": list(chosen[0]),
        "admitted": admitted(trial.parameters["sweep"]["grid"], chosen),
    }
    found: dict[str, Any] = {"outcome": "finished"}
    if len(sharpes):
        place = int(np.nanargmax(table["sharpe"]))
        swept["best"] = chosen[place]
        figures = table[["sharpe", "skewness", "kurtosis"]].to_dict("records")[place]
        found |= {str(name): float(value) for name, value in figures.items()}
        found["observations"] = observations
    elif crashed:
        found |= {"outcome": "crashed", "error": table["error"].iloc[0]}
    if not pinned:
        swept["figures_hash"] = hashlib.sha256(table.to_csv().encode()).hexdigest()
    summed = replace(trial, parameters={**trial.parameters, "sweep": swept}, **found)
    return summed if pinned and len(table) == len(chosen) else identified(summed)


def admitted(grid: Mapping[str, list[Any]], chosen: list[dict[str, Any]]) -> str | None:
    """The places of the combinations in the full grid, a bit each, as base64 of their compressed bytes.

    None for a grid of more than 8 million combinations, whose bits would be a megabyte of the record.
    """
    size = math.prod(len(values) for values in grid.values())
    if size > MOST_PLACES:
        return None
    at = {name: {json.dumps(value): i for i, value in enumerate(values)} for name, values in grid.items()}
    bits = np.zeros(size, dtype=bool)
    for one in chosen:
        place = 0
        for name, value in one.items():
            place = place * len(at[name]) + at[name][json.dumps(value, default=list)]
        bits[place] = True
    return base64.b64encode(zlib.compress(np.packbits(bits).tobytes(), 9)).decode()


def combinations_of(swept: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """The combinations of a search on record, in the order in which they ran; None where it does not tell."""
    if not swept.get("admitted"):
        return None
    bits = np.unpackbits(np.frombuffer(zlib.decompress(base64.b64decode(swept["admitted"])), dtype=np.uint8))
    names = swept["names"]  # the record does not keep the order of the grid's
    every = product(*(swept["grid"][name] for name in names))
    found = [dict(zip(names, values, strict=True)) for values, bit in zip(every, bits, strict=False) if bit]
    return found if combinations_hash(found) == swept["combinations_hash"] else None


def distribution(sharpes: pd.Series) -> dict[str, Any]:
    """Count, mean, variance (``ddof=1``) and quantiles: what deflating by all trials needs."""
    return {
        "count": len(sharpes),
        "mean": float(sharpes.mean()) if len(sharpes) else None,
        "variance": float(sharpes.var()) if len(sharpes) > 1 else None,
        "quantiles": {f"{at:g}": float(sharpes.quantile(at)) for at in QUANTILES} if len(sharpes) else {},
    }
