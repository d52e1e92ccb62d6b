"""The client for Interactive Brokers: ib_async, or its forerunner ib_insync where only that is installed."""

from importlib import import_module
from types import ModuleType


def client() -> ModuleType:
    """The package, whichever it is; both have the same names."""
    try:
        return import_module("ib_async")
    except ModuleNotFoundError:
        return import_module("ib_insync")
