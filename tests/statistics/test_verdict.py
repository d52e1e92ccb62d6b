import json
import math
from dataclasses import FrozenInstanceError, replace

import pytest

from framework.statistics import (
    Evidence,
    Gates,
    Moments,
    Neighbours,
    SearchEvidence,
    Verdict,
    deflated_sharpe_ratio,
    minimum_backtest_length,
    minimum_track_record_length,
    probabilistic_sharpe_ratio,
)

SEARCH = SearchEvidence(
    known=12,
    compared=12,
    drawn_from=12,
    overfitting=0.21,
    p_value=0.012,
    clusters=5,
    clusters_variance=0.0003,
)
AROUND = Neighbours(sharpes=(0.06, 0.10, 0.11, 0.13), parameters=("lookback", "holding"))

PROMISING = Evidence(
    moments=Moments(sharpe=0.12, observations=1_000, skewness=-0.3, kurtosis=5.0),
    trials=12,
    trials_variance=0.0004,
    net_return=0.9,
    benchmark_return=0.5,
    causal=True,
    causality="5 cuts and 4,210 rows compared",
    second_engine="vectorbt 1.2.0",
    engines_difference=3.1e-14,
    stressed_return=0.4,
    search=SEARCH,
    neighbours=AROUND,
)
GATES = [
    "deflated_sharpe",
    "effective_trials",
    "probabilistic_sharpe",
    "track_record",
    "backtest_length",
    "overfitting",
    "snooping",
    "plateau",
    "beats_benchmark",
    "costs",
    "sessions",
    "causality",
    "engines",
]


def test_all_gates_passed_is_promoted_with_every_reason():
    verdict = Verdict.decide(PROMISING)
    assert verdict.promoted
    assert [reason.gate for reason in verdict.reasons] == GATES
    assert all(reason.passed for reason in verdict.reasons)
    assert verdict.failed == ()
    assert verdict.trials == 12
    found = {reason.gate: reason for reason in verdict.reasons}
    assert [reason.sentence for reason in verdict.reasons] == [
        f"The deflated Sharpe ratio is {found['deflated_sharpe'].value:.4f}, at or above the limit of 0.95, "
        "with 12 trials counted.",
        "The 12 trials amount to 5 that differ; deflated by those, the Sharpe ratio is "
        f"{found['effective_trials'].value:.4f}, at or above the limit of 0.95.",
        "Were this the only trial, the true Sharpe ratio would be above zero with a probability of "
        f"{found['probabilistic_sharpe'].value:.4f}, at or above the limit of 0.95.",
        "To tell a Sharpe ratio of 1.90 a year from zero takes 199 returns; there are 1,000.",
        "With 5 trials that differ, luck alone is expected to show a Sharpe ratio of 1.90 a year in a backtest of "
        "0.4 years; this one has 4.0.",
        "The trial that is best in one half of the sample is in the worse half of the other with a probability of "
        "0.21, below the limit of 0.5.",
        "Were no trial better than cash, a search like this would do as well with a probability of 0.012, "
        "at or below the limit of 0.05.",
        "With lookback or holding a fifth lower or higher, the Sharpe ratio is 1.67 a year in the median: "
        "88% of its own, at or above the limit of 50%.",
        "At 2 times the assumed costs the net return is +90.00%, above the benchmark's +50.00%.",
        "At 4 times the assumed costs the net return is +40.00%, above zero.",
        "The backtest has 1,000 returns, at least the 756 required.",
        "The rule is proven causal: 5 cuts and 4,210 rows compared.",
        "vectorbt 1.2.0 agrees: the worths differ by 3.1e-14 of the capital, limit 1e-09.",
    ]


def test_each_figure_of_luck_is_that_of_its_function():
    found = {reason.gate: reason for reason in Verdict.decide(PROMISING).reasons}
    sample = PROMISING.moments
    shape = {"skewness": sample.skewness, "kurtosis": sample.kurtosis}
    assert found["effective_trials"].value == deflated_sharpe_ratio(
        sample.sharpe, trials=5, trials_variance=0.0003, observations=1_000, **shape
    )
    assert found["probabilistic_sharpe"].value == probabilistic_sharpe_ratio(
        sample.sharpe, benchmark=0.0, observations=1_000, **shape
    )
    length = minimum_track_record_length(sample.sharpe, benchmark=0.0, **shape)
    assert found["track_record"].limit == math.ceil(length)
    assert found["backtest_length"].limit == minimum_backtest_length(5, target_sharpe=0.12 * 252**0.5)
    assert found["backtest_length"].value == 1_000 / 252
    assert found["plateau"].value == pytest.approx(0.105 / 0.12)


def test_one_trial_was_not_chosen_and_a_search_without_returns_is_not_trusted():
    alone = Verdict.decide(replace(PROMISING, trials=1, search=None))
    assert alone.promoted
    chosen = {reason.gate: reason.sentence for reason in alone.reasons}
    for gate in ("effective_trials", "overfitting", "snooping", "backtest_length"):
        assert chosen[gate].startswith("There was one trial: ")
    unknown = Verdict.decide(replace(PROMISING, search=replace(SEARCH, known=5, why_not="7 had other code")))
    assert [reason.gate for reason in unknown.failed] == ["effective_trials", "overfitting", "snooping"]
    assert unknown.failed[1].sentence == (
        "The returns of 5 of the 12 trials are known, and those of 50% are needed to say anything about the choice: "
        "7 had other code."
    )
    assert not Verdict.decide(replace(PROMISING, search=None)).promoted


def test_a_part_of_the_search_is_named_as_such():
    drawn = Verdict.decide(replace(PROMISING, search=replace(SEARCH, compared=6)))
    assert "0.21 (judged by 6 of 12, drawn at random), below" in drawn.reasons[5].sentence


def test_copies_of_one_trial_do_not_hide_how_far_apart_the_trials_are():
    padded = replace(
        PROMISING,
        trials=2_000,
        trials_variance=1e-6,  # nearly all of them alike
        search=replace(SEARCH, known=2_000, compared=2_000, drawn_from=2_000, clusters_variance=0.004),
    )
    assert [reason.gate for reason in Verdict.decide(padded).failed] == ["effective_trials"]


def test_the_deflated_sharpe_ratio_is_the_published_one():
    # Bailey and Lopez de Prado's example (2014): 0.9004 is not enough
    daily = math.sqrt(250.0)
    example = replace(
        PROMISING,
        moments=Moments(sharpe=2.5 / daily, observations=1250, skewness=-3.0, kurtosis=10.0),
        trials=100,
        trials_variance=0.5 / 250.0,
        search=replace(SEARCH, known=100, compared=100, drawn_from=100),
    )
    verdict = Verdict.decide(example)
    assert not verdict.promoted
    assert [reason.gate for reason in verdict.failed] == ["deflated_sharpe"]
    assert verdict.failed[0].value == pytest.approx(0.9003968344, abs=5e-11)
    assert verdict.failed[0].sentence == (
        "The deflated Sharpe ratio is 0.9004, below the limit of 0.95, with 100 trials counted."
    )


@pytest.mark.parametrize(
    ("change", "gate", "words"),
    [
        (
            {"trials": 100_000, "trials_variance": 0.01, "search": replace(SEARCH, known=100_000)},
            "deflated_sharpe",
            "below the limit",
        ),
        ({"search": replace(SEARCH, clusters_variance=0.01)}, "effective_trials", "below the limit"),
        ({"search": replace(SEARCH, clusters=None)}, "effective_trials", "cannot be told apart"),
        ({"search": replace(SEARCH, overfitting=0.5)}, "overfitting", "not below the limit of 0.5"),
        ({"search": replace(SEARCH, overfitting=None)}, "overfitting", "too few returns"),
        ({"search": replace(SEARCH, p_value=0.06)}, "snooping", "above the limit of 0.05"),
        ({"search": replace(SEARCH, p_value=None)}, "snooping", "cannot be tested"),
        ({"neighbours": replace(AROUND, sharpes=(0.05, 0.01))}, "plateau", "below the limit of 50%"),
        ({"neighbours": None}, "plateau", "they were not looked at"),
        ({"neighbours": replace(AROUND, sharpes=())}, "plateau", "none of them can be made"),
        ({"stressed_return": -0.01}, "costs", "not above zero"),
        ({"stressed_return": None}, "costs", "does not survive"),
        ({"net_return": 0.5}, "beats_benchmark", "not above the benchmark's"),
        ({"net_return": None}, "beats_benchmark", "does not survive"),
        ({"net_return": math.nan}, "beats_benchmark", "does not survive"),
        ({"benchmark_return": None}, "beats_benchmark", "no benchmark to beat"),
        ({"causal": False, "causality": ""}, "causality", "is not proven causal."),
        ({"engines_difference": 2e-9}, "engines", "vectorbt 1.2.0 disagrees"),
        ({"engines_difference": None}, "engines", "No second engine"),
        ({"engines_difference": math.nan}, "engines", "No second engine"),
    ],
)
def test_one_failed_gate_is_enough_and_the_other_reasons_are_still_given(change, gate, words):
    verdict = Verdict.decide(replace(PROMISING, **change))
    assert not verdict.promoted
    assert [reason.gate for reason in verdict.failed] == [gate]
    assert words in verdict.failed[0].sentence
    assert [reason.gate for reason in verdict.reasons] == GATES


def test_three_years_of_sessions_are_required():
    short = replace(PROMISING, moments=replace(PROMISING.moments, observations=755))
    assert "755 returns, fewer than the 756 required" in Verdict.decide(short).failed[-1].sentence
    assert "sessions" not in {
        reason.gate
        for reason in Verdict.decide(
            replace(PROMISING, moments=replace(PROMISING.moments, observations=756))
        ).failed
    }


def test_a_flat_backtest_is_rejected_and_not_an_error():
    nothing = Moments(sharpe=math.nan, observations=800, skewness=math.nan, kurtosis=math.nan)
    verdict = Verdict.decide(
        replace(PROMISING, moments=nothing, net_return=0.0, benchmark_return=0.0, trials=1)
    )
    assert [reason.gate for reason in verdict.failed] == [
        "deflated_sharpe",
        "probabilistic_sharpe",
        "track_record",
        "plateau",
        "beats_benchmark",
    ]
    assert "every return is the same (with 1 trial counted)" in verdict.failed[0].sentence
    json.dumps(verdict.to_dict(), allow_nan=False)


def test_each_further_trial_makes_the_gate_harder():
    values = [Verdict.decide(replace(PROMISING, trials=n)).reasons[0].value for n in (1, 2, 10, 100, 1_000)]
    assert values == sorted(values, reverse=True)
    assert len(set(values)) == 5
    shape = PROMISING.moments
    assert values[2] == deflated_sharpe_ratio(
        shape.sharpe,
        trials=10,
        trials_variance=0.0004,
        observations=shape.observations,
        skewness=shape.skewness,
        kurtosis=shape.kurtosis,
    )


def test_a_rule_without_a_number_has_nothing_that_was_chosen():
    plain = Verdict.decide(replace(PROMISING, neighbours=Neighbours()))
    assert plain.promoted
    assert "no number that could have been chosen" in plain.reasons[7].sentence


def test_a_losing_rule_fails_for_every_reason_that_a_loss_gives():
    losing = replace(PROMISING, moments=replace(PROMISING.moments, sharpe=-0.02), net_return=-0.3)
    failed = {reason.gate: reason for reason in Verdict.decide(losing).failed}
    assert set(failed) == {*GATES[:5], "plateau", "beats_benchmark"}
    assert failed["track_record"].sentence.startswith("No track record is long enough")
    assert failed["backtest_length"].limit is None
    json.dumps(Verdict.decide(losing).to_dict(), allow_nan=False)


def test_a_verdict_from_before_there_were_as_many_gates_is_read():
    record = Verdict.decide(PROMISING).to_dict()
    old = record | {
        "reasons": [each for each in record["reasons"] if each["gate"] in ("deflated_sharpe", "engines")],
        "gates": {"deflated_sharpe": 0.95, "cost_multiple": 2.0, "sessions": 756, "engines_difference": 1e-9},
    }
    read = Verdict.from_dict(old)
    assert [reason.gate for reason in read.reasons] == ["deflated_sharpe", "engines"]
    assert read.promoted


def test_gates_are_fixed_in_advance_and_kept_with_the_verdict():
    strict = Gates(deflated_sharpe=0.9999)
    verdict = Verdict.decide(PROMISING, strict)
    assert not verdict.promoted
    assert verdict.gates == strict
    with pytest.raises(FrozenInstanceError):
        strict.deflated_sharpe = 0.5


@pytest.mark.parametrize(
    "change", [{}, {"net_return": None, "engines_difference": math.nan}, {"benchmark_return": math.inf}]
)
def test_a_verdict_survives_json_bit_for_bit(change):
    verdict = Verdict.decide(replace(PROMISING, **change), Gates(deflated_sharpe=0.1 + 0.2))
    text = json.dumps(verdict.to_dict(), allow_nan=False)
    assert Verdict.from_dict(json.loads(text)) == verdict
