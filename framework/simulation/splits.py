"""Where to choose and where to test: walk-forward and combinatorial purged splits, by skfolio's splitters."""

from dataclasses import dataclass

import numpy as np

from framework.errors import SpecError


@dataclass(frozen=True, eq=False)
class Split:
    """Rows of returns to choose by, and rows to test the choice on.

    Parameters
    ----------
    train : array of int
        Ascending rows; none of them is in a test, or as near to one as purge and embargo forbid.
    tests : tuple of array
        Runs of neighbouring rows, one for each test fold; walk-forward has one.
    paths : tuple of int
        The path through all periods that each test is a piece of; walk-forward has path 0 only.
    """

    train: np.ndarray
    tests: tuple[np.ndarray, ...]
    paths: tuple[int, ...]


def walk_forward_splits(
    periods: int, *, train: int, test: int, anchored: bool = False, purge: int = 0
) -> tuple[Split, ...]:
    """Choose on the past, test on what follows, move on by the length of a test.

    A choice made at the close of the last training row trades at the next open, so that returns of whole sessions
    need no purge; a rule that was *fitted* to labels reaching h rows ahead needs a purge of h. An embargo has no
    meaning here, since nothing is ever trained on what comes after a test.

    Parameters
    ----------
    periods : int
        Rows of returns.
    train, test : int
        Rows to choose by (the first of them, if anchored) and rows to test on; the last test takes what is left.
    anchored : bool
        Train on all rows from the first one, not on the last `train` only.
    purge : int
        Rows between training and test that belong to neither.

    Raises
    ------
    SpecError
        A size below one, a negative purge, or too few periods for one split.
    """
    if train < 1 or test < 1 or purge < 0 or train + purge + 1 > periods:
        raise SpecError(
            f"{train} rows to train, a purge of {purge} and {test} rows to test were asked for, of {periods}.",
            "Sizes are at least 1, a purge 0, and after the first training and its purge a row is left.",
            "Use shorter windows, or a longer history.",
        )
    from skfolio.model_selection import WalkForward

    splitter = WalkForward(
        test_size=test, train_size=train, expand_train=anchored, reduce_test=True, purged_size=purge
    )
    rows = np.empty((periods, 1))
    return tuple(Split(before, (after,), (0,)) for before, after in splitter.split(rows))


def combinatorial_splits(
    periods: int, *, folds: int = 10, test_folds: int = 2, purge: int = 0, embargo: int = 0
) -> tuple[Split, ...]:
    """Every way of testing on some of the folds and training on the others.

    The tests join to several paths, each of which covers every period once: a distribution of out-of-sample results
    instead of a single one. Training includes what comes after a test, so that purge and embargo matter.

    Source: Lopez de Prado (2018), "Advances in Financial Machine Learning", chapter 12.

    Parameters
    ----------
    periods : int
        Rows of returns.
    folds, test_folds : int
        Consecutive folds of equal length (the last takes the rest), and how many of them are tested at a time: 10 and
        2 give 45 splits and 9 paths.
    purge : int
        Rows left out of training on both sides of each test.
    embargo : int
        Rows left out after each test on top of that.

    Raises
    ------
    SpecError
        Fewer than 3 folds, fewer than 2 tests or no training fold, or a fold that purge and embargo leave empty.
    """
    if folds < 3 or not 2 <= test_folds < folds or min(purge, embargo) < 0:
        raise SpecError(
            f"{test_folds} of {folds} folds, a purge of {purge} and an embargo of {embargo} were asked for.",
            "There are at least 3 folds, from 2 of them to all but one tested, and nothing is negative.",
            "Use 10 and 2.",
        )
    if purge + embargo + 1 >= periods // folds:
        raise SpecError(
            f"{periods} rows in {folds} folds are {periods // folds} a fold.",
            f"A fold is longer than purge, embargo and one row, {purge + embargo + 1}.",
            "Use fewer folds, or a longer history.",
        )
    from skfolio.model_selection import CombinatorialPurgedCV

    splitter = CombinatorialPurgedCV(
        n_folds=folds, n_test_folds=test_folds, purged_size=purge, embargo_size=embargo
    )
    paths = splitter.get_path_ids()
    return tuple(
        Split(train, tuple(tests), tuple(ids.tolist()))
        for (train, tests), ids in zip(splitter.split(np.empty((periods, 1))), paths, strict=True)
    )
