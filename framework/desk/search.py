"""The record of a search: one row for all that was tried, with what deflating by it needs."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from framework.desk.backtest import identified
from framework.ledger.rows import TrialRow

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


def distribution(sharpes: pd.Series) -> dict[str, Any]:
    """Count, mean, variance (``ddof=1``) and quantiles: what deflating by all trials needs."""
    return {
        "count": len(sharpes),
        "mean": float(sharpes.mean()) if len(sharpes) else None,
        "variance": float(sharpes.var()) if len(sharpes) > 1 else None,
        "quantiles": {f"{at:g}": float(sharpes.quantile(at)) for at in QUANTILES} if len(sharpes) else {},
    }
