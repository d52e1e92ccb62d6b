"""Choosing inside each split, and what the choices then earned: the honest way to report a search."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from framework.errors import DataError
from framework.simulation.result import BacktestResult
from framework.simulation.splits import Split
from framework.strategy.succession import succeed
from framework.strategy.weights import TargetWeights
from framework.trading.costs import SESSIONS_PER_YEAR

Score = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Selection:
    """The trial that each split chose, and its returns where it was tested.

    Parameters
    ----------
    chosen : DataFrame, one row a split
        ``trial``; ``score`` on the training rows; first and last row of training (``train_from``, ``train_to``).
    returns : DataFrame, shape (periods, paths)
        Out-of-sample returns, a column a path; NaN in periods that no test covers. No cost of changing from one trial
        to the next is in them: `walk_forward` has it.
    """

    chosen: pd.DataFrame
    returns: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Following:
    """What was chosen, and the one account that followed the choices with all costs of doing so."""

    selection: Selection
    result: BacktestResult


def sharpe_scores(returns: np.ndarray) -> np.ndarray:
    """Sharpe ratio per period of each column; NaN, which is never chosen, where a trial did not move."""
    deviation = returns.std(axis=0, ddof=1) if len(returns) > 1 else np.zeros(returns.shape[1])
    moved = deviation > 1e-12
    scores: np.ndarray = np.where(moved, returns.mean(axis=0) / np.where(moved, deviation, 1.0), np.nan)
    return scores


def select(returns: pd.DataFrame, splits: Sequence[Split], *, score: Score = sharpe_scores) -> Selection:
    """Choose the best trial by the training rows of each split, and collect its returns in the tests.

    Parameters
    ----------
    returns : DataFrame, shape (periods, trials)
        Simple returns above the cash rate, a column a trial, each from a backtest of the whole span: a rule knows the
        past before its window, and no row knows the future. NaN is refused.
    splits : sequence of Split
        As `walk_forward_splits` or `combinatorial_splits` make them, over as many periods.
    score : callable
        From the training rows, shape (rows, trials), to the trials' scores; the highest is chosen, the first of those
        that tie, and NaN never.

    Raises
    ------
    DataError
        Any NaN, no split, splits of another number of periods, or one in which no trial has a score.
    """
    values = _checked(returns, splits)
    scores = split_scores(values, splits, score=score)
    picks = pick(scores, splits, returns.index)
    chosen = chosen_table(picks, scores, splits, returns.index)
    chosen["trial"] = [returns.columns[best] for best in picks]
    tested = tested_returns(picks, splits, lambda best: values[:, best])
    return Selection(chosen, pd.DataFrame(tested, index=returns.index))


def split_scores(returns: np.ndarray, splits: Sequence[Split], *, score: Score = sharpe_scores) -> np.ndarray:
    """Scores of some trials on the training rows of each split, shape (splits, trials): all that a choice needs.

    Parameters
    ----------
    returns : array, shape (periods, trials)
        One trial at a time keeps memory flat.
    """
    return np.stack([score(returns[split.train]) for split in splits])


def pick(scores: np.ndarray, splits: Sequence[Split], index: pd.Index) -> list[int]:
    """The trial with the highest score in each split, the first of those that tie.

    Raises
    ------
    DataError
        A split in which no trial has a score.
    """
    for split, row in zip(splits, scores, strict=True):
        if np.isnan(row).all():
            raise DataError(
                f"No trial has a score from {_day(index[split.train[0]])} to {_day(index[split.train[-1]])}.",
                "One trial at least moves in each training window.",
                "Start later, after the rules' warm-up, or use longer windows.",
            )
    return [int(np.nanargmax(row)) for row in scores]


def chosen_table(
    picks: Sequence[int], scores: np.ndarray, splits: Sequence[Split], index: pd.Index
) -> pd.DataFrame:
    """One row a split: the place of the chosen trial, its score, and the first and last row it was chosen by."""
    rows = [
        (best, row[best], index[split.train[0]], index[split.train[-1]])
        for best, row, split in zip(picks, scores, splits, strict=True)
    ]
    return pd.DataFrame(rows, columns=["trial", "score", "train_from", "train_to"])


def tested_returns(
    picks: Sequence[int], splits: Sequence[Split], returns_of: Callable[[int], np.ndarray]
) -> np.ndarray:
    """Out-of-sample returns of the choices, shape (periods, paths); each chosen trial is asked for once."""
    known = {best: returns_of(best) for best in dict.fromkeys(picks)}
    paths = 1 + max(path for split in splits for path in split.paths)
    tested = np.full((len(next(iter(known.values()))), paths), np.nan)
    for best, split in zip(picks, splits, strict=True):
        for test, path in zip(split.tests, split.paths, strict=True):
            tested[test, path] = known[best][test]
    return tested


def walk_forward(
    weights: Mapping[Hashable, TargetWeights],
    splits: Sequence[Split],
    simulate: Callable[[TargetWeights], BacktestResult],
    *,
    score: Score = sharpe_scores,
) -> Following:
    """Let one account follow, from test to test, the trial that was best until then.

    At the close before a test the account turns to what the chosen rule then holds, and pays for it; before the first
    test it is in cash.

    Parameters
    ----------
    weights : mapping of trial to TargetWeights
        What each trial decided over the whole span. Each is asked for once, and again if it is chosen: a lazy mapping
        keeps memory flat.
    splits : sequence of Split
        Of `walk_forward_splits`, over the returns of the bars: one period fewer than there are sessions.
    simulate : callable
        The engine with bars, costs and settings given: ``partial(simulate, bars=bars, costs=costs)``.
    score : callable
        As in `select`.

    Raises
    ------
    DataError
        As `select`, no trial, or splits whose tests do not follow one another.
    """
    if not weights:
        raise DataError("There is no trial.", "At least one is chosen from.", "Give the weights of each.")
    results = {trial: simulate(weights[trial]) for trial in weights}
    any_result = next(iter(results.values()))
    cash = any_result.costs.cash_rate_per_year / SESSIONS_PER_YEAR
    table = {trial: result.returns.to_numpy() - cash for trial, result in results.items()}
    selection = select(pd.DataFrame(table, index=any_result.returns.index), splits, score=score)
    check_forward(splits)
    starts = [int(split.tests[0][0]) for split in splits]
    pieces = [(row, weights[trial]) for row, trial in zip(starts, selection.chosen["trial"], strict=True)]
    return Following(selection, simulate(succeed(pieces, any_result.bars)))


def check_forward(splits: Sequence[Split]) -> None:
    """Refuse splits that no account can follow: tests in another order than time's, or before their training.

    Raises
    ------
    DataError
        With the test that does not follow.
    """
    for before, split in zip((None, *splits), splits, strict=False):
        follows = before is None or before.tests[-1][-1] < split.tests[0][0]
        if len(split.tests) != 1 or not follows or split.train[-1] >= split.tests[0][0]:
            raise DataError(
                f"A split tests rows {split.tests[0][0]} to {split.tests[-1][-1]}, trained to {split.train[-1]}.",
                "An account can only follow tests that come one after another, each after its training.",
                "Use walk_forward_splits; combinatorial splits go to `select`.",
            )


def _checked(returns: pd.DataFrame, splits: Sequence[Split]) -> np.ndarray:
    values = returns.to_numpy("f8")
    last = max(
        (int(max(split.train[-1], *(test[-1] for test in split.tests))) for split in splits), default=-1
    )
    if not returns.shape[1] or last + 1 != len(values):
        raise DataError(
            f"{returns.shape[1]} trials have {len(values)} returns, and the splits are of {last + 1} periods.",
            "There is a trial at least, and splits are made for as many periods as there are returns.",
            "Make the splits with len(returns).",
        )
    bad: Any = ~np.isfinite(values)
    if bad.any():
        row, column = (int(axis[0]) for axis in np.nonzero(bad))
        raise DataError(
            f"The return of trial {returns.columns[column]} at {returns.index[row]} is {values[row, column]}.",
            "Returns are finite; a gap is neither skipped nor filled with zero.",
            "Compare trials over the sessions that all of them have.",
        )
    return values


def _day(label: Any) -> str:
    return f"{label:%Y-%m-%d}" if isinstance(label, pd.Timestamp) else f"row {label}"
