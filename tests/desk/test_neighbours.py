"""Rules with their numbers a little lower and a little higher."""

from dataclasses import dataclass

import pandas as pd
import pytest

from framework import TargetWeights, backtest, walk_forward
from framework.desk.neighbours import neighbours, numbers_of, varied
from framework.simulation.again import again, sharpe_of
from strategies.dual_momentum import DualMomentum
from strategies.moving_average_cross import MovingAverageCross


@dataclass(frozen=True)
class Odd:
    """Numbers of every kind, one of which bears no change."""

    whole: int = 2
    part: float = 0.5
    off: float = 0.0
    flag: bool = True
    name: str = "x"
    universe: tuple[str, ...] = ()
    warmup: int = 0

    def weights(self, bars):
        if self.part > 0.5:
            raise ValueError("too much")
        return TargetWeights(bars.close * 0.0 + self.part / len(bars.symbols) / self.whole)


def test_only_numbers_are_varied_and_whole_ones_by_one_at_least():
    assert numbers_of(Odd()) == ("whole", "part")
    assert (varied(Odd(), {"whole": 1.2}).whole, varied(Odd(), {"whole": 0.8}).whole) == (3, 1)
    assert varied(Odd(), {"part": 0.8}) == Odd(part=0.4)
    assert varied(DualMomentum(), {"lookback": 1.2}).lookback == 302


def test_a_neighbour_that_cannot_decide_is_left_out(home, funds, costs):
    result = backtest(Odd(universe=funds.symbols), funds, costs)
    found = neighbours(result, result.subject.rule)
    assert found.parameters == ("whole", "part")
    assert len(found.sharpes) == 3
    weights = Odd(whole=3, universe=funds.symbols).weights(funds)
    assert found.sharpes[1] == sharpe_of(again(result, weights=weights))


def test_what_has_no_names_says_so(home, funds, costs):
    given = backtest(TargetWeights(funds.close * 0.0 + 0.2), funds, costs)
    assert neighbours(given, given.subject.rule).why_not == "weights were given as numbers"


def test_all_the_choices_of_a_walk_forward_are_varied_together(home, funds, costs):
    walked = walk_forward(
        MovingAverageCross, {"fast": [10, 20], "slow": [100]}, funds, costs=costs, train=504, test=900
    )
    found = neighbours(walked, walked.subject.rule)
    assert found.parameters == ("fast", "slow")
    assert len(found.sharpes) == 4
    shorter = varied(walked.subject.rule, {"slow": 0.8})
    assert {turn.rule.slow for turn in shorter.turns} == {80}
    changed = again(walked, weights=shorter.weights(walked.bars))
    assert found.sharpes[2] == pytest.approx(sharpe_of(changed), rel=1e-12)
    assert isinstance(changed.worth, pd.Series)
