"""What the jobs need of the vault, held to the quality gates: the state of every series, and what is not there."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from framework.data.gates import check
from framework.errors import DataError, StaleData
from framework.job import spec
from framework.job.gate import CURRENCY
from framework.job.sync import named
from framework.ledger.ledger import Ledger
from framework.ledger.states import Name, SeriesState, states
from framework.strategy.load import load

SHOWN = 4  # series named in a message


@dataclass(frozen=True)
class Checked:
    """Every series of the vault as it was known at `as_of`, and those that a job names without a bar there."""

    states: tuple[SeriesState, ...]
    missing: tuple[Name, ...]
    as_of: datetime

    def refuse(self) -> None:
        """Return if every series passes.

        Raises
        ------
        DataError
            There was no series to check.
        StaleData
            A job's series has no bar, or one is late.
        UntrustedBars
            A gate does not pass one.
        """
        if self.missing:
            raise _missing(self.missing, self.as_of)
        if not self.states:
            raise DataError(
                f"The vault has no series with a bar known at {self.as_of:%Y-%m-%d %H:%M %Z}.",
                "Where nothing was checked, nothing passes.",
                "Run openbook data sync first, or ask for a later moment.",
            )
        check(tuple(one for state in self.states for one in state.found), as_of=self.as_of)


def checked(ledger: Ledger, root: Path, *, as_of: datetime) -> Checked:
    """Judge every series of the vault, and look for those that the jobs of the project at `root` need."""
    found = tuple(states(ledger.vault, as_of=as_of, accounts=_accounts(root)))
    there = {(state.row.source, state.row.symbol) for state in found}
    needed = {(source, symbol) for (source, _), symbols in named(root).items() for symbol in symbols}
    return Checked(found, tuple(sorted(needed - there)), as_of)


def _accounts(root: Path) -> dict[Name, str]:
    """What is traded; a benchmark may be in any currency."""
    jobs = (spec.load(name, root) for name in spec.names(root))
    return {(job.data, symbol): CURRENCY for job in jobs for symbol in load(job.strategy).universe}


def _missing(missing: tuple[Name, ...], as_of: datetime) -> StaleData:
    shown = ", ".join(f"{source}: {symbol}" for source, symbol in missing[:SHOWN])
    more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
    return StaleData(
        f"The vault has no bar of {shown}{more}.",
        f"Jobs need {len(missing)} series of which no bar was known at {as_of:%Y-%m-%d %H:%M %Z}.",
        "Load them with openbook data sync.",
    )
