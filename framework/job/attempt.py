"""One attempt at a run: started on record, its notebook executed and stored, its end on record."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import pandas as pd

from framework.errors import NotebookRefused, OpenbookError
from framework.host import provenance
from framework.host.settings import Settings
from framework.job.papermill_runner import execute
from framework.ledger.ledger import Ledger
from framework.ledger.rows import RunEvent, RunMode, RunRow

CAUSE_LENGTH = 2_000


@dataclass(frozen=True)
class RunOutcome:
    """What `openbook run` or `openbook backtest` did.

    Parameters
    ----------
    strategy : str
        The job.
    session : Timestamp
        The session that it ran for.
    attempt : int
        Which attempt at that session it was, from 1.
    status : {"finished", "already"}
        "already" if it was on record, and nothing was done.
    notebook_hash : str, optional
        The executed notebook; None if nothing was done.
    """

    strategy: str
    session: pd.Timestamp
    attempt: int
    status: Literal["finished", "already"]
    notebook_hash: str | None = None


def new_run(
    job: str,
    *,
    session: pd.Timestamp,
    mode: RunMode,
    as_of: datetime,
    parameters: Mapping[str, Any],
    current: Settings,
) -> RunRow:
    """A run of the code as it stands, not yet on record."""
    code = provenance.read()
    return RunRow(
        run_id=f"{job}-{session:%Y-%m-%d}-{secrets.token_hex(6)}",
        strategy=job,
        job=job,
        session=session,
        mode=mode,
        as_of=as_of,
        git_sha=code.git_sha,
        git_dirty=code.git_dirty,
        image_tag=current.image_tag,
        lock_hash=code.lock_hash,
        code_hash=code.code_hash,
        parameters=dict(parameters),
        versions=code.versions,
    )


def carry_out(
    run: RunRow, notebook: str, parameters: Mapping[str, Any], *, ledger: Ledger, current: Settings
) -> RunOutcome:
    """Execute the notebook as a new attempt at `run`; call it with the run lock held.

    However it ends, its end is on record, and so is the notebook as far as it came, before any error is raised.

    Raises
    ------
    NotebookRefused
        The notebook may not run; the run's end is "refused".
    OpenbookError
        What a cell raised, if it was one of ours, else `NotebookFailed`; the run's end is "failed".
    """
    started = ledger.start_attempt(run)
    try:
        variables = current.variables() | {"OPENBOOK_RUN_ID": run.run_id}
        executed = execute(notebook, current.root, parameters, environment=variables)
        stored = ledger.append_notebook(
            notebook, executed.content, strategy=run.strategy, kind=_kind(run.mode), run_id=run.run_id
        )
    except BaseException as error:  # an interrupt too is an end that belongs on record
        ledger.append_event(run.run_id, _end(error), detail=_detail(error))
        raise
    if executed.error is not None:
        ledger.append_event(run.run_id, "failed", detail=_detail(executed.error), notebook_hash=stored)
        raise executed.error
    ledger.append_event(run.run_id, "finished", notebook_hash=stored)
    return RunOutcome(run.strategy, run.session, started.attempt, "finished", stored)


def _kind(mode: RunMode) -> Literal["research", "nightly"]:
    return "research" if mode == "research" else "nightly"


def _end(error: BaseException) -> RunEvent:
    return "refused" if isinstance(error, NotebookRefused) else "failed"


def _detail(error: BaseException) -> dict[str, Any]:
    told = {"error": type(error).__name__, "message": str(error)[:CAUSE_LENGTH]}
    return told | ({"exit_code": error.exit_code} if isinstance(error, OpenbookError) else {})
