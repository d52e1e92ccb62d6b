import json
import math
from dataclasses import FrozenInstanceError, replace

import pytest

from framework.statistics import Evidence, Gates, Moments, Verdict, deflated_sharpe_ratio

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
)
GATES = ["deflated_sharpe", "beats_benchmark", "sessions", "causality", "engines"]


def test_all_gates_passed_is_promoted_with_every_reason():
    verdict = Verdict.decide(PROMISING)
    assert verdict.promoted
    assert [reason.gate for reason in verdict.reasons] == GATES
    assert all(reason.passed for reason in verdict.reasons)
    assert verdict.failed == ()
    assert verdict.trials == 12
    assert [reason.sentence for reason in verdict.reasons] == [
        f"The deflated Sharpe ratio is {verdict.reasons[0].value:.4f}, at or above the limit of 0.95, "
        "with 12 trials counted.",
        "At 2 times the assumed costs the net return is +90.00%, above the benchmark's +50.00%.",
        "The backtest has 1,000 returns, at least the 756 required.",
        "The rule is proven causal: 5 cuts and 4,210 rows compared.",
        "vectorbt 1.2.0 agrees: the worths differ by 3.1e-14 of the capital, limit 1e-09.",
    ]


def test_the_deflated_sharpe_ratio_is_the_published_one():
    # Bailey and Lopez de Prado's example (2014): 0.9004 is not enough
    daily = math.sqrt(250.0)
    example = replace(
        PROMISING,
        moments=Moments(sharpe=2.5 / daily, observations=1250, skewness=-3.0, kurtosis=10.0),
        trials=100,
        trials_variance=0.5 / 250.0,
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
        ({"trials": 100_000, "trials_variance": 0.01}, "deflated_sharpe", "below the limit"),
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
    assert [reason.gate for reason in verdict.failed] == ["deflated_sharpe", "beats_benchmark"]
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
