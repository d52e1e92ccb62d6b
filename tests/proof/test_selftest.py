"""Every reference comes out, says where it is printed, and could fail."""

import pytest

from framework.errors import SpecError
from framework.proof.reference import Outcome
from framework.proof.selftest import checked, collected

EVERY = collected()


@pytest.mark.parametrize("pair", EVERY, ids=[reference.name for _, reference in EVERY])
def test_it_comes_out_as_published(pair):
    (one,) = checked([pair])
    assert one.outcome.passed, one.outcome
    assert one.subject == pair[0]
    assert len(pair[1].source) > 8


@pytest.mark.parametrize("pair", EVERY, ids=[reference.name for _, reference in EVERY])
def test_a_wrong_answer_would_be_seen(pair):
    reference = pair[1]
    wrong = (
        "nothing"
        if isinstance(reference.published, str)
        else reference.published + 2.0 * reference.tolerance + 1e-3
    )
    assert not Outcome(reference, wrong).passed


def test_there_are_at_least_forty_and_none_stands_twice():
    names = [reference.name for _, reference in EVERY]
    assert len(names) >= 40
    assert len(set(names)) == len(names)


def test_words_choose_by_subject_and_by_name():
    chosen = collected(("sortino", "EXCHANGE"))
    assert {subject for subject, _ in chosen} == {"Ratios, risk and return", "Exchange sessions"}
    assert all("Sortino" in reference.name for subject, reference in chosen if subject.startswith("Ratios"))
    with pytest.raises(SpecError, match="No reference speaks of alchemy"):
        collected(("alchemy",))


def test_whoever_watches_is_told_each_name_before_it_is_computed():
    seen = []
    pairs = collected(("SHA-256",))
    outcomes = checked(pairs, progress=seen.append)
    next(outcomes)
    assert seen == [pairs[0][1].name]
    assert len(list(outcomes)) == len(pairs) - 1
