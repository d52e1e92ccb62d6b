"""Promoted or not: a backtest against gates that were fixed before it ran. All reasons are given."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from framework.statistics.significance import Moments, deflated_sharpe_ratio


@dataclass(frozen=True, kw_only=True)
class Gates:
    """Limits that a strategy must pass, fixed before anyone sees a result.

    Parameters
    ----------
    deflated_sharpe : float
        Least deflated Sharpe ratio, a probability.
    cost_multiple : float
        The net return must beat the benchmark with all costs multiplied by this.
    sessions : int
        Least number of returns: three years of 252 sessions.
    engines_difference : float
        Largest difference between the two engines' worths, as a fraction of the capital.
    """

    deflated_sharpe: float = 0.95
    cost_multiple: float = 2.0
    sessions: int = 756
    engines_difference: float = 1e-9


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """The plain figures that a verdict rests on.

    Parameters
    ----------
    moments : Moments
        Of the session returns above the cash rate, of the result that is judged.
    trials : int
        Distinct trials counted, this one included.
    trials_variance : float
        Variance (``ddof=1``) of the trials' Sharpe ratios per session; anything when there is one trial.
    net_return : float or None
        Total return with all costs multiplied by `Gates.cost_multiple`, as a fraction; None if the account went to
        zero under them.
    benchmark_return : float or None
        Total return of the benchmark over the same sessions; None where there is no benchmark.
    causal : bool
        Whether the rule was proven causal by truncation.
    causality : str
        What the proof compared, or the finding against it.
    second_engine : str
        Name and version of the engine that recomputed the worth; empty if none did.
    engines_difference : float or None
        Largest difference between the engines' worths over the capital; None if no second engine ran.
    """

    moments: Moments
    trials: int
    trials_variance: float
    net_return: float | None
    benchmark_return: float | None
    causal: bool
    causality: str = ""
    second_engine: str = ""
    engines_difference: float | None = None


@dataclass(frozen=True)
class Reason:
    """One gate: whether it was passed, the figure, its limit, and both as a sentence."""

    gate: str
    passed: bool
    value: float | None
    limit: float | None
    sentence: str


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
        reasons = (
            _deflated_sharpe(evidence, fixed),
            _beats_benchmark(evidence, fixed),
            _sessions(evidence, fixed),
            _causality(evidence),
            _engines(evidence, fixed),
        )
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
        """The verdict that `to_dict` wrote."""
        return Verdict(
            promoted=record["promoted"],
            reasons=tuple(Reason(**reason) for reason in record["reasons"]),
            trials=record["trials"],
            gates=Gates(**record["gates"]),
        )


def _deflated_sharpe(evidence: Evidence, gates: Gates) -> Reason:
    sample, limit = evidence.moments, gates.deflated_sharpe
    counted = f"with {evidence.trials} trial{'s' if evidence.trials != 1 else ''} counted"
    if not math.isfinite(sample.sharpe):
        sentence = f"The deflated Sharpe ratio is undefined, since every return is the same ({counted})."
        return Reason("deflated_sharpe", passed=False, value=None, limit=limit, sentence=sentence)
    value = deflated_sharpe_ratio(
        sample.sharpe,
        trials=evidence.trials,
        trials_variance=evidence.trials_variance,
        observations=sample.observations,
        skewness=sample.skewness,
        kurtosis=sample.kurtosis,
    )
    passed = value >= limit
    side = "at or above" if passed else "below"
    sentence = f"The deflated Sharpe ratio is {value:.4f}, {side} the limit of {limit:g}, {counted}."
    return Reason("deflated_sharpe", passed, value, limit, sentence)


def _beats_benchmark(evidence: Evidence, gates: Gates) -> Reason:
    net, hurdle = evidence.net_return, evidence.benchmark_return
    costs = f"At {gates.cost_multiple:g} times the assumed costs"
    if net is None or not math.isfinite(net):
        sentence = f"{costs} the account does not survive."
        return Reason("beats_benchmark", passed=False, value=None, limit=hurdle, sentence=sentence)
    earned = f"{costs} the net return is {net:+.2%}"
    if hurdle is None or not math.isfinite(hurdle):
        sentence = f"{earned}, but there is no benchmark to beat."
        return Reason("beats_benchmark", passed=False, value=net, limit=None, sentence=sentence)
    passed = net > hurdle
    side = "above" if passed else "not above"
    sentence = f"{earned}, {side} the benchmark's {hurdle:+.2%}."
    return Reason("beats_benchmark", passed, net, hurdle, sentence)


def _sessions(evidence: Evidence, gates: Gates) -> Reason:
    count = evidence.moments.observations
    passed = count >= gates.sessions
    side = "at least" if passed else "fewer than"
    sentence = f"The backtest has {count:,} returns, {side} the {gates.sessions:,} required."
    return Reason("sessions", passed, float(count), float(gates.sessions), sentence)


def _causality(evidence: Evidence) -> Reason:
    finding = "is proven causal" if evidence.causal else "is not proven causal"
    detail = f": {evidence.causality.rstrip('.')}" if evidence.causality else ""
    return Reason("causality", evidence.causal, None, None, f"The rule {finding}{detail}.")


def _engines(evidence: Evidence, gates: Gates) -> Reason:
    value, limit = evidence.engines_difference, gates.engines_difference
    if value is None or not math.isfinite(value):
        sentence = "No second engine recomputed the worth."
        return Reason("engines", passed=False, value=None, limit=limit, sentence=sentence)
    passed = value <= limit
    verb = "agrees" if passed else "disagrees"
    engine = evidence.second_engine or "The second engine"
    sentence = f"{engine} {verb}: the worths differ by {value:.1e} of the capital, limit {limit:.0e}."
    return Reason("engines", passed, value, limit, sentence)
