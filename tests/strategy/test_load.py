"""Strategies by name, with modules written for the occasion."""

import sys

import pytest

from framework.errors import SpecError, StrategyError
from framework.strategy.base import Strategy
from framework.strategy.load import load

GOOD = """
from dataclasses import dataclass
from framework.strategy.weights import TargetWeights

@dataclass(frozen=True)
class Rule:
    universe: tuple = ("KO",)
    warmup: int = 1
    def weights(self, bars):
        return TargetWeights(bars.close * 0.0)

STRATEGY = Rule()
NUMBER = 3
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write modules into a package of their own, which no other test sees."""
    package = tmp_path / "made_up_rules"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)

    def into(name: str, text: str) -> None:
        (package / f"{name}.py").write_text(text)

    yield into
    for module in [name for name in sys.modules if name.startswith("made_up_rules")]:
        del sys.modules[module]


def test_a_strategy_is_loaded_by_module_and_name(write):
    write("good", GOOD)
    rule = load("made_up_rules.good:STRATEGY")
    assert isinstance(rule, Strategy)
    assert rule.universe == ("KO",)
    assert load("strategies.dual_momentum:STRATEGY").lookback == 252


@pytest.mark.parametrize(
    "spec", ["", "strategies.dual_momentum", ":STRATEGY", "a b:C", "strategies/x.py:STRATEGY", "a:"]
)
def test_what_does_not_parse_is_shown_how(spec):
    with pytest.raises(SpecError, match=r"Write it like strategies\.dual_momentum:STRATEGY"):
        load(spec)


def test_a_misspelt_module_is_told_the_right_one():
    with pytest.raises(SpecError, match=r"no module strategies.dual_momentm.*Did you mean 'dual_momentum'"):
        load("strategies.dual_momentm:STRATEGY")


def test_a_module_in_no_package_is_told_so():
    with pytest.raises(SpecError, match=r"There is no module nowhere.at_all"):
        load("nowhere.at_all:STRATEGY")
    with pytest.raises(SpecError, match="There is no module nowhere_at_all"):
        load("nowhere_at_all:STRATEGY")


def test_a_misspelt_name_is_told_the_right_one(write):
    write("good", GOOD)
    with pytest.raises(SpecError, match=r"has no STRATGEY.*Did you mean 'STRATEGY'"):
        load("made_up_rules.good:STRATGEY")


def test_a_module_that_fails_says_how_and_keeps_its_cause(write):
    write("broken", "import numpy\n1 / 0\n")
    with pytest.raises(StrategyError, match="broken failed when imported: ZeroDivisionError") as caught:
        load("made_up_rules.broken:STRATEGY")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_a_missing_import_inside_a_module_is_not_taken_for_a_missing_module(write):
    write("needy", "import a_library_that_is_not_installed\n")
    with pytest.raises(StrategyError, match=r"ModuleNotFoundError.*a_library_that_is_not_installed"):
        load("made_up_rules.needy:STRATEGY")


@pytest.mark.parametrize("name", ["NUMBER", "Rule"])
def test_what_is_no_strategy_is_refused(write, name):
    write("good", GOOD)
    with pytest.raises(StrategyError, match="not a strategy"):
        load(f"made_up_rules.good:{name}")


def test_a_rule_that_can_be_changed_after_it_was_made_is_refused(write):
    write("thawed", GOOD.replace("(frozen=True)", ""))
    with pytest.raises(StrategyError, match=r"Decorate its class with @dataclass\(frozen=True\)"):
        load("made_up_rules.thawed:STRATEGY")
