"""The desk's names: all that a notebook imports.

They are loaded when first used, so that ``import framework`` and ``import framework.errors`` stay light.
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from framework.data.bars import Bars
    from framework.desk.backtest import backtest
    from framework.desk.compare import compare
    from framework.desk.judge import judge
    from framework.desk.load import load_bars
    from framework.desk.sweep import sweep
    from framework.desk.trials import trials
    from framework.desk.walk_forward import walk_forward
    from framework.strategy.weights import TargetWeights
    from framework.trading.costs import CostModel

__all__ = [
    "Bars",
    "CostModel",
    "TargetWeights",
    "backtest",
    "compare",
    "judge",
    "load_bars",
    "sweep",
    "trials",
    "walk_forward",
]

_HOMES: Final = {
    "Bars": "framework.data.bars",
    "CostModel": "framework.trading.costs",
    "TargetWeights": "framework.strategy.weights",
    "backtest": "framework.desk.backtest",
    "compare": "framework.desk.compare",
    "judge": "framework.desk.judge",
    "load_bars": "framework.desk.load",
    "sweep": "framework.desk.sweep",
    "trials": "framework.desk.trials",
    "walk_forward": "framework.desk.walk_forward",
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


if "IPython" in sys.modules:
    import_module("framework.desk.display").register()
