"""The desk's side of the record: open it, and put a judgement on it once."""

from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from framework.data.sessions import close_of
from framework.desk.judgement import Benchmark, Judgement
from framework.errors import SpecError
from framework.host import provenance
from framework.host.settings import Settings
from framework.ledger.connect import open_ledger
from framework.ledger.ledger import Ledger
from framework.ledger.rows import BacktestRow

CALENDAR = "XNYS"  # whose closes date a result; one on other days is dated at the end of its last


def open_record(current: Settings) -> AbstractContextManager[Ledger]:
    """The ledger that the environment names; the embedded server starts where it names none."""
    return open_ledger(url=current.database_url, admin_url=current.admin_database_url, home=current.home)


def append(judgement: Judgement, ledger: Ledger, *, run_id: str | None) -> bool:
    """Put the judgement on record, with the bars it rests on; False if the latest one there is the same."""
    row = row_of(judgement, run_id)
    latest = ledger.latest_backtest(judgement.name)
    if latest is not None and _substance(latest) == _substance(row):
        return False
    ledger.vault.append_snapshot(judgement.result.bars, strategy=judgement.name, known_at=row.known_at)
    ledger.append_backtest(row)
    return True


def known_at(session: pd.Timestamp) -> datetime:
    """When a result that ends with `session` could be known: its close, or the end of the day where it has none."""
    day = session.normalize()
    try:
        return close_of(CALENDAR, day)
    except SpecError:  # no session of the calendar, or before it begins
        return (day + pd.Timedelta(days=1)).to_pydatetime().replace(tzinfo=UTC)


def row_of(judgement: Judgement, run_id: str | None) -> BacktestRow:
    """The judgement as the record keeps it, with the provenance of the code that is running."""
    result, benchmark, second = judgement.result, judgement.benchmark, judgement.second_engine
    code, bars = provenance.read(), result.bars
    return BacktestRow(
        result_hash=result.content_hash,
        strategy=judgement.name,
        run_id=run_id,
        trial_identity=result.trial.identity,
        snapshot_hash=bars.content_hash,
        parameters=dict(result.subject.parameters),
        costs=asdict(result.costs),
        settings={**result.trial.timing, "claim": dict(judgement.claim)},
        engine=result.engine,
        second_engine=second.name,
        second_engine_difference=second.difference,
        versions=code.versions,
        capital_usd=result.capital,
        worth_usd=result.worth,
        benchmark=None if benchmark is None else _benchmark(benchmark),
        positions_last=_last(result.positions),
        weights_last=_last(result.weights.frame),
        tearsheet=judgement.tearsheet.to_dict(),
        verdict=judgement.verdict.to_dict(),
        git_sha=code.git_sha,
        lock_hash=code.lock_hash,
        code_hash=code.code_hash,
        first_session=bars.sessions[0],
        last_session=bars.sessions[-1],
        licence=bars.licence,
        caveat=bars.caveat,
        known_at=known_at(bars.sessions[-1]),
    )


def _benchmark(benchmark: Benchmark) -> dict[str, Any]:
    """Its name, source and prices; of a backtest also what was run, so that it can be run again."""
    kept = {"name": benchmark.name, "source": benchmark.source, "worth": benchmark.prices}
    if benchmark.trial is None:
        return kept
    made = {name: getattr(benchmark.trial, name) for name in ("parameters", "costs", "timing")}
    return {**kept, "made": made}


def _substance(row: BacktestRow) -> tuple[object, ...]:
    """What makes two judgements the same, whichever run or commit came to it."""
    benchmark = row.benchmark and (row.benchmark["name"], row.benchmark["source"])
    return (
        row.result_hash,
        row.trial_identity,
        row.second_engine,
        benchmark,
        row.tearsheet,
        row.verdict,
        row.settings,
    )


def _last(frame: pd.DataFrame) -> dict[str, float]:
    """The last row that is not all NaN, without its zeros."""
    rows = frame.dropna(how="all")
    last = rows.iloc[-1] if len(rows) else pd.Series(dtype="f8")
    return {str(symbol): float(value) for symbol, value in last.items() if value}
