"""One run of a grid for many windows: of each combination a figure a fold is kept, and no returns."""

import math
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from framework.data.bars import Bars
from framework.desk.backtest import count
from framework.desk.checkpoint import Findings, load, save
from framework.desk.progress import progress, say
from framework.desk.search import summarised
from framework.desk.variants import Variants
from framework.host import settings
from framework.ledger.rows import TrialRow
from framework.simulation.splits import Split
from framework.simulation.walkforward import split_scores

if TYPE_CHECKING:
    from framework.simulation.sweep import Replayer

SAVED_EVERY_SECONDS = 10.0


@dataclass(frozen=True)
class FoldSearch:
    """A search that is about to run: all combinations over the whole span, scored in the training rows of each split.

    Parameters
    ----------
    cash : float
        Cash rate per session, which returns are above.
    """

    variants: Variants
    chosen: list[dict[str, Any]]
    bars: Bars
    replayer: "Replayer"
    cash: float
    splits: tuple[Split, ...]
    trial: TrialRow
    pinned: bool

    def run(self) -> tuple[pd.DataFrame, np.ndarray]:
        """Figures, a row a combination, and scores, shape (splits, combinations); all counted, also when interrupted.

        Raises
        ------
        KeyboardInterrupt
            As it came, after what is done was kept and counted.
        """
        findings = self._resumed()
        try:
            with progress("Walk forward", len(self.chosen), done=len(findings)) as advance:
                saved = monotonic()
                for place in range(len(findings), len(self.chosen)):
                    findings.add(*self._evaluated(place))
                    advance()
                    if monotonic() - saved > SAVED_EVERY_SECONDS:
                        save(findings, self._checkpoint)
                        saved = monotonic()
        except KeyboardInterrupt:
            save(findings, self._checkpoint)
            self._count(findings)
            say(
                f"Stopped after {len(findings):,} of {len(self.chosen):,} combinations. The same call resumes."
            )
            raise
        self._checkpoint.unlink(missing_ok=True)
        self._count(findings)
        return self._table(findings), np.array([row[len(self._names) :] for row in findings.figures]).T

    def returns(self, place: int) -> np.ndarray:
        """Returns above the cash rate of one combination, shape (periods,)."""
        self._replay(place)
        worth = self.replayer.worth
        excess: np.ndarray = worth[1:] / worth[:-1] - 1.0 - self.cash
        return excess

    @property
    def _checkpoint(self) -> Path:
        return settings.read().home / "sweeps" / f"{self.trial.identity}.npz"

    @property
    def _names(self) -> tuple[str, ...]:
        from framework.simulation.sweep import Figures

        return Figures._fields

    def _replay(self, place: int) -> tuple[float, ...]:
        rule = self.variants.rule(self.chosen[place])
        return self.replayer.figures(rule.weights(self.bars))

    def _evaluated(self, place: int) -> tuple[tuple[float, ...], str]:
        try:
            figures = self._replay(place)
        except Exception as error:  # noqa: BLE001 - a rule may fail in any way, and is counted as crashed
            return (math.nan,) * (len(self._names) + len(self.splits)), f"{type(error).__name__}: {error}"
        worth = self.replayer.worth
        excess = worth[1:] / worth[:-1] - 1.0 - self.cash
        scores = split_scores(excess[:, None], self.splits)[:, 0]
        return (*map(float, figures), *scores.tolist()), ""

    def _resumed(self) -> Findings:
        """What was found before, if its first combination still comes to the same."""
        found = load(self._checkpoint)
        same = len(found) and repr((found.figures[0], found.errors[0])) == repr(self._evaluated(0))
        return found if same else Findings([], [])

    def _table(self, findings: Findings) -> pd.DataFrame:
        names, done = list(self._names), len(findings)
        figures = np.array(findings.figures, dtype="f8").reshape(done, -1)[:, : len(names)]
        table = pd.DataFrame(self.chosen[:done], columns=list(self.chosen[0]))
        table[names] = figures.reshape(done, len(names))
        table["trades"] = table["trades"].astype("Int64")
        table["outcome"] = ["crashed" if error else "finished" for error in findings.errors]
        table["error"] = findings.errors
        return table

    def _count(self, findings: Findings) -> None:
        if len(findings):
            trial = summarised(
                self.trial,
                self.chosen,
                self._table(findings),
                observations=len(self.bars) - 1,
                pinned=self.pinned,
                folds=len(self.splits),
            )
            count(trial)
