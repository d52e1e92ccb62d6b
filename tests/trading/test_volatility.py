import math

import numpy as np
import pytest

from framework.errors import SpecError
from framework.trading.volatility import VolatilityTarget

TARGET = VolatilityTarget(per_year=0.1, sessions=4, max_gross=2.0)
HOLD = [math.nan, math.nan]


def test_a_row_is_scaled_to_what_it_would_have_had():
    """Returns of +-1 % in turn: deviation 0.01 * root(4/3), a year's root 252 times that; half of it is owned."""
    returns = np.array([[0.01, 0.0], [-0.01, 0.0], [0.01, 0.0], [-0.01, 0.0]])
    scaled = TARGET.scaled(np.array([HOLD, HOLD, HOLD, [0.5, 0.0]]), returns)
    deviation = 0.5 * 0.01 * math.sqrt(4.0 / 3.0) * math.sqrt(252.0)
    assert scaled[3].tolist() == pytest.approx([0.5 * 0.1 / deviation, 0.0], rel=1e-12)
    assert np.isnan(scaled[:3]).all()


def test_symbols_that_offset_each_other_offset_each_other():
    rng = np.random.default_rng(0)
    moves = rng.normal(0.0, 0.01, (6, 1))
    scaled = TARGET.scaled(np.tile([[0.5, -0.5]], (6, 1)), np.hstack([moves, moves]))
    np.testing.assert_allclose(np.abs(scaled[3:]).sum(axis=1), 2.0, rtol=1e-15)  # no risk: up to the limit


def test_a_row_with_a_symbol_too_young_is_not_scaled_but_limited():
    returns = (
        np.full((6, 2), 0.01) * np.array([[1.0, -1.0]] * 6) * np.array([[1], [-1], [1], [-1], [1], [-1]])
    )
    returns[:4, 1] = np.nan
    scaled = TARGET.scaled(np.array([[0.5, 0.5]] * 6), returns)
    assert scaled.tolist() == [[0.5, 0.5]] * 6
    alone = TARGET.scaled(np.array([[0.5, 0.0]] * 6), returns)
    assert alone[2].tolist() == [0.5, 0.0]
    assert alone[3, 0] > 0.5  # four returns of the only symbol that is owned
    tight = VolatilityTarget(per_year=0.1, sessions=4, max_gross=0.5)
    assert tight.scaled(np.array([[0.5, 0.5]] * 6), returns).tolist() == [[0.25, 0.25]] * 6


def test_a_row_of_nothing_stays_one():
    assert TARGET.scaled(np.zeros((5, 2)), np.full((5, 2), 0.01)).tolist() == [[0.0, 0.0]] * 5


def test_what_comes_later_changes_no_row():
    rng = np.random.default_rng(1)
    weights, returns = rng.random((20, 3)) / 3.0, rng.normal(0.0, 0.01, (20, 3))
    np.testing.assert_array_equal(
        TARGET.scaled(weights, returns)[:12], TARGET.scaled(weights[:12], returns[:12])
    )


@pytest.mark.parametrize(
    "asked",
    [{"per_year": 0.0}, {"per_year": math.nan}, {"sessions": 1}, {"sessions": 2.5}, {"max_gross": -1.0}],
)
def test_nonsense_is_refused_by_name(asked):
    with pytest.raises(SpecError, match=f"{next(iter(asked))} of the volatility target"):
        VolatilityTarget(**({"per_year": 0.1} | asked))
