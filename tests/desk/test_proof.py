"""What is proven before a sweep, and what is left to the sweep itself."""

from dataclasses import dataclass

import pytest

from framework.desk.proof import check_rule
from framework.desk.variants import Variants
from framework.desk.work import Work
from framework.errors import LooksAhead
from framework.strategy.signals import Declared, Signal, above

SETTINGS = {"capital": 1e5, "fill_at": "close", "size_at": "fill", "whole_shares": False, "kill_switch": None}


@dataclass(frozen=True)
class Tomorrow:
    """An indicator that no rule can have."""

    sessions: int = 1

    def on(self, bars):
        return bars.close.shift(-1)


@dataclass(frozen=True)
class Prophet(Declared):
    """Declares an indicator of its own, which the proof cannot know to be causal."""

    level: float = 0.0
    universe: tuple[str, ...] = ()

    @property
    def signal(self):
        return Signal(above(Tomorrow(), self.level))


def test_an_indicator_that_is_not_ours_is_put_to_the_proof(funds, costs):
    level = float(funds.close.iloc[:, 0].median())
    work = Work(Variants(Prophet, funds), funds, costs, SETTINGS, "each")
    with pytest.raises(LooksAhead):
        check_rule(work, {"level": level})


def broken(bars, part):
    return bars.close.loc["no such session"] * part


def test_a_rule_that_fails_is_left_to_be_counted(funds, costs):
    check_rule(Work(Variants(broken, funds), funds, costs, SETTINGS, "together"), {"part": 1.0})
