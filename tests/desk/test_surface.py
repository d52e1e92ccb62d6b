"""What `from framework import ...` gives, and how little it costs."""

import subprocess
import sys
from pathlib import Path

import pytest

import framework

ROOT = Path(framework.__path__[0]).parent
HEAVY = {"pandas", "numpy", "sqlalchemy", "psycopg", "vectorbt", "numba", "plotly", "IPython"}


def modules_after(statement: str) -> set[str]:
    probe = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


@pytest.mark.parametrize("statement", ["import framework", "import framework.errors"])
def test_importing_the_package_imports_nothing_heavy(statement):
    assert not modules_after(statement) & HEAVY


def test_a_backtest_touches_no_database_driver_and_no_second_engine():
    loaded = modules_after("from framework import backtest, load_bars, CostModel, compare")
    assert "pandas" in loaded
    assert not loaded & {"sqlalchemy", "psycopg", "vectorbt", "numba", "plotly", "IPython"}


def test_every_name_is_there_and_listed():
    for name in framework.__all__:
        assert getattr(framework, name).__name__ == name
        assert name in dir(framework)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'swep'"):
        framework.swep  # noqa: B018
