"""The gates that ask whether a rule can be trusted and pays: its parameters, its costs, its timing, its engines."""

import math
from statistics import median

from framework.statistics.evidence import Evidence, Neighbours
from framework.statistics.gates import Gates
from framework.statistics.reason import Reason, at_least, per_year, undefined


def plateau(evidence: Evidence, gates: Gates) -> Reason:
    """Whether a small change of the parameters keeps what was found."""
    limit, around = gates.plateau, evidence.neighbours or Neighbours(why_not="they were not looked at")
    sharpe = evidence.moments.sharpe
    if around.why_not or (around.parameters and not around.sharpes):
        sentence = (
            f"Nothing is known of neighbouring parameters: {around.why_not or 'none of them can be made'}."
        )
        return undefined("plateau", limit, sentence)
    if not around.parameters:
        sentence = "The rule has no number that could have been chosen."
        return Reason("plateau", passed=True, value=None, limit=limit, sentence=sentence)
    middle = median(around.sharpes)
    if not sharpe > 0.0:  # NaN too
        return undefined(
            "plateau", limit, "There is no plateau to stand on: the Sharpe ratio is not above zero."
        )
    passed, side = at_least(middle / sharpe, limit)
    sentence = (
        f"With {_listed(around.parameters)} a fifth lower or higher, the Sharpe ratio is {per_year(middle)} a year in"
        f" the median: {middle / sharpe:.0%} of its own, {side} the limit of {limit:.0%}."
    )
    return Reason("plateau", passed, middle / sharpe, limit, sentence)


def beats_benchmark(evidence: Evidence, gates: Gates) -> Reason:
    """Whether the effort pays, against doing nothing."""
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


def costs(evidence: Evidence, gates: Gates) -> Reason:
    """Whether anything is left where trading is much dearer than assumed."""
    net, dearer = evidence.stressed_return, f"At {gates.cost_stress:g} times the assumed costs"
    if net is None or not math.isfinite(net):
        return undefined("costs", 0.0, f"{dearer} the account does not survive, or was not looked at.")
    passed = net > 0.0
    sentence = f"{dearer} the net return is {net:+.2%}, {'above' if passed else 'not above'} zero."
    return Reason("costs", passed, net, 0.0, sentence)


def sessions(evidence: Evidence, gates: Gates) -> Reason:
    """Whether there is a sample at all."""
    count = evidence.moments.observations
    passed = count >= gates.sessions
    side = "at least" if passed else "fewer than"
    sentence = f"The backtest has {count:,} returns, {side} the {gates.sessions:,} required."
    return Reason("sessions", passed, float(count), float(gates.sessions), sentence)


def causality(evidence: Evidence, gates: Gates) -> Reason:
    """Whether the rule was proven not to look ahead."""
    del gates  # there is no degree of it
    finding = "is proven causal" if evidence.causal else "is not proven causal"
    detail = f": {evidence.causality.rstrip('.')}" if evidence.causality else ""
    return Reason("causality", evidence.causal, None, None, f"The rule {finding}{detail}.")


def engines(evidence: Evidence, gates: Gates) -> Reason:
    """Whether a second engine comes to the same worth."""
    value, limit = evidence.engines_difference, gates.engines_difference
    if value is None or not math.isfinite(value):
        return undefined("engines", limit, "No second engine recomputed the worth.")
    passed = value <= limit
    verb = "agrees" if passed else "disagrees"
    engine = evidence.second_engine or "The second engine"
    sentence = f"{engine} {verb}: the worths differ by {value:.1e} of the capital, limit {limit:.0e}."
    return Reason("engines", passed, value, limit, sentence)


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
