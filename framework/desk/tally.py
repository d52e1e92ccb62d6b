"""What a sweep leaves behind: a table with a row an account, and one trial that counts every combination."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from framework.desk.backtest import identified
from framework.desk.checkpoint import Findings
from framework.desk.work import Combination, Work
from framework.ledger.rows import TrialRow

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
BEST = ("sharpe", "skewness", "kurtosis")


def table_of(work: Work, chosen: Sequence[Combination], findings: Findings) -> pd.DataFrame:
    """A row an account: parameters, symbol where accounts are of one each, figures, outcome and error."""
    from framework.simulation.sweep import Figures

    done, width = findings.done, work.width
    columns: dict[str, Any] = {
        name: pd.Series([one[name] for one in chosen[:done]]).repeat(width).to_numpy() for name in chosen[0]
    }
    if work.accounts != "together":
        columns["symbol"] = _words(work.bars.symbols, np.tile(np.arange(width), done))
    figures = findings.figures[:done].reshape(done * width, len(Figures._fields))
    columns |= {name: figures[:, at] for at, name in enumerate(Figures._fields)}
    missing = np.isnan(columns["trades"])
    columns["trades"] = pd.arrays.IntegerArray(np.where(missing, 0, columns["trades"]).astype("i8"), missing)
    texts = ("", *dict.fromkeys(findings.errors.values()))
    crashed, told = np.zeros(done * width, "i8"), {text: at for at, text in enumerate(texts)}
    crashed[list(findings.errors)] = [told[text] for text in findings.errors.values()]
    columns["outcome"] = _words(("finished", "crashed"), (crashed > 0).astype("i8"))
    columns["error"] = _words(texts, crashed)
    return pd.DataFrame(columns)


def of_grid(trial: TrialRow, chosen: Sequence[Combination], work: Work) -> TrialRow:
    """The trial of a sweep: its combinations stand in for the parameters that they vary."""
    canonical = json.dumps(chosen, sort_keys=True, default=list)
    swept: dict[str, Any] = {
        "grid": {name: _distinct(one[name] for one in chosen) for name in chosen[0]},
        "combinations": len(chosen),
        "combinations_hash": hashlib.sha256(canonical.encode()).hexdigest(),
    }
    if work.accounts != "together":
        swept["accounts"] = work.accounts
    return identified(replace(trial, parameters={**trial.parameters, "sweep": swept}))


def summarised(
    trial: TrialRow,
    table: pd.DataFrame,
    findings: Findings,
    *,
    names: Iterable[str],
    observations: int,
    pinned: bool,
) -> TrialRow:
    """The sweep's one row: how many ran, how their Sharpe ratios are distributed, and the best of them.

    Every combination counts once, however many accounts it has; the distribution is over all accounts. An
    interrupted sweep is a trial of its own, and so is each answer of a rule that code and parameters do not determine.
    """
    sharpes = table["sharpe"].to_numpy()
    sound = sharpes[~np.isnan(sharpes)]
    planned, width = findings.figures.shape[:2]
    swept = dict(trial.parameters["sweep"]) | {
        "sweep": trial.identity,
        "count": findings.done,
        "crashed": len({place // width for place in findings.errors}),
        "sharpe": _distribution(sound),
        "best": None,
    }
    found: dict[str, Any] = {"outcome": "finished"}
    if len(sound):
        (row,) = table.iloc[[int(np.nanargmax(sharpes))]].to_dict("records")
        swept["best"] = {name: row[name] for name in (*names, "symbol") if name in row}
        found |= {name: float(row[name]) for name in BEST} | {"observations": observations}
    elif findings.errors:
        found |= {"outcome": "crashed", "error": next(iter(findings.errors.values()))}
    if not pinned:
        swept["figures_hash"] = hashlib.sha256(findings.figures[: findings.done].tobytes()).hexdigest()
    summed = replace(trial, parameters={**trial.parameters, "sweep": swept}, **found)
    return summed if pinned and findings.done == planned else identified(summed)


def _distinct(values: Iterable[Any]) -> list[Any]:
    """The values without repetition, as JSON has them; a grid has no two that are equal."""
    given = list(values)
    try:
        seen = list(dict.fromkeys(given))
    except TypeError:  # lists are not hashable
        seen = [
            json.loads(text) for text in dict.fromkeys(json.dumps(value, default=list) for value in given)
        ]
    plain: list[Any] = json.loads(json.dumps(seen, default=list))
    return plain


def _words(texts: Sequence[str], places: np.ndarray) -> Any:
    return pd.array(list(texts), dtype="str").take(places)


def _distribution(sharpes: np.ndarray) -> Mapping[str, Any]:
    """Count, mean, variance (``ddof=1``) and quantiles: what deflating by all trials needs."""
    quantiles = np.quantile(sharpes, QUANTILES) if len(sharpes) else []
    return {
        "count": len(sharpes),
        "mean": float(sharpes.mean()) if len(sharpes) else None,
        "variance": float(sharpes.var(ddof=1)) if len(sharpes) > 1 else None,
        "quantiles": {f"{at:g}": float(value) for at, value in zip(QUANTILES, quantiles, strict=False)},
    }
