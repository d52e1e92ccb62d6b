"""Backtests side by side."""

from collections import Counter

import pandas as pd

from framework.desk.backtest import Backtest
from framework.desk.headline import headline
from framework.errors import SpecError


def compare(*results: Backtest) -> pd.DataFrame:
    """Headline figures of some backtests: a row a figure, a column a backtest. Fractions, not per cents.

    Raises
    ------
    SpecError
        No result was given.
    """
    if not results:
        raise SpecError(
            "Nothing was given to compare.", "At least one result is needed.", "Pass results of backtest()."
        )
    columns = {
        label: {figure.label: figure.value for figure in headline(result)}
        for label, result in zip(_labels(results), results, strict=True)
    }
    return pd.DataFrame(columns, dtype="f8")


def _labels(results: tuple[Backtest, ...]) -> list[str]:
    """The strategies' names; with the parameters that differ, then with a number, where a name repeats."""
    names = [result.subject.name for result in results]
    parameters = [dict(result.subject.parameters) for result in results]
    shared = {
        key: value
        for key, value in parameters[0].items()
        if all(key in other and other[key] == value for other in parameters)
    }
    labels = []
    for name, own in zip(names, parameters, strict=True):
        differing = ", ".join(f"{key}={value}" for key, value in own.items() if key not in shared)
        labels.append(f"{name}({differing})" if names.count(name) > 1 and differing else name)
    repeated, seen = Counter(labels), Counter[str]()
    for place, label in enumerate(labels):
        if repeated[label] > 1:
            seen[label] += 1
            labels[place] = f"{label} #{seen[label]}"
    return labels
