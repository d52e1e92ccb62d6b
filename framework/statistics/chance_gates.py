"""The gates that ask whether a result is more than luck, and more than the best of many."""

import math

from framework.statistics.evidence import Evidence, SearchEvidence
from framework.statistics.gates import Gates
from framework.statistics.reason import SESSIONS, Reason, at_least, per_year, undefined
from framework.statistics.significance import (
    deflated_sharpe_ratio,
    minimum_backtest_length,
    minimum_track_record_length,
    probabilistic_sharpe_ratio,
)


def deflated_sharpe(evidence: Evidence, gates: Gates) -> Reason:
    """Every trial counts, whatever it resembles."""
    limit, counted = gates.deflated_sharpe, f"with {_trials(evidence.trials)} counted"
    if _flat(evidence):
        sentence = f"The deflated Sharpe ratio is undefined, since every return is the same ({counted})."
        return Reason("deflated_sharpe", passed=False, value=None, limit=limit, sentence=sentence)
    value = _deflated(evidence, trials=evidence.trials, variance=evidence.trials_variance)
    passed, side = at_least(value, limit)
    sentence = f"The deflated Sharpe ratio is {value:.4f}, {side} the limit of {limit:g}, {counted}."
    return Reason("deflated_sharpe", passed, value, limit, sentence)


def effective_trials(evidence: Evidence, gates: Gates) -> Reason:
    """Near copies count once: many of them would make the trials look closer together than they are."""
    limit, search = gates.deflated_sharpe, evidence.search
    if (settled := _without_search("effective_trials", evidence, gates)) or search is None:
        return settled or undefined("effective_trials", limit, "Nothing is known of the trials.")
    if search.clusters is None or _flat(evidence):
        return undefined("effective_trials", limit, "The trials cannot be told apart: too few of them moved.")
    value = _deflated(evidence, trials=search.clusters, variance=search.clusters_variance)
    passed, side = at_least(value, limit)
    sentence = (
        f"The {_trials(evidence.trials)} amount to {search.clusters:,} that differ{_drawn(search)}; deflated by those,"
        f" the Sharpe ratio is {value:.4f}, {side} the limit of {limit:g}."
    )
    return Reason("effective_trials", passed, value, limit, sentence)


def probabilistic_sharpe(evidence: Evidence, gates: Gates) -> Reason:
    """What the sample alone says, before anything is said about the search."""
    limit, sample = gates.probabilistic_sharpe, evidence.moments
    if _flat(evidence):
        sentence = (
            "The probability that the true Sharpe ratio is above zero is undefined: every return is the same."
        )
        return undefined("probabilistic_sharpe", limit, sentence)
    value = probabilistic_sharpe_ratio(
        sample.sharpe,
        benchmark=0.0,
        observations=sample.observations,
        skewness=sample.skewness,
        kurtosis=sample.kurtosis,
    )
    passed, side = at_least(value, limit)
    sentence = (
        f"Were this the only trial, the true Sharpe ratio would be above zero with a probability of {value:.4f},"
        f" {side} the limit of {limit:g}."
    )
    return Reason("probabilistic_sharpe", passed, value, limit, sentence)


def track_record(evidence: Evidence, gates: Gates) -> Reason:
    """The same question as a length: how many returns such a Sharpe ratio takes to be told from zero."""
    sample, there = evidence.moments, float(evidence.moments.observations)
    needed = math.inf
    if not _flat(evidence):
        needed = minimum_track_record_length(
            sample.sharpe,
            benchmark=0.0,
            skewness=sample.skewness,
            kurtosis=sample.kurtosis,
            confidence=gates.probabilistic_sharpe,
        )
    if not math.isfinite(needed):
        sentence = (
            f"No track record is long enough: the Sharpe ratio is not above zero in {there:,.0f} returns."
        )
        return Reason("track_record", passed=False, value=there, limit=None, sentence=sentence)
    needed = float(math.ceil(needed))
    passed = there >= needed
    sentence = (
        f"To tell a Sharpe ratio of {per_year(sample.sharpe)} a year from zero takes {needed:,.0f} returns;"
        f" there are {there:,.0f}."
    )
    return Reason("track_record", passed, there, needed, sentence)


def backtest_length(evidence: Evidence, gates: Gates) -> Reason:
    """How long a backtest must be before luck, tried so often, is expected to show less."""
    del gates  # the limit follows from the trials
    years, sharpe = evidence.moments.observations / SESSIONS, evidence.moments.sharpe
    known = evidence.search.clusters if evidence.search else None
    trials = min(evidence.trials, known or evidence.trials)
    differing = f"{_trials(trials)}{' that differ' if trials < evidence.trials else ''}"
    if trials == 1:
        sentence = f"{_once(evidence)}: no length is asked for."
        return Reason("backtest_length", passed=True, value=years, limit=None, sentence=sentence)
    if not sharpe > 0.0:  # NaN too
        sentence = f"No backtest is long enough: after {differing} the Sharpe ratio is not above zero."
        return Reason("backtest_length", passed=False, value=years, limit=None, sentence=sentence)
    needed = minimum_backtest_length(trials, target_sharpe=sharpe * SESSIONS**0.5)
    passed = years >= needed
    sentence = (
        f"With {differing}, luck alone is expected to show a Sharpe ratio of {per_year(sharpe)} a year in a"
        f" backtest of {needed:.1f} years; this one has {years:.1f}."
    )
    return Reason("backtest_length", passed, years, needed, sentence)


def overfitting(evidence: Evidence, gates: Gates) -> Reason:
    """Whether what is best in one half of the sample is good in the other."""
    limit, search = gates.overfitting, evidence.search
    if (settled := _without_search("overfitting", evidence, gates)) or search is None:
        return settled or undefined("overfitting", limit, "Nothing is known of the trials.")
    if search.overfitting is None:
        return undefined("overfitting", limit, "There are too few returns to halve the sample so often.")
    passed = search.overfitting < limit
    sentence = (
        f"The trial that is best in one half of the sample is in the worse half of the other with a probability of"
        f" {search.overfitting:.2f}{_drawn(search)}, {'below' if passed else 'not below'} the limit of {limit:g}."
    )
    return Reason("overfitting", passed, search.overfitting, limit, sentence)


def snooping(evidence: Evidence, gates: Gates) -> Reason:
    """Whether a search as wide as this one finds as much by luck."""
    limit, search = gates.snooping, evidence.search
    if (settled := _without_search("snooping", evidence, gates)) or search is None:
        return settled or undefined("snooping", limit, "Nothing is known of the trials.")
    if search.p_value is None:
        return undefined(
            "snooping", limit, "The best trial cannot be tested: too few returns, or none moved."
        )
    passed = search.p_value <= limit
    sentence = (
        f"Were no trial better than cash, a search like this would do as well with a probability of"
        f" {search.p_value:.3f}{_drawn(search)}, {'at or below' if passed else 'above'} the limit of {limit:g}."
    )
    return Reason("snooping", passed, search.p_value, limit, sentence)


def _without_search(gate: str, evidence: Evidence, gates: Gates) -> Reason | None:
    """The answer where there was no search, or too little is known of it; None where there is something to test."""
    limit = {"overfitting": gates.overfitting, "snooping": gates.snooping}.get(gate, gates.deflated_sharpe)
    if evidence.trials == 1:
        sentence = f"{_once(evidence)}: nothing was chosen."
        return Reason(gate, passed=True, value=None, limit=limit, sentence=sentence)
    search = evidence.search
    known = search.known if search else 0
    if search is None or search.compared < 2 or known < gates.trials_known * evidence.trials:
        why = f": {search.why_not}" if search and search.why_not else ""
        sentence = (
            f"The returns of {known:,} of the {_trials(evidence.trials)} are known, and those of"
            f" {gates.trials_known:.0%} are needed to say anything about the choice{why}."
        )
        return undefined(gate, limit, sentence)
    return None


def _deflated(evidence: Evidence, *, trials: int, variance: float) -> float:
    sample = evidence.moments
    return deflated_sharpe_ratio(
        sample.sharpe,
        trials=trials,
        trials_variance=variance,
        observations=sample.observations,
        skewness=sample.skewness,
        kurtosis=sample.kurtosis,
    )


def _flat(evidence: Evidence) -> bool:
    return not math.isfinite(evidence.moments.sharpe)


def _trials(count: int) -> str:
    return f"{count:,} trial{'' if count == 1 else 's'}"


def _once(evidence: Evidence) -> str:
    return "There was one trial" if evidence.trials == 1 else f"The {_trials(evidence.trials)} are one"


def _drawn(search: SearchEvidence) -> str:
    if search.compared == search.drawn_from:
        return ""
    return f" (judged by {search.compared:,} of {search.drawn_from:,}, drawn at random)"
