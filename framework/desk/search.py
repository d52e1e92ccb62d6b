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
    trial: TrialRow,
    chosen: list[dict[str, Any]],
    *,
    folds: Mapping[str, Any] | None = None,
    accounts: str = "together",
) -> TrialRow:
    """The trial of a search: its combinations stand in for the parameters that they vary, `folds` for its windows."""
    swept = {
        "grid": {name: _distinct([one[name] for one in chosen]) for name in chosen[0]},
        "combinations": len(chosen),
        "combinations_hash": combinations_hash(chosen),
        **({"folds": dict(folds)} if folds else {}),
        **({} if accounts == "together" else {"accounts": accounts}),
    }
    return identified(replace(trial, parameters={**trial.parameters, "sweep": swept}))


def combinations_hash(chosen: list[dict[str, Any]]) -> str:
    """SHA-256 (hex) over the combinations as canonical JSON."""
    canonical = json.dumps(chosen, sort_keys=True, default=list)
    return hashlib.sha256(canonical.encode()).hexdigest()


def summarised(  # noqa: PLR0913 - what was tried, how it came out and how it counts
    trial: TrialRow,
    chosen: list[dict[str, Any]],
    table: pd.DataFrame,
    *,
    observations: int,
    pinned: bool,
    folds: int = 1,
    width: int = 1,
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
    width : int
        Accounts, and rows of the table, a combination. Each combination counts once; the distribution is over all
        accounts.
    """
    sharpes, failed = table["sharpe"].dropna(), np.flatnonzero(table["outcome"] == "crashed")
    crashed = len(np.unique(failed // width))
    swept = dict(trial.parameters["sweep"]) | {
        "sweep": trial.identity,
        "count": len(table) // width * folds,
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
        swept["best"] = chosen[place // width] | (
            {"symbol": table["symbol"].iloc[place]} if width > 1 else {}
        )
        figures = table[["sharpe", "skewness", "kurtosis"]].iloc[place]
        found |= {str(name): float(value) for name, value in figures.items()}
        found["observations"] = observations
    elif crashed:
        found |= {"outcome": "crashed", "error": table["error"].iloc[failed[0]]}
    if not pinned:
        answers = table[["total_return", "sharpe", "max_drawdown", "traded_usd"]].to_numpy("<f8")
        swept["figures_hash"] = hashlib.sha256(answers.tobytes()).hexdigest()
    summed = replace(trial, parameters={**trial.parameters, "sweep": swept}, **found)
    return summed if pinned and len(table) == len(chosen) * width else identified(summed)


def admitted(grid: Mapping[str, list[Any]], chosen: list[dict[str, Any]]) -> str | None:
    """The places of the combinations in the full grid, a bit each, as base64 of their compressed bytes.

    None for a grid of more than 8 million combinations, whose bits would be a megabyte of the record.
    """
    size = math.prod(len(values) for values in grid.values())
    if size > MOST_PLACES:
        return None
    place = np.zeros(len(chosen), dtype=np.int64)
    for name in chosen[0]:
        place = place * len(grid[name]) + _places([one[name] for one in chosen], grid[name])
    bits = np.zeros(size, dtype=bool)
    bits[place] = True
    return base64.b64encode(zlib.compress(np.packbits(bits).tobytes(), 9)).decode()


def _distinct(values: list[Any]) -> list[Any]:
    """The values without repetition, as JSON has them; no two values of a grid are equal."""
    try:
        seen = list(dict.fromkeys(values))
    except TypeError:  # a list cannot be hashed
        seen = [
            json.loads(text) for text in dict.fromkeys(json.dumps(value, default=list) for value in values)
        ]
    plain: list[Any] = json.loads(json.dumps(seen, default=list))
    return plain


def _places(values: list[Any], known: list[Any]) -> list[int]:
    """Where among the `known`, which are as JSON has them, each value is."""
    try:
        at = {value: place for place, value in enumerate(known)}
        return [at[value] for value in values]
    except (TypeError, KeyError):  # a list cannot be hashed, and JSON makes one of a tuple
        by_text = {json.dumps(value): place for place, value in enumerate(known)}
        return [by_text[json.dumps(value, default=list)] for value in values]


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
