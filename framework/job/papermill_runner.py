"""Notebooks through papermill, with everything refused that papermill lets pass."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from framework import errors
from framework.errors import NotebookFailed, NotebookRefused, OpenbookError
from framework.job.inspection import code_cells, refuse_unsafe
from framework.job.watch import ENDED, REPORT

CAUSE_LENGTH = 2_000


def _without_iri_grammar(name: str) -> Any:
    """Import `name` without the grammar that jsonschema builds to check IRIs: 1 s, and no notebook has one."""
    absent = "rfc3987_syntax" not in sys.modules
    if absent:
        sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment] # Python's way to say: cannot be imported
    try:
        return import_module(name)
    finally:
        if absent:
            del sys.modules["rfc3987_syntax"]


nbformat: Any = _without_iri_grammar("nbformat")


@dataclass(frozen=True)
class Executed:
    """A notebook that ran, to its end or not.

    Parameters
    ----------
    name : str
        Path of the notebook within the project.
    content : bytes
        The notebook with its outputs, as far as it came.
    error : OpenbookError, optional
        Why it did not run to its end; None if it did.
    """

    name: str
    content: bytes
    error: OpenbookError | None


def execute(
    name: str, root: Path, parameters: Mapping[str, Any], *, environment: Mapping[str, str] | None = None
) -> Executed:
    """Run a notebook of the project to its end. Nothing is written but in a folder that is then removed.

    Parameters
    ----------
    name : str
        Path of the notebook relative to `root`, which is also its working directory.
    root : Path
        The project.
    parameters : mapping
        Values for its parameters cell; every one must be there, with the type that its default has.
    environment : mapping, optional
        Further environment variables of its kernel.

    Returns
    -------
    Executed
        Holds the error of a notebook that failed, so that the caller can store the notebook before raising it.

    Raises
    ------
    NotebookRefused
        It may not run at all; see `inspection.refuse_unsafe`.
    NotebookFailed
        It could not even begin: no room, no temporary folder.
    """
    notebook = _read(name, root)
    refuse_unsafe(notebook, parameters)
    try:
        with TemporaryDirectory(prefix="openbook-") as folder:
            cause = _run(notebook, Path(folder), root, parameters, environment or {})
            executed = _result(Path(folder) / "executed.ipynb", notebook)
            faults = _faults(Path(folder) / REPORT)
            ended = (Path(folder) / ENDED).exists()
    except OSError as refused:
        raise NotebookFailed(
            f"{name} could not be executed: {refused}.",
            "Its kernel and its outputs need a temporary folder with some room.",
            "Free some space there, or let TMPDIR name another folder.",
        ) from refused
    executed.metadata["papermill"].update(input_path=name, output_path=None)
    error = _cell_error(faults, cause) or _unfinished(executed) or _thread_error(faults, ended=ended)
    return Executed(name, nbformat.writes(executed).encode(), error)


def _read(name: str, root: Path) -> Any:
    try:
        return nbformat.read(root / name, as_version=4)
    except FileNotFoundError as error:
        raise NotebookRefused(
            f"There is no notebook {name}.",
            f"It is looked for in {root}.",
            "Correct the path in the job's YAML.",
        ) from error
    except (nbformat.reader.NotJSONError, nbformat.ValidationError) as error:
        raise NotebookRefused(
            f"{name} is not a notebook: {str(error).splitlines()[0][:200]}",
            "A notebook is JSON in nbformat 4.",
            "Restore it with git.",
        ) from error


def _run(
    notebook: Any, folder: Path, root: Path, parameters: Mapping[str, Any], environment: Mapping[str, str]
) -> Exception | None:
    from nbclient.exceptions import DeadKernelError
    from papermill import execute_notebook
    from papermill.exceptions import PapermillExecutionError

    from framework.job.kernel import NAME, kernel_options

    try:
        execute_notebook(
            notebook,
            folder / "executed.ipynb",
            dict(parameters),
            kernel_name=NAME,
            language="python",
            progress_bar=False,
            **kernel_options(folder, environment, root),
        )
    except (PapermillExecutionError, DeadKernelError, RuntimeError) as error:
        return error
    return None


def _result(path: Path, notebook: Any) -> Any:
    executed = nbformat.read(path, as_version=4) if path.exists() else notebook
    executed.metadata.setdefault("papermill", {})
    return executed


def _faults(report: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in report.read_text("utf-8").splitlines()] if report.exists() else []


def _cell_error(faults: list[dict[str, Any]], cause: Exception | None) -> OpenbookError | None:
    fault = next((fault for fault in faults if not fault["thread"]), None)
    if fault is not None and fault["name"] not in {"SystemExit", "KeyboardInterrupt"}:
        return _as_ours(fault)
    if cause is None:
        return None
    return _failed(f"The notebook stopped: {str(cause).strip()[-CAUSE_LENGTH:] or type(cause).__name__}")


def _as_ours(fault: dict[str, Any]) -> OpenbookError:
    kind = getattr(errors, fault["name"], None)
    if isinstance(kind, type) and issubclass(kind, OpenbookError):
        return kind(*(str(part) for part in fault["parts"]))
    return _failed(f"A cell raised {fault['name']}: {fault['text'][:CAUSE_LENGTH]}")


def _unfinished(notebook: Any) -> OpenbookError | None:
    for number, cell in code_cells(notebook):
        status = cell.metadata.get("papermill", {}).get("status")
        stopped = any(output.output_type == "error" for output in cell.outputs)
        if stopped or status != "completed" or cell.execution_count is None:
            return _failed(
                f"The notebook ended itself at cell {number} of {len(notebook.cells)}, without an error."
            )
    return None


def _thread_error(faults: list[dict[str, Any]], *, ended: bool) -> OpenbookError | None:
    for fault in faults:
        if fault["thread"]:
            return _failed(
                f"Thread {fault['thread']!r} raised {fault['name']}: {fault['text'][:CAUSE_LENGTH]}"
            )
    return None if ended else _failed("A thread that the notebook started did not end after its last cell.")


def _failed(what: str) -> NotebookFailed:
    return NotebookFailed(
        what,
        "A run counts only if every cell, and every thread that it starts, runs to its end.",
        "Read the executed notebook, which is on record, and mend its cause.",
    )
