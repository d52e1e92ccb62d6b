"""Every job, found by its file: it can run tonight, and no job can exempt itself."""

from datetime import UTC, date, timedelta
from pathlib import Path

import pytest

from framework.data.sessions import close_of, sessions_between
from framework.data.sources import find
from framework.job import cron, spec
from framework.strategy.load import load

ROOT = Path(__file__).parents[2]
JOBS = spec.names(ROOT)


@pytest.fixture(params=JOBS)
def job(request) -> spec.JobSpec:
    return spec.load(request.param, ROOT)


def test_there_are_jobs():
    assert len(JOBS) >= 8


def test_every_strategy_has_a_job_and_every_job_a_strategy():
    strategies = {path.stem for path in (ROOT / "strategies").glob("*.py")} - {"__init__"}
    assert set(JOBS) == strategies


def test_its_strategy_loads_and_has_its_name(job):
    assert job.strategy == f"strategies.{job.name}:STRATEGY"
    assert load(job.strategy).universe


def test_its_source_has_its_universe_with_enough_history(job):
    rule = load(job.strategy)
    bars = find(job.data).bars(rule.universe)
    assert bars.symbols == tuple(rule.universe)
    assert len(bars) > rule.warmup + 5


def test_its_sessions_are_those_of_its_calendar(job):
    sessions = find(job.data).bars(load(job.strategy).universe).sessions
    assert list(sessions_between(job.calendar, sessions[-20], sessions[-1])) == list(sessions[-20:])


def test_its_benchmark_covers_its_last_sessions(job):
    strategy = find(job.data).bars(load(job.strategy).universe)
    if job.benchmark.strategy is not None:  # on the same bars: what it holds must be among them
        assert set(load(job.benchmark.strategy).universe) <= set(strategy.symbols)
    else:
        benchmark = find(job.benchmark.source).bars((job.benchmark.symbol,))
        assert set(strategy.sessions[-252:]) <= set(benchmark.sessions)


def test_its_research_notebook_is_there_under_its_name(job):
    assert job.research == f"notebooks/{job.name}.ipynb"
    assert (ROOT / job.research).is_file()


def test_it_starts_once_after_the_close_of_every_session_summer_and_winter(job):
    schedule = cron.parse(job.schedule)
    for session in sessions_between(job.calendar, "2024-01-01", "2025-12-31"):
        starts = schedule.starts_on(session.date())
        close = close_of(job.calendar, session)
        assert len(starts) == 1
        assert close < starts[0].replace(tzinfo=UTC) < close + timedelta(hours=6)


def test_no_two_jobs_start_at_the_same_minute():
    day = date(2024, 1, 2)
    starts = [start for name in JOBS for start in cron.parse(spec.load(name, ROOT).schedule).starts_on(day)]
    assert len(set(starts)) == len(starts)


def test_its_costs_are_not_free(job):
    costs = job.costs.model()
    assert costs.commission_bps + costs.half_spread_bps > 0.0


def test_it_is_paper_until_a_human_says_otherwise(job):
    assert job.mode == "paper"
