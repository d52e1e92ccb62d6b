"""``openbook suspend`` and ``openbook resume``: a human's word on record."""

from typing import Literal

import click

from framework.cli.context import opened
from framework.errors import SpecError
from framework.host import clock, settings
from framework.job import spec

REVIEWER = click.option("--reviewer", required=True, metavar="NAME", help="Who decides this.")
WHY = click.option("--why", required=True, metavar="TEXT", help="The reason, as it will stand on record.")


@click.command(
    epilog='Example: openbook suspend dual_momentum --reviewer "A. Reviewer" --why "prices look wrong"'
)
@click.argument("job")
@REVIEWER
@WHY
def suspend(*, job: str, reviewer: str, why: str) -> None:
    """Stop JOB from deciding: its nights settle and mark, and order nothing."""
    _append(job, "suspend", reviewer=reviewer, why=why)


@click.command(
    epilog='Example: openbook resume dual_momentum --reviewer "A. Reviewer" --why "vendor mended them"'
)
@click.argument("job")
@REVIEWER
@WHY
def resume(*, job: str, reviewer: str, why: str) -> None:
    """Let a suspended JOB decide again, from its next night on."""
    _append(job, "resume", reviewer=reviewer, why=why)


def _append(job: str, action: Literal["suspend", "resume"], *, reviewer: str, why: str) -> None:
    current = settings.read()
    name = spec.load(job, current.root).name
    for option, text in (("--reviewer", reviewer), ("--why", why)):
        if not text.strip():
            raise SpecError(f"{option} is empty.", "Both stand on record.", f"Give {option} some words.")
    with opened(current) as ledger:
        in_force = ledger.is_suspended(name)
        if (in_force is not None) == (action == "suspend"):
            state = "already suspended" if in_force else "not suspended"
            click.echo(f"{name} is {state}; nothing done.")
            return
        ledger.append_suspension(name, action=action, reason=why, reviewer=reviewer, known_at=clock.now())
    click.echo(f"{name}: {action} is on record.")
