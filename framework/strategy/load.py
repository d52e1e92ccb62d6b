"""Strategies by name: a job writes ``module:STRATEGY``, and nothing in framework imports strategies."""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from framework.data.suggest import did_you_mean
from framework.errors import SpecError, StrategyError
from framework.strategy.base import Strategy


def load(spec: str) -> Strategy:
    """Import the strategy that `spec` names, such as ``"strategies.dual_momentum:STRATEGY"``.

    Raises
    ------
    SpecError
        `spec` does not parse, or there is no such module or name in it.
    StrategyError
        The module fails when imported, or what it names is not a frozen strategy.
    """
    path, _, name = spec.partition(":")
    if not (name.isidentifier() and all(part.isidentifier() for part in path.split("."))):
        raise SpecError(
            f"The strategy {spec!r} does not parse.",
            "A strategy is written module:NAME.",
            "Write it like strategies.dual_momentum:STRATEGY.",
        )
    return _checked(_named(_imported(path), name), spec)


def _imported(path: str) -> ModuleType:
    parent, _, leaf = path.rpartition(".")
    if not _exists(path):
        known = [module.name for module in iter_modules(_folder(parent))]
        raise SpecError(
            f"There is no module {path}.",
            f"{len(known)} modules lie in {parent or 'the search path'}."
            if parent
            else "Nothing of that name is installed.",
            did_you_mean(leaf, known),
        )
    try:
        return import_module(path)
    except Exception as error:
        raise StrategyError(
            f"{path} failed when imported: {type(error).__name__}: {error}",
            "A strategy's module imports without side effects or errors.",
            f"Run python -c 'import {path}' to see where.",
        ) from error


def _exists(path: str) -> bool:
    if path in sys.modules:
        return True
    try:
        return find_spec(path) is not None
    except ModuleNotFoundError:  # a parent is missing
        return False


def _folder(package: str) -> Sequence[str]:
    if not package or not _exists(package):
        return ()
    return list(getattr(import_module(package), "__path__", ()))


def _named(module: ModuleType, name: str) -> Any:
    if not hasattr(module, name):
        known = [
            word
            for word, value in vars(module).items()
            if isinstance(value, Strategy) and not isinstance(value, type)
        ]
        raise SpecError(
            f"{module.__name__} has no {name}.",
            "A strategy's file ends in an instance called STRATEGY.",
            did_you_mean(name, known),
        )
    return getattr(module, name)


def _checked(rule: Any, spec: str) -> Strategy:
    if isinstance(rule, type) or not isinstance(rule, Strategy):
        raise StrategyError(
            f"{spec} is a {type(rule).__name__}, not a strategy.",
            "A strategy is an instance with universe, warmup and weights(bars).",
            "Make STRATEGY an instance of the rule's class.",
        )
    if not _frozen(rule):
        raise StrategyError(
            f"{spec} is a {type(rule).__name__}, which can be changed after it was made.",
            "A strategy is a frozen dataclass, so that its parameters are what the record says.",
            "Decorate its class with @dataclass(frozen=True).",
        )
    return rule


def _frozen(rule: Any) -> bool:
    made_as = getattr(type(rule), "__dataclass_params__", None)
    return bool(made_as and made_as.frozen)
