"""Attempts at runs, and what became of them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pandas as pd
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.dialects.postgresql import distinct_on

from framework.errors import RecordRefused, RunLocked
from framework.ledger.door import Door, append, first, lock_night, row_of
from framework.ledger.faults import translated
from framework.ledger.rows import RUN_ENDS, RunEvent, RunMode, RunRow
from framework.ledger.schema import run_events, runs

LOCK = text("SELECT pg_try_advisory_lock(hashtextextended('openbook/run/' || :strategy || '/' || :mode, 0))")
NO_DETAIL: Mapping[str, Any] = MappingProxyType({})


class Runs(Door):
    """Attempts are rows: a rerun is a new one, and the end of each is an event."""

    @contextmanager
    def lock_run(self, strategy: str, mode: RunMode) -> Iterator[None]:
        """Hold the run lock of a strategy, on a connection of its own, for the length of a ``with`` block.

        The server frees it when the process ends, however it ends.

        Raises
        ------
        RunLocked
            Another process holds it.
        """
        with translated(self._engine.url):
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        with connection:
            with translated(self._engine.url):
                granted = connection.scalar(LOCK, {"strategy": strategy, "mode": mode})
            if not granted:
                raise RunLocked(
                    f"Another process is running {strategy} ({mode}).",
                    "A strategy has one run at a time.",
                    "Wait for it to end; its lock goes with it, even if it is killed.",
                )
            yield

    def start_attempt(self, run: RunRow) -> RunRow:
        """Append a new attempt and its event "started", and return it with its number.

        Call it with the run lock held: an earlier attempt at the same session that has no end is then
        dead, and gets the event "abandoned".

        Raises
        ------
        RecordRefused
            A paper or live run of this session is finished already, or the run id is taken.
        """
        with self.transaction() as connection:
            lock_night(connection, run.strategy, run.mode)
            earlier = connection.execute(_attempts(run)).all()
            if run.mode != "research" and any(end == "finished" for _, _, end in earlier):
                raise RecordRefused(
                    f"{run.strategy} has finished its {run.mode} run of {run.session:%Y-%m-%d}.",
                    "A session has one finished run.",
                    "There is nothing to do.",
                )
            started = replace(run, attempt=max((attempt for _, attempt, _ in earlier), default=0) + 1)
            append(connection, runs, [started])
            for dead in [run_id for run_id, _, end in earlier if end is None]:
                append_event(connection, replace(run, run_id=dead), "abandoned", {"for": run.run_id})
            append_event(connection, started, "started", {})
        return started

    def append_event(
        self,
        run_id: str,
        event: RunEvent,
        *,
        detail: Mapping[str, Any] = NO_DETAIL,
        notebook_hash: str | None = None,
    ) -> None:
        """Append what became of a run. It has one end: finished, failed, abandoned or refused.

        Raises
        ------
        RecordRefused
            No such run, or it has an end already, or the notebook is not on record.
        """
        with self.transaction() as connection:
            append_event(connection, run_with(connection, run_id), event, detail, notebook_hash)

    def finished_run(self, strategy: str, session: pd.Timestamp, mode: RunMode) -> RunRow | None:
        """The finished run of a session, or None; of several research runs, the last."""
        ended = runs.join(run_events, runs.c.run_id == run_events.c.run_id)
        found = self.one(
            select(runs)
            .select_from(ended)
            .where(runs.c.strategy == strategy, runs.c.mode == mode, runs.c.session == session)
            .where(run_events.c.event == "finished")
            .order_by(run_events.c.sequence.desc())
        )
        return None if found is None else row_of(RunRow, found)

    def runs(self, strategy: str, mode: RunMode) -> pd.DataFrame:
        """All attempts in order, with ``status`` (the last event), its ``detail``, ``notebook_hash`` and both times."""
        last = (
            select(run_events)
            .where(run_events.c.strategy == strategy, run_events.c.mode == mode)
            .ext(distinct_on(run_events.c.run_id))
            .order_by(run_events.c.run_id, run_events.c.sequence.desc())
            .subquery()
        )
        return self.frame(
            select(
                *[column for column in runs.c if column.name in RunRow.__dataclass_fields__],
                runs.c.recorded_at.label("started_at"),
                last.c.event.label("status"),
                last.c.detail,
                last.c.notebook_hash,
                last.c.recorded_at.label("ended_at"),
            )
            .join_from(runs, last, runs.c.run_id == last.c.run_id)
            .order_by(runs.c.sequence)
        )


def run_with(connection: Connection, run_id: str) -> RunRow:
    """The run of that id.

    Raises
    ------
    RecordRefused
        There is none.
    """
    found = first(connection, select(runs).where(runs.c.run_id == run_id))
    if found is None:
        raise RecordRefused(
            f"There is no run {run_id!r} on record.", "An event belongs to a run.", "Start an attempt first."
        )
    return row_of(RunRow, found)


def append_event(
    connection: Connection,
    run: RunRow,
    event: RunEvent,
    detail: Mapping[str, Any],
    notebook_hash: str | None = None,
) -> None:
    """Append an event of `run` within a transaction."""
    values = {"run_id": run.run_id, "strategy": run.strategy, "mode": run.mode, "session": run.session}
    row = {**values, "event": event, "detail": detail, "notebook_hash": notebook_hash}
    connection.execute(insert(run_events), row)


def refuse_unless_current(connection: Connection, run: RunRow) -> None:
    """Refuse a run that another attempt has superseded, or that has ended.

    Raises
    ------
    RecordRefused
    """
    attempts = connection.execute(_attempts(run)).all()
    newest, _, end = max(attempts, key=lambda found: found[1])
    if newest != run.run_id or end is not None:
        raise RecordRefused(
            f"Attempt {run.attempt} of {run.strategy} for {run.session:%Y-%m-%d} "
            + (f"has ended: {end}." if newest == run.run_id else f"was superseded by run {newest}."),
            "Only the newest attempt, while it runs, may record a night.",
            "Let the newest attempt finish; there is nothing else to do.",
        )


def _attempts(run: RunRow) -> Any:
    """(run id, attempt, end or None) of each attempt at the run's session."""
    end = (run_events.c.run_id == runs.c.run_id) & run_events.c.event.in_(RUN_ENDS)
    same = (runs.c.strategy == run.strategy) & (runs.c.mode == run.mode) & (runs.c.session == run.session)
    return (
        select(runs.c.run_id, runs.c.attempt, run_events.c.event)
        .outerjoin_from(runs, run_events, end)
        .where(same)
    )
