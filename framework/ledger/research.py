"""What research leaves behind: every trial, judged backtests, executed notebooks."""

import hashlib
import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import pandas as pd
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from framework.errors import LedgerError
from framework.ledger.door import Door, append, row_of, values_of
from framework.ledger.rows import BacktestRow, NotebookRow, TrialRow
from framework.ledger.schema import backtest_results, notebooks, trials


class Research(Door):
    """Trials are never forgotten; the count of their identities is what deflates a Sharpe ratio."""

    def append_trials(self, rows: Sequence[TrialRow]) -> int:
        """Append the trials whose (strategy, identity, outcome) is new, and return how many those were."""
        if not rows:
            return 0
        statement = insert(trials).on_conflict_do_nothing().returning(trials.c.identity)
        with self.transaction() as connection:
            return len(connection.execute(statement, [values_of(row) for row in rows]).all())

    def trials(self, strategy: str) -> pd.DataFrame:
        """One row an identity in order of first appearance: the columns of `TrialRow`, and ``recorded_at``.

        An identity that crashed and later finished is shown as finished.
        """
        frame = self.frame(select(trials).where(trials.c.strategy == strategy).order_by(trials.c.sequence))
        order = frame["identity"].drop_duplicates()
        best = frame.sort_values("outcome", ascending=False, kind="stable").drop_duplicates("identity")
        columns = [*TrialRow.__dataclass_fields__, "recorded_at"]
        return best.set_index("identity", drop=False).loc[order, columns].reset_index(drop=True)

    def append_backtest(self, row: BacktestRow) -> None:
        """Append a judged backtest."""
        with self.transaction() as connection:
            append(connection, backtest_results, [row])

    def latest_backtest(self, strategy: str) -> BacktestRow | None:
        """The judged backtest of a strategy that was appended last, or None."""
        of_strategy = select(backtest_results).where(backtest_results.c.strategy == strategy)
        found = self.one(of_strategy.order_by(backtest_results.c.sequence.desc()))
        return None if found is None else row_of(BacktestRow, found)

    def judged_at(self, strategy: str) -> datetime | None:
        """When the server recorded the backtest that `latest_backtest` gives, or None."""
        found = self.one(
            select(backtest_results.c.recorded_at)
            .where(backtest_results.c.strategy == strategy)
            .order_by(backtest_results.c.sequence.desc())
        )
        return None if found is None else found["recorded_at"]

    def append_notebook(
        self,
        name: str,
        content: bytes,
        *,
        strategy: str,
        kind: Literal["research", "nightly"],
        run_id: str | None,
    ) -> str:
        """Append an executed notebook, compressed, and return the SHA-256 (hex) of `content`.

        A content that is on record already is not appended again.
        """
        content_hash = hashlib.sha256(content).hexdigest()
        statement = insert(notebooks).on_conflict_do_nothing()
        with self.transaction() as connection:
            connection.execute(
                statement,
                {
                    "content_hash": content_hash,
                    "strategy": strategy,
                    "name": name,
                    "kind": kind,
                    "run_id": run_id,
                    "size_bytes": len(content),
                    "content": zlib.compress(content, 9),
                },
            )
        return content_hash

    def notebook(self, content_hash: str) -> bytes:
        """The content of a notebook.

        Raises
        ------
        LedgerError
            No notebook has that hash, or the content does not have the hash it was recorded under.
        """
        found = self.one(select(notebooks.c.content).where(notebooks.c.content_hash == content_hash))
        content = b"" if found is None else zlib.decompress(found["content"])
        if hashlib.sha256(content).hexdigest() != content_hash:
            raise LedgerError(
                f"No notebook of hash {content_hash} is on record.",
                "A notebook is found by the SHA-256 of its content, 64 hex digits.",
                "Take the hash from a run's events.",
            )
        return content

    def latest_notebook(self, strategy: str, kind: Literal["research", "nightly"]) -> NotebookRow | None:
        """The notebook of a strategy that was appended last, or None."""
        columns = [column for column in notebooks.c if column.name in NotebookRow.__dataclass_fields__]
        found = self.one(
            select(*columns)
            .where(notebooks.c.strategy == strategy, notebooks.c.kind == kind)
            .order_by(notebooks.c.sequence.desc())
        )
        return None if found is None else row_of(NotebookRow, found)
