"""Whether a best pair of parameters stands on a plateau of good ones, or alone on a spike."""

import numpy as np
import pandas as pd

from framework.errors import DataError


def plateau(scores: pd.DataFrame) -> pd.DataFrame:
    """Mean score of each pair of parameters and those next to it, eight at most.

    What a small change of parameters would have found. The best cell of this table is the centre of the best plateau;
    where it is far from the best single pair, or far below it, that pair was luck.

    Parameters
    ----------
    scores : DataFrame, shape (values of one parameter, values of the other)
        Any figure of which more is better, in ascending order of both parameters; NaN where a pair is not admissible.

    Returns
    -------
    DataFrame, same shape
        In the unit of `scores`; NaN where they are. Neighbours that are NaN or beyond an edge do not count.

    Raises
    ------
    DataError
        Fewer than two values of either parameter, values that do not ascend, an infinite score, or none at all.
    """
    values = _checked(scores)
    known = np.isfinite(values)
    total = _with_neighbours(np.where(known, values, 0.0))
    count = _with_neighbours(known.astype("f8"))
    means = np.where(known, total / np.maximum(count, 1.0), np.nan)
    return pd.DataFrame(means, index=scores.index, columns=scores.columns)


def best_cell(table: pd.DataFrame) -> tuple[int, int]:
    """Row and column of the highest number, the first of them where two are as high."""
    row, column = divmod(int(np.nanargmax(table.to_numpy("f8"))), table.shape[1])
    return row, column


def _with_neighbours(values: np.ndarray) -> np.ndarray:
    framed = np.pad(values, 1)
    rows, columns = values.shape
    parts = [framed[i : i + rows, j : j + columns] for i in range(3) for j in range(3)]
    total: np.ndarray = np.sum(parts, axis=0)
    return total


def _checked(scores: pd.DataFrame) -> np.ndarray:
    values = scores.to_numpy("f8")
    ascending = all(axis.is_monotonic_increasing and axis.is_unique for axis in scores.axes)
    if min(values.shape) < 2 or not ascending:
        raise DataError(
            f"The scores have {values.shape[0]} rows and {values.shape[1]} columns.",
            "There are at least two values of each parameter, in ascending order.",
            "Pivot the sweep by its two parameters and sort both axes.",
        )
    if np.isinf(values).any() or np.isnan(values).all():
        raise DataError(
            f"{int(np.isinf(values).sum())} scores are infinite and {int(np.isnan(values).sum())} missing,"
            f" of {values.size}.",
            "Scores are finite, or NaN where a pair is not admissible, and one of them exists.",
            "Score trials by a figure that each of them has.",
        )
    return values
