"""``openbook run``: a job's night."""

import click

from framework.cli.context import moment, opened
from framework.host import settings
from framework.job import spec
from framework.job.attempt import RunOutcome
from framework.job.run import run as run_night


@click.command(epilog="Example: openbook run dual_momentum --as-of 2022-12-28")
@click.argument("job")
@click.option(
    "--as-of",
    metavar="DATE",
    help="A session, meaning its close, or an ISO time with its zone. By default now.",
)
def run(*, job: str, as_of: str | None) -> None:
    """Run the night of JOB: settle, mark, decide, record.

    JOB is a file in papermill_jobs/, without .yaml. A session that is on record already is left as it is, and the exit
    code is 0.
    """
    current = settings.read()
    found = spec.load(job, current.root)
    when = moment(as_of, found.calendar)
    with opened(current) as ledger:
        click.echo(_sentence(run_night(job, as_of=when, ledger=ledger, current=current)))


def _sentence(outcome: RunOutcome) -> str:
    subject = f"{outcome.strategy} {outcome.session:%Y-%m-%d}"
    if outcome.status == "already":
        return f"{subject}: already on record; nothing done."
    return f"{subject}: recorded by attempt {outcome.attempt}, notebook {(outcome.notebook_hash or '')[:12]}."
