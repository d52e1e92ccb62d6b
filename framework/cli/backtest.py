"""``openbook backtest``: a job's research notebook."""

import click

from framework.cli.context import opened
from framework.desk.queue import ship
from framework.host import settings
from framework.job import spec
from framework.job.attempt import RunOutcome
from framework.job.research import research


@click.command(epilog="Example: openbook backtest dual_momentum")
@click.argument("job", required=False)
@click.option("--all", "every", is_flag=True, help="Every job, one after another.")
@click.option(
    "--if-changed", is_flag=True, help="Leave a job alone whose code, notebook and bars are as on record."
)
def backtest(*, job: str | None, every: bool, if_changed: bool) -> None:
    """Run the research notebook of JOB: backtest, judge, record.

    The executed notebook, the trial and the verdict go on record; a rejected strategy is a result, not an error.
    """
    if (job is None) != every:
        raise click.UsageError("Name one JOB, or give --all.")
    current = settings.read()
    jobs = spec.names(current.root) if job is None else (job,)
    with opened(current) as ledger:
        for name in jobs:
            try:
                outcome = research(name, ledger=ledger, current=current, if_changed=if_changed)
            finally:
                if (
                    current.recording
                ):  # a notebook that failed before it judged has trials too, and a pod no disk
                    ship(ledger, current.home / "trials")
            click.echo(_sentence(outcome))


def _sentence(outcome: RunOutcome) -> str:
    if outcome.status == "already":
        return f"{outcome.strategy}: on record and unchanged; nothing done."
    return f"{outcome.strategy}: recorded, notebook {(outcome.notebook_hash or '')[:12]}."
