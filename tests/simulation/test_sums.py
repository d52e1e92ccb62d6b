"""The exactly rounded sums against ``math.fsum``."""

from math import fsum

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from framework.simulation.sums import LANES, SCRATCH, every_bit, exact_sum

quick = settings(deadline=None)  # the first call compiles
NUMBERS = st.floats(min_value=-1e200, max_value=1e200, allow_subnormal=True)


def both(values):
    scratch = np.empty(SCRATCH)
    return exact_sum(values, len(values), scratch), every_bit(values, len(values), scratch)


@quick
@given(arrays("f8", st.integers(0, 40), elements=NUMBERS))
def test_a_sum_is_rounded_once(values):
    assert both(values) == (fsum(values), fsum(values))


@quick
@given(arrays("f8", st.integers(1, 12), elements=NUMBERS), st.integers(-2, 2))
def test_a_sum_survives_cancellation(values, units):
    mirrored = np.concatenate([values, -values[::-1] * (1.0 + units * 2.0**-52)])
    assert both(mirrored) == (fsum(mirrored), fsum(mirrored))


@quick
@given(st.lists(st.integers(-80, 80), min_size=2, max_size=12), st.integers(0, 2**12 - 1))
def test_a_sum_of_powers_of_two_breaks_ties_to_even(exponents, signs):
    values = np.array([(-1.0) ** (signs >> i & 1) * 2.0**power for i, power in enumerate(exponents)])
    assert both(values) == (fsum(values), fsum(values))


@quick
@given(st.integers(0, 2**32 - 1), st.integers(4 * LANES - 2, 20 * LANES), st.sampled_from([0, 3, 40, 600]))
def test_a_long_sum_is_rounded_once_whichever_way_it_is_taken(seed, count, decades):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=count) * 2.0 ** rng.integers(-decades, decades + 1, count)
    mirrored = rng.permutation(np.concatenate([values, -values[::-1] * (1.0 + 2.0**-52)]))
    for terms in (values, np.abs(values), mirrored):
        assert both(terms) == (fsum(terms), fsum(terms))


@quick
@given(st.integers(0, 2**32 - 1), st.integers(1, 8))
def test_a_long_sum_that_ends_in_a_tie_is_rounded_to_even(seed, ties):
    rng = np.random.default_rng(seed)
    values = rng.permutation(np.concatenate([[1.0], np.zeros(6 * LANES), np.full(ties, 2.0**-54)]))
    assert both(values) == (fsum(values), fsum(values))
