"""What a notebook may not contain and be given, judged before its first cell runs."""

import ast
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from framework.data.suggest import did_you_mean
from framework.errors import NotebookRefused

TAG = "parameters"
REFUSED_TAGS = {
    "raises-exception": "lets later cells run after this one has failed",
    "skip-execution": "skips the cell without a word",
    "injected-parameters": "marks this as a notebook that was executed already",
}
SECRET = re.compile(r"secret|passw|token|credential|(api|access|private|auth)_?key", re.IGNORECASE)
PLAIN = (str, bool, int, float, type(None))
SHELL_CALLS = {"system", "getoutput", "system_raw", "system_piped"}
SHELL_MAGICS = {
    "system",
    "sx",
    "sc",
    "bash",
    "sh",
    "script",
    "perl",
    "ruby",
    "pypy",
    "python",
    "python2",
    "python3",
}


def refuse_unsafe(notebook: Any, parameters: Mapping[str, Any]) -> None:
    """Refuse what papermill would pass silently.

    Raises
    ------
    NotebookRefused
        No cell or several tagged ``parameters``; a parameter that it does not have, or of another type than its
        default; a parameter that looks like a secret; a tag that hides failures; a shell command; a cell that is not
        Python.
    """
    trees = [(number, _tree(number, cell)) for number, cell in code_cells(notebook)]
    _refuse_tags(notebook)
    defaults = _defaults(notebook)
    for name in (*defaults, *parameters):
        _refuse_secret(name)
    for name, value in parameters.items():
        _refuse_parameter(name, value, defaults)
    for number, tree in trees:
        _refuse_shell(number, tree)
        _refuse_exit(number, tree)


def code_cells(notebook: Any) -> Iterator[tuple[int, Any]]:
    """Each code cell that has something in it, with its number counted from 1 over all cells."""
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "code" and cell.source.strip():
            yield number, cell


def _refuse_tags(notebook: Any) -> None:
    for number, cell in enumerate(notebook.cells, start=1):
        for tag in cell.metadata.get("tags", []):
            if tag in REFUSED_TAGS:
                raise NotebookRefused(
                    f"Cell {number} is tagged {tag!r}.",
                    f"That tag {REFUSED_TAGS[tag]}.",
                    "Remove the tag, or start again from the notebook in the repository.",
                )


def _defaults(notebook: Any) -> dict[str, Any]:
    tagged = [(number, cell) for number, cell in code_cells(notebook) if TAG in cell.metadata.get("tags", [])]
    if len(tagged) != 1:
        raise NotebookRefused(
            f"The notebook has {len(tagged) or 'no'} cells tagged {TAG!r}.",
            "It has exactly one; otherwise what is passed in would be overwritten by the defaults.",
            f"Tag the cell that assigns the defaults with {TAG!r} (JupyterLab: Property Inspector, Cell Tags).",
        )
    number, cell = tagged[0]
    return dict(_assignments(_tree(number, cell)))


def _assignments(tree: ast.Module) -> Iterator[tuple[str, Any]]:
    for statement in tree.body:
        targets = (
            statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        )
        for target in targets:
            if isinstance(target, ast.Name) and isinstance(statement, ast.Assign | ast.AnnAssign):
                yield target.id, _literal(statement.value)


def _literal(value: ast.expr | None) -> Any:
    try:
        return None if value is None else ast.literal_eval(value)
    except ValueError:
        return None  # computed from something: its type is not known before it runs


def _refuse_secret(name: str) -> None:
    if SECRET.search(name):
        raise NotebookRefused(
            f"Parameter {name!r} looks like a secret.",
            "Parameters are stored in the executed notebook, which is published.",
            "Read secrets from a file that the job's YAML names.",
        )


def _refuse_parameter(name: str, value: Any, defaults: Mapping[str, Any]) -> None:
    if name not in defaults:
        raise NotebookRefused(
            f"The notebook has no parameter {name!r}.",
            f"Its parameters are {', '.join(defaults) or 'none'}.",
            did_you_mean(name, tuple(defaults)) or f"Add it to the cell tagged {TAG!r}.",
        )
    if not _plain(value):
        raise NotebookRefused(
            f"Parameter {name!r} is {value!r} ({type(value).__name__}).",
            "A parameter is a text, a truth value, a finite number, None, or a list or dict of such.",
            "Pass a date as ISO text.",
        )
    default = defaults[name]
    if default is not None and type(value) is not type(default):
        raise NotebookRefused(
            f"Parameter {name!r} is {value!r} ({type(value).__name__}).",
            f"Its default is {default!r} ({type(default).__name__}), and no type is converted in passing.",
            f"Pass a {type(default).__name__}.",
        )


def _plain(value: Any) -> bool:
    if type(value) is list:
        return all(_plain(item) for item in value)
    if type(value) is dict:
        return all(type(key) is str and _plain(item) for key, item in value.items())
    return type(value) in PLAIN and not (type(value) is float and not math.isfinite(value))


def _tree(number: int, cell: Any) -> ast.Module:
    try:
        try:
            return _parse(cell.source)
        except SyntaxError:
            from IPython.core.inputtransformer2 import TransformerManager

            transformer: Any = TransformerManager()  # type: ignore[no-untyped-call]
            return _parse(transformer.transform_cell(cell.source))
    except SyntaxError as error:
        raise NotebookRefused(
            f"Cell {number} is not Python: {error.msg} at its line {error.lineno}.",
            "All cells are read before the first one runs.",
            "Correct the cell.",
        ) from error


def _parse(source: str) -> ast.Module:
    tree = compile(source, "cell", "exec", flags=ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    assert isinstance(tree, ast.Module)  # noqa: S101 - what PyCF_ONLY_AST with "exec" returns
    return tree


def _refuse_shell(number: int, tree: ast.Module) -> None:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and _is_shell(node, node.func.attr)
        ):
            raise NotebookRefused(
                f"Cell {number} runs a shell command ({ast.unparse(node)[:80]}).",
                "A command that fails would not fail the notebook.",
                "Call subprocess.run(..., check=True), or move the work into framework/.",
            )


def _refuse_exit(number: int, tree: ast.Module) -> None:
    for statement in tree.body:
        called = statement.value if isinstance(statement, ast.Expr) else None
        name = called.func if isinstance(called, ast.Call) else called
        if isinstance(name, ast.Name) and name.id in {"exit", "quit"}:
            raise NotebookRefused(
                f"Cell {number} says {name.id}.",
                "In a notebook that stops nothing: the cells after it run all the same.",
                "Raise an error, or delete the cell.",
            )


def _is_shell(call: ast.Call, attribute: str) -> bool:
    if attribute in SHELL_CALLS:
        return "get_ipython" in ast.unparse(call.func)
    first = call.args[0] if call.args else None
    magic = first.value if isinstance(first, ast.Constant) else None
    return attribute in {"run_line_magic", "run_cell_magic"} and magic in SHELL_MAGICS
