"""Two rules with the same identity give the same weights: what must change it does, what must not does not."""

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import strategies.moving_average_cross as cross
from framework.errors import StrategyError
from framework.strategy.identity import identity, name_of


@dataclass(frozen=True)
class Inner:
    decay: float = 0.5


@dataclass(frozen=True)
class TwoWindows:
    universe: tuple[str, ...] = ("KO", "PEP")
    inner: Inner = Inner()
    table: object = None


def threshold_rule(limit: object):
    def rule(bars):
        return bars.close > limit

    return rule


def test_a_strategy_is_named_after_its_file_and_hashed_by_it():
    source = Path(cross.__file__).read_bytes()
    assert identity(cross.STRATEGY) == {
        "name": "moving_average_cross",
        "parameters": {"fast": 50, "slow": 200, "universe": ["GOOG", "IBM"]},
        "code_hash": hashlib.sha256(source).hexdigest(),
    }


def test_a_parameter_changes_the_identity_and_nothing_else_of_it():
    other = identity(replace(cross.STRATEGY, fast=20))
    assert other["parameters"]["fast"] == 20
    assert other["code_hash"] == identity(cross.STRATEGY)["code_hash"]


def test_a_class_outside_strategies_is_named_in_snake_case():
    assert name_of(TwoWindows()) == "two_windows"


def test_parameters_may_nest():
    assert identity(TwoWindows())["parameters"] == {
        "universe": ["KO", "PEP"],
        "inner": {"decay": 0.5},
        "table": None,
    }


def test_a_parameter_that_the_record_cannot_hold_is_refused():
    with pytest.raises(StrategyError, match="The parameter table is a set"):
        identity(TwoWindows(table={1, 2}))


def test_a_function_is_told_apart_by_what_it_closes_over():
    three, four = identity(threshold_rule(3)), identity(threshold_rule(4))
    assert three["name"] == "rule"
    assert (three["parameters"], four["parameters"]) == ({"limit": 3}, {"limit": 4})
    assert three["code_hash"] == four["code_hash"]


def test_a_function_that_closes_over_a_table_is_refused():
    with pytest.raises(StrategyError, match="The parameter limit is a object"):
        identity(threshold_rule(object()))


NOTEBOOK = '''
from IPython.core.interactiveshell import InteractiveShell
from framework.strategy.identity import identity
cell = """
from dataclasses import dataclass
@dataclass(frozen=True)
class MyRule:
    universe: tuple = ("KO",)
    @property
    def warmup(self): return 1
    def weights(self, bars): return bars.close * {weight}
"""
shell = InteractiveShell.instance(history_length=0)
for weight in ("0.0", "0.0", "0.5"):
    shell.run_cell(cell.replace("{weight}", weight))
    print(identity(shell.user_ns["MyRule"]()))
'''

PROMPT = """
from framework.strategy.identity import identity
for weight in ("0.0", "0.0", "0.5"):
    exec(f"def my_rule(bars): return [bars.close * {weight} for _ in range(1)]")
    print(identity(my_rule))
"""


@pytest.mark.parametrize("typed", [NOTEBOOK, PROMPT], ids=["cell", "prompt"])
def test_what_is_typed_in_a_notebook_is_identified_by_what_was_typed(typed, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", typed],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "IPYTHONDIR": str(tmp_path)},
    )
    first, again, changed = done.stdout.strip().splitlines()
    assert "'name': 'my_rule'" in first
    assert first == again
    assert changed != first


def test_code_without_a_source_file_is_refused():
    with pytest.raises(StrategyError, match="The source of dict in builtins cannot be read"):
        identity({})
