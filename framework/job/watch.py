"""What the kernel of a run is asked to report besides its notebook: an IPython extension.

papermill sees only that a cell raised. This writes a line of JSON for each error, with the three parts of ours, so
that the run ends with the exit code of what went wrong inside; and a line for an exception in a thread, which
papermill does not see at all. A kernel that ends by itself, all its threads done, leaves the mark `ENDED`.
"""

import atexit
import json
import sys
import threading
from pathlib import Path
from typing import Any

REPORT = "faults.jsonl"
ENDED = "ended"
FLUSH_SECONDS = 0.1


def load_ipython_extension(shell: Any) -> None:
    """Report the errors of cells and of threads in ``faults.jsonl`` of the kernel's IPython folder."""
    folder = Path(shell.ipython_dir)
    report = folder / REPORT
    previous = threading.excepthook

    def after_cell(result: Any) -> None:
        error = result.error_before_exec or result.error_in_exec
        if error is not None:
            _append(report, error, thread="")

    def after_thread(ended: threading.ExceptHookArgs) -> None:
        if ended.exc_value is not None:
            _append(report, ended.exc_value, thread=ended.thread.name if ended.thread else "unknown")
        previous(ended)

    shell.events.register("post_run_cell", after_cell)
    threading.excepthook = after_thread
    atexit.register(_ended, folder, (sys.stdout, sys.stderr))


def _ended(folder: Path, streams: tuple[Any, ...]) -> None:
    (folder / ENDED).touch()
    # The kernel may yet flush them into a thread that has ended, and would wait 10 s for it.
    for stream in streams:
        stream.flush_timeout = FLUSH_SECONDS


def _append(report: Path, error: BaseException, *, thread: str) -> None:
    parts = [getattr(error, name, "") for name in ("what", "limit", "remedy")]
    fault = {"name": type(error).__name__, "text": str(error), "parts": parts, "thread": thread}
    with report.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(fault, default=str) + "\n")
