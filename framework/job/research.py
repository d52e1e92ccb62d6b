"""A job's research notebook, executed and stored: what backtests and judges the strategy."""

import hashlib
from dataclasses import replace

from framework.errors import NotebookRefused
from framework.host import clock
from framework.host.settings import Settings
from framework.job import spec
from framework.job.attempt import RunOutcome, carry_out, new_run
from framework.job.reach import reached
from framework.ledger.ledger import Ledger
from framework.ledger.rows import RunRow
from framework.strategy.load import load


def research(job: str, *, ledger: Ledger, current: Settings, if_changed: bool = False) -> RunOutcome:
    """Execute the research notebook of `job` with its own parameters, as a run of mode "research".

    The notebook judges for itself; its judgement is recorded with this run's id. The session is the newest of the
    strategy's bars.

    Parameters
    ----------
    job : str
        A file in ``papermill_jobs/``, without ``.yaml``.
    ledger : Ledger
        Where notebook and run are kept.
    current : Settings
        The project, and the environment that the notebook's kernel gets.
    if_changed : bool
        Do nothing if code, lock, notebook and bars are those of the last finished research run.

    Raises
    ------
    SpecError
        No such job.
    RunLocked
        Another process is running this research.
    OpenbookError
        Whatever a cell of the notebook raised; notebook and error are on record.
    """
    found = spec.load(job, current.root)
    wanted = _wanted(found, current)
    with ledger.lock_run(found.name, "research"):
        done = ledger.finished_run(found.name, wanted.session, "research")
        if if_changed and done is not None and _subject(done) == _subject(wanted):
            return RunOutcome(found.name, wanted.session, done.attempt, "already")
        return carry_out(
            wanted, found.research, {}, ledger=ledger, current=replace(current, run_id=wanted.run_id)
        )


def _wanted(job: spec.JobSpec, current: Settings) -> RunRow:
    bars = reached(job.data).bars(load(job.strategy).universe)
    path = current.root / job.research
    if not path.is_file():
        raise NotebookRefused(
            f"There is no notebook {job.research}.",
            f"It is looked for in {current.root}.",
            f"Write it, or correct 'research' in {spec.FOLDER}/{job.name}.yaml.",
        )
    return new_run(
        job.name,
        session=bars.sessions[-1],
        mode="research",
        as_of=clock.now(),
        parameters={
            "notebook": job.research,
            "notebook_hash": hashlib.sha256(path.read_bytes()).hexdigest(),
            "bars_hash": bars.content_hash,
        },
        current=current,
    )


def _subject(run: RunRow) -> tuple[str, str, dict[str, object]]:
    """What the result follows from: unchanged, it would come out the same."""
    return run.code_hash, run.lock_hash, dict(run.parameters)
