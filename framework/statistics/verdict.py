"""Promoted or not: a backtest against gates that were fixed before it ran. All reasons are given."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from framework.statistics import chance_gates, trading_gates
from framework.statistics.evidence import Evidence
from framework.statistics.gates import Gates
from framework.statistics.reason import Reason

GATES: Final = (
    chance_gates.deflated_sharpe,
    chance_gates.effective_trials,
    chance_gates.probabilistic_sharpe,
    chance_gates.track_record,
    chance_gates.backtest_length,
    chance_gates.overfitting,
    chance_gates.snooping,
    trading_gates.plateau,
    trading_gates.beats_benchmark,
    trading_gates.costs,
    trading_gates.sessions,
    trading_gates.causality,
    trading_gates.engines,
)


@dataclass(frozen=True)
class Verdict:
    """Promoted if and only if every gate was passed; the reasons name each, passed or not."""

    promoted: bool
    reasons: tuple[Reason, ...]
    trials: int
    gates: Gates

    @staticmethod
    def decide(evidence: Evidence, gates: Gates | None = None) -> "Verdict":
        """Hold the evidence against the gates; the defaults of `Gates` unless others were fixed in advance.

        Raises
        ------
        DataError
            Moments that no sample can have, or fewer than one trial.
        """
        fixed = gates or Gates()
        reasons = tuple(gate(evidence, fixed) for gate in GATES)
        return Verdict(all(reason.passed for reason in reasons), reasons, evidence.trials, fixed)

    @property
    def failed(self) -> tuple[Reason, ...]:
        """The reasons against, in the order of the gates."""
        return tuple(reason for reason in self.reasons if not reason.passed)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values: no NaN, and floats that read back to the same bits."""
        return asdict(self) | {"reasons": [asdict(reason) for reason in self.reasons]}

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> "Verdict":
        """The verdict that `to_dict` wrote, also before there were as many gates: its reasons name those it had."""
        return Verdict(
            promoted=record["promoted"],
            reasons=tuple(Reason(**reason) for reason in record["reasons"]),
            trials=record["trials"],
            gates=Gates(**record["gates"]),
        )
