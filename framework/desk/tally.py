"""The table that a sweep leaves behind: a row an account."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from framework.desk.findings import Findings
from framework.desk.work import Combination, Work


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


def _words(texts: Sequence[str], places: np.ndarray) -> Any:
    return pd.array(list(texts), dtype="str").take(places)
