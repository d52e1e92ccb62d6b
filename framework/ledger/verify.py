"""The record held to a signed log: every row hashed anew, every chain followed, every departure named by its kind."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain, repeat

from framework.errors import BackDated, Deleted, Edited, NotVerified, Reordered, Rewritten, Truncated
from framework.ledger.anomaly import Case, Finding
from framework.ledger.audit import Audit
from framework.ledger.canonical import Row
from framework.ledger.door import Door
from framework.ledger.notes import Checkpoint
from framework.ledger.schema import METADATA
from framework.ledger.snapshot import exists, rows, snapshot

STEP = 4_096  # rows between two calls of `advance`
GRAVITY = (Rewritten, Edited, Deleted, Reordered, BackDated, Truncated)
SHOWN = 5


@dataclass
class Report:
    """What was found.

    Parameters
    ----------
    checkpoint : Checkpoint
        What the record was held to.
    rows, streams : int
        How many were read.
    unlogged : int
        Rows recorded since the checkpoint, of which only the chain speaks.
    withheld : int
        Rows whose payload was not there to be hashed.
    findings : list of Finding
        What does not verify, one a stream.
    older : int or None
        The earlier size that the whole record is as at, where it is: an older copy was put in its place.
    """

    checkpoint: Checkpoint
    rows: int = 0
    streams: int = 0
    unlogged: int = 0
    withheld: int = 0
    findings: list[Finding] = field(default_factory=list)
    older: int | None = None

    @property
    def limit(self) -> str:
        """The checkpoint, in words."""
        return f"The log {self.checkpoint.origin} has signed {self.checkpoint.size:,} entries."

    def check(self) -> None:
        """Return if everything verified.

        Raises
        ------
        NotVerified
            The gravest kind of what was found; all findings of that kind are in it.
        """
        if self.findings:
            raise self.error()

    def error(self) -> NotVerified:
        """The findings of the gravest kind as one error."""
        kind = min((finding.kind for finding in self.findings), key=GRAVITY.index)
        same = [finding for finding in self.findings if finding.kind is kind]
        first = same[0].error(self.limit)
        if self.older is not None:
            what = f"{first.what} All of it is as at the checkpoint of {self.older:,} entries: an older copy."
            return kind(what, first.limit, first.remedy)
        others = len(self.findings) - 1
        if not others:
            return first
        named = ", ".join(f"{one.stream} from row {one.sequence:,}" for one in same[1:SHOWN])
        more = f" {others} more {'stream does' if others == 1 else 'streams do'} not verify"
        return kind(f"{first.what}{more}{': ' if named else ''}{named}.", first.limit, first.remedy)


def verify(
    door: Door,
    audit: Audit,
    *,
    withheld: str = "false",
    advance: Callable[[int], object] = lambda _: None,
) -> Report:
    """Read every row in one snapshot, hash it anew, and hold it to its chain and to the log.

    Parameters
    ----------
    door : Door
        The database.
    audit : Audit
        A log that was read whole and found in order.
    withheld : str
        The column that says whether a payload is withheld, in a database that a dump was loaded into.
    advance : callable of int
        Told how many more rows were read.

    Raises
    ------
    DiskDamaged, LedgerError
        The database cannot be read.
    """
    report = Report(audit.checkpoint)
    seen: dict[bytes, int] = {}
    with snapshot(door) as connection:
        for table in METADATA.sorted_tables:
            if exists(connection, table):
                seen |= _followed(rows(connection, table, withheld=withheld), audit, report, advance)
    report.streams = len(seen)
    report.unlogged = sum(max(count - audit.count(stream), 0) for stream, count in seen.items())
    for stream in audit.streams.keys() - seen.keys():
        _conclude(Case(stream, audit), report)
    report.findings.sort(key=lambda finding: finding.stream)
    report.older = _older(audit, report, seen)
    return report


def _followed(
    found: Iterator[Row], audit: Audit, report: Report, advance: Callable[[int], object]
) -> dict[bytes, int]:
    """Follow each stream of a table to its end; how many rows each has."""
    seen: dict[bytes, int] = {}
    stream, case = None, Case(b"", audit)
    read = withheld = 0
    for row in found:
        if row.stream != stream:
            _conclude(case, report)
            stream = row.stream
            case, seen[stream] = Case(stream, audit), 0
            logged = chain(audit.logged(stream), repeat((None, audit.floor)))
        known, floor = next(logged)
        as_logged = known == row.row_hash or known is None
        if not (as_logged and row.recorded_at >= floor and case.continued_by(row)):
            case.add(row, floor)
        case.advance(row)
        seen[stream] += 1
        withheld += row.withheld
        read += 1
        if read % STEP == 0:
            advance(STEP)
    advance(read % STEP)
    report.rows += read
    report.withheld += withheld
    _conclude(case, report)
    return seen


def _conclude(case: Case, report: Report) -> None:
    finding = case.finding()
    if finding is not None:
        report.findings.append(finding)


def _older(audit: Audit, report: Report, seen: dict[bytes, int]) -> int | None:
    """The earlier checkpoint that the whole record is as at, if rows are only missing at the ends of streams."""
    if not report.findings or any(finding.kind is not Truncated for finding in report.findings):
        return None
    return next((size + 1 for size, _ in audit.times if audit.counts_at(size) == seen), None)
