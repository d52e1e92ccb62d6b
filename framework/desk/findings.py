"""What a sweep has found so far, on disk: cancelled or killed, the same sweep goes on from there."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np

from framework.errors import LedgerError


@dataclass
class Findings:
    """Figures of the first `done` combinations of a sweep in grid order, and the errors of accounts that crashed.

    Parameters
    ----------
    figures : array, shape (combinations, accounts, figures)
        NaN where an account crashed; without meaning from `done` on.
    errors : dict of int to str
        By place among all accounts.
    """

    figures: np.ndarray
    errors: dict[int, str] = field(default_factory=dict)
    done: int = 0

    @classmethod
    def none_of(cls, combinations: int, accounts: int, figures: int) -> Self:
        """Room for so many; memory is taken as it fills."""
        return cls(np.empty((combinations, accounts, figures)))

    def add(self, figures: np.ndarray, errors: dict[int, str]) -> None:
        """Append what some more combinations came to; the places of their errors count from the first of them."""
        start, after = self.done, self.done + len(figures)
        self.figures[start:after] = figures
        self.errors |= {start * figures.shape[1] + place: text for place, text in errors.items()}
        self.done = after


def save(findings: Findings, path: Path) -> None:
    """Write the findings, whole or not at all.

    Raises
    ------
    LedgerError
        The disk refuses it.
    """
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("wb") as file:
            errors = np.array(json.dumps(findings.errors))
            np.savez(file, figures=findings.figures[: findings.done], errors=errors)
        fresh.replace(path)
    except OSError as error:
        raise LedgerError(
            f"The sweep's findings could not be kept in {path.parent}: {error}.",
            "A sweep that is cancelled keeps what is done.",
            "Make room or grant write access there.",
        ) from error


def load(path: Path, blank: Findings) -> Findings:
    """`blank`, filled with what an earlier, unfinished run of this sweep left, if there was one."""
    if path.exists():
        with np.load(path) as stored:
            errors = {int(place): text for place, text in json.loads(str(stored["errors"])).items()}
            blank.add(stored["figures"], errors)
    return blank
