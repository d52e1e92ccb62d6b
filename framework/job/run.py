"""A night's run: found, locked, attempted once, recorded."""

from datetime import datetime

import pandas as pd

from framework.data.sessions import session_at
from framework.errors import SpecError, StaleData, UntrustedBars
from framework.host.settings import Settings
from framework.job import gate, spec
from framework.job.attempt import RunOutcome, carry_out, new_run
from framework.ledger.ledger import Ledger

NOTEBOOK = f"{spec.FOLDER}/daily.ipynb"


def run(job: str, *, as_of: datetime, ledger: Ledger, current: Settings) -> RunOutcome:
    """Run the night of `job` for the last session that had closed at `as_of`, unless it is on record.

    Parameters
    ----------
    job : str
        A file in ``papermill_jobs/``, without ``.yaml``.
    as_of : datetime, aware
        When: only what was known then is used.
    ledger : Ledger
        Where everything comes from and goes to.
    current : Settings
        The project, and the environment that the notebook's kernel gets.

    Raises
    ------
    SpecError
        No such job, one that is not for paper, or a session earlier than the last on record.
    RunLocked
        Another process is running this job.
    StaleData, UntrustedBars
        A quality gate does not pass the bars; the strategy is paused, and a row says why.
    OpenbookError
        Whatever a cell of the notebook raised; notebook and error are on record.
    """
    found = spec.load(job, current.root)
    _refuse_live(found)
    session = session_at(found.calendar, as_of)
    with ledger.lock_run(found.name, found.mode):
        done = ledger.finished_run(found.name, session, found.mode)
        if done is not None:
            return RunOutcome(found.name, session, done.attempt, "already")
        _refuse_earlier(found, session, ledger)
        started = new_run(
            found.name,
            session=session,
            mode=found.mode,
            as_of=as_of,
            parameters=found.model_dump(mode="json"),
            current=current,
        )
        given = {"job": found.name, "as_of": as_of.isoformat(), "run_id": started.run_id}
        try:
            return carry_out(started, NOTEBOOK, given, ledger=ledger, current=current)
        except (StaleData, UntrustedBars) as untrusted:
            gate.pause(ledger, found, session, untrusted)
            raise


def _refuse_live(job: spec.JobSpec) -> None:
    if job.mode != "paper":
        raise SpecError(
            f"The job {job.name} asks for mode {job.mode!r}.",
            "Only paper books can be run: there is no venue to send orders to yet.",
            f"Write mode: paper in {spec.FOLDER}/{job.name}.yaml.",
        )


def _refuse_earlier(job: spec.JobSpec, session: pd.Timestamp, ledger: Ledger) -> None:
    last = ledger.book(job.name, job.mode).last
    if last is not None and session < last.session:
        raise SpecError(
            f"The night of {session:%Y-%m-%d} is earlier than the last on record, {last.session:%Y-%m-%d}.",
            f"A book moves forward; the nights of {job.name} ({job.mode}) are recorded in their order.",
            f"Run a session after {last.session:%Y-%m-%d}.",
        )
