"""Where the numbers of a page come from: commits, hashes, engines and moments."""

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from framework.ledger.rows import BacktestRow
from framework.page.data import Notebook, StrategyRecord
from framework.page.numbers import SERIES, Origin, day, moment
from framework.page.simulated import origin_of

Entry = dict[str, Any]
_TITLES = {"research": "Research notebook", "nightly": "Last nightly notebook"}


def provenance_view(record: StrategyRecord) -> list[dict[str, Any]]:
    """Groups of entries: of the backtest, and of the last paper night."""
    groups = []
    if record.backtest is not None:
        groups.append({"title": "Simulated", "entries": _backtest(record.backtest, record.research_runs)})
    if record.paper is not None:
        night = record.paper.nights.iloc[-1]
        entries = [
            *_run(record.paper_runs, str(night["run_id"])),
            _text("Session", day(night["session"])),
            _code("Data snapshot", night["snapshot_hash"]),
            _text("Known at", moment(pd.Timestamp(night["known_at"]).tz_convert("UTC"))),
        ]
        groups.append({"title": "Paper, last night", "entries": entries})
    return groups


def notebook_view(notebook: Notebook, record: StrategyRecord) -> dict[str, Any]:
    """The notebook as its own page and the list on the strategy's page show it."""
    row = notebook.row
    runs = record.research_runs if row.kind == "research" else record.paper_runs
    run = runs[runs["run_id"] == row.run_id] if row.run_id else runs.iloc[:0]
    entries = [_text("Run", row.run_id or "none")]
    if not run.empty:
        entries.append(_text("Session", day(run["session"].iloc[0])))
        entries.append(_text("Outcome", str(run["status"].iloc[0])))
    return {
        "href": f"strategies/{record.name}/{row.kind}/",
        "title": _TITLES[row.kind],
        "note": ", ".join(str(entry["text"]) for entry in entries[1:]),
        "number": Origin(strategy=record.name, series=SERIES[row.kind], run=row.run_id or "none").word(
            "content_hash", row.content_hash
        ),
        "is_closed": record.is_closed,
        "filename": f"{record.name}-{row.kind}.ipynb",
        "ink": SERIES[row.kind],
        "entries": entries,
    }


def _backtest(backtest: BacktestRow, runs: pd.DataFrame) -> list[Entry]:
    run = _run(runs, backtest.run_id) if backtest.run_id else []
    return [
        *(run or [_code("Commit", backtest.git_sha)]),
        _code("Lock", backtest.lock_hash),
        _code("Code", backtest.code_hash),
        _code("Data snapshot", backtest.snapshot_hash),
        _code("Result", backtest.result_hash),
        _code("Trial", backtest.trial_identity),
        *_engines(backtest),
        _text("Versions", _listed(backtest.versions)),
        _text("Parameters", _listed(backtest.parameters) or "none"),
        _text("Settings", _listed({k: v for k, v in backtest.settings.items() if k != "claim"})),
        _text("Known at", moment(pd.Timestamp(backtest.known_at).tz_convert("UTC"))),
    ]


def _engines(backtest: BacktestRow) -> list[Entry]:
    entries = [_text("Engine", backtest.engine), _text("Second engine", backtest.second_engine or "none")]
    if backtest.second_engine_difference is not None:
        number = origin_of(backtest).stated(
            "second_engine_difference", backtest.second_engine_difference, "tiny"
        )
        entries.append({"term": "Largest difference", "number": number, "text": " of the capital"})
    return entries


def _run(runs: pd.DataFrame, run_id: str) -> list[Entry]:
    found = runs[runs["run_id"] == run_id]
    if found.empty:
        return []
    run = found.iloc[0]
    origin = Origin(strategy=str(run["strategy"]), series=SERIES[str(run["mode"])], run=run_id)
    clean = "changed since that commit" if run["git_dirty"] else "clean"
    entries = [
        _code("Run", run_id),
        _text("Attempt", str(run["attempt"])),
        {"term": "Commit", "word": origin.word("git_sha", str(run["git_sha"]))},
        _text("Working tree", clean),
    ]
    return [*entries, _code("Image", run["image_tag"])] if run["image_tag"] else entries


def _text(term: str, text: str) -> Entry:
    return {"term": term, "text": text}


def _code(term: str, code: str) -> Entry:
    return {"term": term, "code": code}


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{key} {value if isinstance(value, str) else json.dumps(value)}" for key, value in values.items()
    )
