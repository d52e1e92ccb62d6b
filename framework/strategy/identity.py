"""What a rule is, for the record: its name, its parameters and the hash of its source."""

import hashlib
import inspect
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from framework.errors import StrategyError


def identity(rule: Any) -> dict[str, Any]:
    """Name, parameters and code hash of a strategy, or of a function from bars to weights.

    Two rules with the same identity give the same weights on the same bars: it is what a trial is counted
    by. Parameters are plain JSON values.

    Returns
    -------
    dict
        ``name``: the module's last name, or the class or function's own name in snake case where it was
        written in a notebook. ``parameters``: fields of the dataclass, or the values that a function closes
        over. ``code_hash``: SHA-256 (hex) of the module's source, or of the code itself in a notebook.

    Raises
    ------
    StrategyError
        A parameter that is not a plain value, or code that cannot be read back.
    """
    return {"name": name_of(rule), "parameters": _parameters(rule), "code_hash": _code_hash(rule)}


def name_of(rule: Any) -> str:
    """What the record calls `rule`: its file, or its own name in snake case."""
    subject = _subject(rule)
    if subject.__module__.startswith("strategies."):
        return str(subject.__module__.rpartition(".")[2])
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", subject.__name__).lower().replace("<lambda>", "unnamed")


def _subject(rule: Any) -> Any:
    """The class or function that the code of `rule` belongs to."""
    return rule if inspect.isfunction(rule) or inspect.isclass(rule) else type(rule)


def _parameters(rule: Any) -> dict[str, Any]:
    if is_dataclass(rule) and not isinstance(rule, type):
        return {field.name: _plain(getattr(rule, field.name), field.name) for field in fields(rule)}
    if inspect.isfunction(rule):
        return {
            name: _plain(value, name)
            for name, value in sorted(inspect.getclosurevars(rule).nonlocals.items())
        }
    return {}


def _plain(value: Any, name: str) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple | list):
        return [_plain(item, name) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item, name) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return _parameters(value)
    raise StrategyError(
        f"The parameter {name} is a {type(value).__name__}.",
        "Parameters are numbers, words, and tuples or dataclasses of them, so that the record can hold them.",
        "Pass plain values and build the rest inside weights().",
    )


def _code_hash(rule: Any) -> str:
    subject = _subject(rule)
    file = inspect.getsourcefile(subject) if subject.__module__ != "__main__" else None
    source = Path(file).read_bytes() if file else inspect.getsource(subject).encode()
    return hashlib.sha256(source).hexdigest()
