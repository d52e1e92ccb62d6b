"""The unit of a sweep's work: it travels, and comes to the same elsewhere."""

import pickle
from dataclasses import dataclass

import numpy as np
import pytest

from framework import TargetWeights
from framework.desk.variants import Variants
from framework.desk.work import Work, narrow
from framework.errors import SpecError
from strategies.moving_average_cross import MovingAverageCross

SETTINGS = {"capital": 1e5, "fill_at": "close", "size_at": "fill", "whole_shares": False, "kill_switch": None}
CHUNK = [{"fast": 5, "slow": 20}, {"fast": 0, "slow": 20}, {"fast": 20, "slow": 50}]


@pytest.mark.parametrize("accounts", ["together", "each", "columns"])
def test_work_that_has_begun_travels_and_comes_to_the_same(accounts, funds, costs):
    work = Work(Variants(MovingAverageCross, funds), funds, costs, SETTINGS, accounts)
    figures, errors = work.evaluated(CHUNK)
    again, told = pickle.loads(pickle.dumps(work)).evaluated(CHUNK)  # noqa: S301 - our own bytes
    assert figures.tobytes() == again.tobytes()
    assert errors == told
    assert set(errors) == set(range(work.width, 2 * work.width))
    assert np.isnan(figures[1]).all()
    assert np.isfinite(figures[[0, 2]]).all()


def test_a_chunk_is_as_large_as_the_memory_allows(funds, costs):
    work = Work(Variants(MovingAverageCross, funds), funds, costs, SETTINGS, "each")
    assert work.chunk_within("1GiB", 50_000) == 5_000
    assert 1 <= work.chunk_within("18MiB", 1_000) < 1_000
    with pytest.raises(SpecError, match="limit given"):
        work.chunk_within("10MiB", 1_000)


@dataclass(frozen=True)
class Fixed:
    """A rule whose universe is no field."""

    part: float = 0.5
    warmup: int = 0

    @property
    def universe(self):
        return ("MTUM", "QUAL")

    def weights(self, bars):
        return TargetWeights(bars.close * 0.0 + self.part / len(bars.symbols))


def test_a_rule_over_one_symbol_needs_a_universe_to_set(funds):
    with pytest.raises(SpecError, match="no field `universe`"):
        narrow(Variants(Fixed(), funds), funds)
