"""What it means for a published answer to come out."""

import math

import pytest

from framework.errors import DataError
from framework.proof.reference import Outcome, Reference, computed


def reference(published, compute=lambda: 0.0, tolerance=0.0):
    return Reference(
        name="a figure", source="a paper", published=published, tolerance=tolerance, compute=compute
    )


@pytest.mark.parametrize(
    ("published", "found", "tolerance", "passed"),
    [
        (0.913, 0.9132343, 5e-4, True),
        (0.913, 0.9136, 5e-4, False),
        (66.0, 66.0, 0.0, True),
        (66.0, 67.0, 0.0, False),
        (0.5, math.nan, 1.0, False),
        (0.5, math.inf, 1.0, False),
        ("13:00", "13:00", 0.0, True),
        ("13:00", "16:00", 0.0, False),
        ("1", 1.0, 0.0, False),
        (1.0, "1.0", 0.0, False),
    ],
)
def test_it_comes_out_within_the_last_digit_that_was_printed(published, found, tolerance, passed):
    assert Outcome(reference(published, tolerance=tolerance), found).passed is passed


def test_an_error_of_ours_is_an_outcome_that_fails_and_another_is_raised():
    def refuse():
        raise DataError("There is no return.", "One is needed.", "Give one.")

    outcome = computed(reference(0.5, refuse))
    assert not outcome.passed
    assert outcome.found is None
    assert outcome.error.startswith("There is no return.")
    with pytest.raises(ZeroDivisionError):
        computed(reference(0.5, lambda: 1 / 0))
