"""What a rule is, for the record: its name, its parameters and the hash of its source."""

import hashlib
import inspect
import re
import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import CodeType, FunctionType
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
    written_in_notebook = subject.__module__ == "__main__"
    source = _own_source(subject).encode() if written_in_notebook else _module_source(subject)
    return hashlib.sha256(source).hexdigest()


def _module_source(subject: Any) -> bytes:
    file = getattr(sys.modules.get(subject.__module__), "__file__", None)
    if file is None or not file.endswith(".py"):
        raise StrategyError(
            f"The source of {subject.__qualname__} in {subject.__module__} cannot be read.",
            "A rule is identified by the hash of its source.",
            "Write it in a module or in a notebook.",
        )
    return Path(file).read_bytes()


def _own_source(subject: Any) -> str:
    """What was typed for a function or for the methods of a class; @dataclass writes the rest, from the fields."""
    if inspect.isfunction(subject):
        return _source(subject)
    members = [getattr(each, "fget", each) for each in vars(subject).values()]
    methods = [each for each in members if inspect.isfunction(each) and not _is_generated(each)]
    return "\n".join(_source(each) for each in methods)


def _is_generated(function: FunctionType) -> bool:
    return function.__code__.co_filename == "<string>" and function.__name__.startswith("__")


def _source(function: FunctionType) -> str:
    try:
        return inspect.getsource(function)
    except OSError:  # typed at a prompt that keeps no history: its instructions will do
        return _instructions(function.__code__)


def _instructions(code: CodeType) -> str:
    constants = [_instructions(each) if isinstance(each, CodeType) else repr(each) for each in code.co_consts]
    return " ".join([code.co_code.hex(), *constants, *code.co_names])
