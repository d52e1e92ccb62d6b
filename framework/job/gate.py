"""The quality gate of a night: what pauses a strategy, who lifts the pause, and what stands on record of both.

Bars that fail pause the strategy: a suspension by `GATE_NAME`, with the reason. The gate lifts it itself, in the
first night whose bars pass. Where the prices are odd and true, a human's ``openbook resume`` says so, and what lay
before is not held against them again.
"""

from datetime import datetime

import pandas as pd

from framework.data.bars import Bars
from framework.data.gates import Finding, check, findings, in_currency
from framework.data.sessions import close_of, session_at
from framework.errors import OpenbookError
from framework.job.spec import JobSpec
from framework.ledger.ledger import Ledger
from framework.ledger.rows import SuspensionRow

GATE_NAME = "quality gate"
CURRENCY = "USD"  # of every account
FIRST_NIGHT = (
    21  # sessions that are judged where no night is on record; those before were chosen by whoever starts it
)
NEVER_EXCUSED = ("stale", "future-dated", "currency mismatch")


def refuse_untrusted(
    bars: Bars, job: JobSpec, ledger: Ledger, *, as_of: datetime, last: pd.Timestamp | None
) -> None:
    """Refuse to decide on bars that a quality gate does not pass, judging the sessions after the night `last`.

    Raises
    ------
    StaleData
        A series is late.
    UntrustedBars
        Gapped, future-dated, frozen, an outlier, no volume, or in another currency than the account.
    """
    known = {row.symbol: row for row in ledger.vault.series(job.data)}
    since = bars.sessions[-FIRST_NIGHT - 1 :][0] if last is None else last
    found = findings(
        bars,
        calendar=job.calendar,
        as_of=as_of,
        since=since,
        newest=max(row.last_session.normalize() for row in known.values()),
    )
    currencies = {symbol: known[symbol].currency for symbol in bars.symbols}
    until = _excused_until(ledger.suspensions(job.name), job.calendar)
    check(
        (*_unexcused(found, until), *in_currency(currencies, CURRENCY, bars.sessions[-1])),
        as_of=as_of,
    )


def pause(ledger: Ledger, job: JobSpec, session: pd.Timestamp, why: OpenbookError) -> None:
    """Put on record that the strategy is paused, unless it may not trade already."""
    if ledger.is_suspended(job.name) is None:
        _append(ledger, job, session, "suspend", why.what)


def lift(ledger: Ledger, job: JobSpec, session: pd.Timestamp) -> None:
    """Put on record that the bars pass again, if it was the gate that paused the strategy."""
    if is_by_gate(ledger.is_suspended(job.name)):
        _append(ledger, job, session, "resume", "The bars pass all quality gates again.")


def is_by_gate(suspension: SuspensionRow | None) -> bool:
    """Whether a suspension is one that the gate lifts itself."""
    return suspension is not None and suspension.reviewer == GATE_NAME


def _append(ledger: Ledger, job: JobSpec, session: pd.Timestamp, action: str, reason: str) -> None:
    ledger.append_suspension(
        job.name,
        action=action,  # type: ignore[arg-type] # one of the two above
        reason=reason,
        reviewer=GATE_NAME,
        known_at=close_of(job.calendar, session),
    )


def _unexcused(found: tuple[Finding, ...], until: pd.Timestamp | None) -> tuple[Finding, ...]:
    return tuple(
        one for one in found if one.gate in NEVER_EXCUSED or until is None or one.session.normalize() > until
    )


def _excused_until(rows: list[SuspensionRow], calendar: str) -> pd.Timestamp | None:
    """The last session before a human resumed what the gate had paused."""
    until, paused = None, False
    for row in rows:
        if row.action == "suspend":
            paused = is_by_gate(row)
        elif paused and not is_by_gate(row):
            until = session_at(calendar, row.known_at)
    return until
