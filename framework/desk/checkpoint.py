"""What a sweep has found so far, on disk: cancelled or killed, the same sweep goes on from there."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from framework.errors import LedgerError


@dataclass
class Findings:
    """Figures and errors of the first combinations of a sweep, in grid order. A crash has NaN figures."""

    figures: list[tuple[float, ...]]
    errors: list[str]

    def __len__(self) -> int:
        return len(self.figures)

    def add(self, figures: tuple[float, ...], error: str = "") -> None:
        """Append what one more combination came to."""
        self.errors.append(error)
        self.figures.append(figures)


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
            np.savez(file, figures=np.array(findings.figures, dtype="f8"), errors=errors)
        fresh.replace(path)
    except OSError as error:
        raise LedgerError(
            f"The sweep's findings could not be kept in {path.parent}: {error}.",
            "A sweep that is cancelled keeps what is done.",
            "Make room or grant write access there.",
        ) from error


def load(path: Path) -> Findings:
    """What an earlier, unfinished run left; nothing where there was none."""
    if not path.exists():
        return Findings([], [])
    with np.load(path) as stored:
        return Findings([tuple(row) for row in stored["figures"].tolist()], json.loads(str(stored["errors"])))
