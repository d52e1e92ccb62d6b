"""What the demo does: every job from the sample to the site, with progress, and a table of what became of it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from framework.cli.context import opened
from framework.cli.key import drawn_origin
from framework.data.sessions import close_of
from framework.errors import OpenbookError
from framework.host import clock
from framework.host.settings import Settings
from framework.job import spec
from framework.job.attempt import RunOutcome
from framework.job.reach import reached
from framework.job.research import research
from framework.job.run import run
from framework.job.sync import sync
from framework.ledger import keys
from framework.ledger.checkpoint import KEY, sign
from framework.ledger.ledger import Ledger
from framework.ledger.tiles import files_at
from framework.page.render import BuildReport, build
from framework.proof.selftest import all_references
from framework.simulation import compiled
from framework.strategy.load import load


@dataclass(frozen=True)
class Done:
    """What became of one job: its outcomes in order, research first, and the error that ended them, if any."""

    job: str
    outcomes: tuple[RunOutcome, ...]
    error: OpenbookError | None = None


def run_chain(current: Settings, *, nights: int, workers: int) -> None:
    """Load the sample, run each job's research and last nights, build the site, and print what was done.

    Raises
    ------
    OpenbookError
        The first job's error, after all others have run and the site is built.
    """
    console = Console()
    with opened(current) as ledger, _progress(console) as progress:
        before = ledger.counts()
        _step(progress, "compile the engine", compiled.warm)
        _step(progress, "load the sample", lambda: _load(ledger, current))
        done = _run_jobs(progress, ledger, current, nights=nights, workers=workers)
        references = _step(progress, "compute what others published", all_references)
        log_home = _step(progress, "sign a checkpoint", lambda: _signed(ledger, current))
        site = current.root / "site"
        report = _step(
            progress,
            "build the site",
            lambda: build(ledger, site_dir=site, references=references, log_home=log_home),
        )
        tables = _jobs_table(ledger, done), _record_table(before, ledger.counts())
    for table in tables:
        console.print(table)
    console.print(_what_next(report, current), highlight=False)
    _raise_first(done)


def _load(ledger: Ledger, current: Settings) -> None:
    for series in sync(ledger, current.root, now=clock.now()):
        if series.error is not None:
            raise series.error


def _signed(ledger: Ledger, current: Settings) -> Path:
    """Sign the record as it is now, with a key that the first demo makes; the home that holds the log."""
    if not (current.home / KEY).exists():
        keys.create(current.home / KEY, origin=drawn_origin())
    sign(ledger, home=current.home, published=files_at(current.root / "site" / "public"))
    return current.home


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description:<38}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console)


def _step[T](progress: Progress, name: str, work: Callable[[], T]) -> T:
    task = progress.add_task(name, total=1)
    answer = work()
    progress.advance(task)
    return answer


def _run_jobs(
    progress: Progress, ledger: Ledger, current: Settings, *, nights: int, workers: int
) -> list[Done]:
    names = spec.names(current.root)
    task = progress.add_task("research and nights", total=len(names) * (1 + nights))
    running, lock = set[str](), Lock()

    def tell(job: str, *, ended: bool) -> None:
        with lock:
            (running.discard if ended else running.add)(job)
            progress.update(task, description=", ".join(sorted(running)) or "research and nights")

    def one(job: str) -> Done:
        tell(job, ended=False)
        done = _run_job(job, ledger, current, nights=nights, advance=lambda: progress.advance(task))
        tell(job, ended=True)
        return done

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(one, names))


def _run_job(
    job: str, ledger: Ledger, current: Settings, *, nights: int, advance: Callable[[], object]
) -> Done:
    outcomes: list[RunOutcome] = []
    try:
        found = spec.load(job, current.root)
        outcomes.append(research(job, ledger=ledger, current=current, if_changed=True))
        advance()
        for session in _last_sessions(found, nights):
            as_of = close_of(found.calendar, session)
            outcomes.append(run(job, as_of=as_of, ledger=ledger, current=current))
            advance()
    except OpenbookError as error:  # told at the end: one strategy's failure stops no other
        return Done(job, tuple(outcomes), error)
    return Done(job, tuple(outcomes))


def _last_sessions(job: spec.JobSpec, nights: int) -> pd.DatetimeIndex:
    return reached(job.data).bars(load(job.strategy).universe).sessions[-nights:]


def _jobs_table(ledger: Ledger, done: list[Done]) -> Table:
    table = Table(title="Strategies")
    for name in ("strategy", "verdict", "session"):
        table.add_column(name, no_wrap=True)
    for name in ("nights", "new", "worth USD"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in done:
        table.add_row(each.job, *_job_cells(ledger, each))
    return table


def _job_cells(ledger: Ledger, done: Done) -> tuple[str, ...]:
    if done.error is not None:
        return (f"[red]{type(done.error).__name__}[/]",)
    result = ledger.latest_backtest(done.job)
    promoted = result is not None and result.verdict["promoted"]
    nights = done.outcomes[1:]
    last = ledger.book(done.job, "paper").last
    return (
        "[green]promoted[/]" if promoted else "rejected",
        f"{last.session:%Y-%m-%d}" if last else "",
        str(len(nights)),
        str(sum(night.status == "finished" for night in nights)),
        f"{last.worth_usd:,.2f}" if last else "",
    )


def _record_table(before: dict[str, int], after: dict[str, int]) -> Table:
    table = Table(
        "table", Column("rows", justify="right"), Column("new", justify="right"), title="The record"
    )
    for name, rows in after.items():
        table.add_row(name, f"{rows:,}", f"{rows - before[name]:,}")
    return table


def _what_next(report: BuildReport, current: Settings) -> str:
    where = report.out.relative_to(current.root) if report.out.is_relative_to(current.root) else report.out
    return (
        f"{report.pages} pages with {report.numbers:,} numbers stand in {where}.\n"
        "  make serve                 read them at a loopback address\n"
        "  .venv/bin/openbook verify  hold the record to what was signed\n"
        "  make lab                   open the quickstart in JupyterLab\n"
        "  .venv/bin/openbook --help  everything else"
    )


def _raise_first(done: list[Done]) -> None:
    for each in done:
        if each.error is not None:
            raise each.error
