"""Every error that openbook raises on purpose, on one screen, with the exit code of each branch.

::

    OpenbookError                 1   never raised itself
    |-- SpecError                 3   what was asked for does not exist or does not parse: job, YAML, option, date
    |-- DataError                 4   prices or returns that cannot be used
    |   |-- BadBars                   malformed: NaN inside a life, duplicate or unsorted sessions, price <= 0
    |   |-- UnknownSymbol             the source does not have it
    |   |-- StaleData                 the newest bar is older than the run needs
    |   |-- VendorDown                no whole answer from the vendor after bounded retries
    |   |-- KeyRefused                the vendor does not accept the key, or not for this
    |   `-- UntrustedBars             well formed, but a quality gate does not pass them
    |-- StrategyError             5   a rule that may not run
    |   |-- BadWeights                NaN in part of a row, infinite, above the gross limit, unknown symbol
    |   `-- LooksAhead                changes its mind about the past once later bars exist
    |-- SimulationError           6   two engines disagree, or an engine cannot do what was asked
    |-- LedgerError               7   the record cannot be reached, or refused a row
    |   |-- DatabaseMissing           no server answers, or it is not migrated
    |   |-- DatabaseTooOld            below PostgreSQL 16
    |   |-- AlteredBlock              a block of bars or values does not hold what its content hash says
    |   `-- RecordRefused             the database's guard or a uniqueness rule said no
    |-- JobError                  8   a run that did not finish
    |   |-- NotebookRefused           papermill would have passed it silently; we do not
    |   |-- NotebookFailed            a cell raised
    |   `-- RunLocked                 another process holds this strategy's run
    |-- BrokerError               9   a venue said no, or said nothing
    |   |-- VenueDown                 no whole answer from the venue after bounded retries; no order is lost by it
    |   |-- AccountRefused            a key or an account that may not trade here, or may do more than trade
    |   `-- OrderRefused              an order that was not sent, since the venue could not take it as it was meant
    |-- PageError                10   a page that may not be published
    |-- ProofError               11   a published number or reference that does not come out
    |   `-- PayloadWithheld      12   it rests on payloads that a dump withholds, and so cannot be computed again
    `-- NotVerified              20   a dump, checkpoint, proof or tile that cannot be read or followed
        |-- Edited               21   a row is not the one that was recorded
        |-- Deleted              22   rows are missing inside a stream
        |-- Reordered            23   rows have changed places
        |-- BackDated            24   a row says it was recorded before it was
        |-- Truncated            25   the record or its log ends earlier than what was signed or seen
        |-- Rewritten            26   a chain is whole in itself, and not the one that was signed
        |-- SplitView            27   two signed histories of which neither continues the other
        |-- LogDamaged           28   what is published contradicts itself or its signature
        `-- DiskDamaged          29   the server itself finds a page of a table damaged

Exit code 0 is success (a run that was already on record too), 1 an unforeseen fault, 2 a misuse of the
command line as ``click`` reports it.
"""


class OpenbookError(Exception):
    """An error in three parts: what happened, against which limit, what to do next.

    Parameters
    ----------
    what : str
        What happened, with names, dates and figures.
    limit : str
        What it was measured against: the rule, the known choices, the range that exists.
    remedy : str
        What to do next, as an instruction.
    """

    exit_code = 1

    def __init__(self, what: str, limit: str, remedy: str) -> None:
        super().__init__(what, limit, remedy)
        self.what = what
        self.limit = limit
        self.remedy = remedy

    def __str__(self) -> str:
        return " ".join(part for part in (self.what, self.limit, self.remedy) if part)


class SpecError(OpenbookError):
    """What was asked for does not exist or does not parse."""

    exit_code = 3


class DataError(OpenbookError):
    """Prices or returns that cannot be used."""

    exit_code = 4


class BadBars(DataError):
    """Bars that are malformed, with the row and the column named."""


class UnknownSymbol(DataError):
    """A symbol that the source does not have."""


class StaleData(DataError):
    """The newest bar is older than the run needs."""


class VendorDown(DataError):
    """A vendor gave no whole answer, however often it was asked within the limits."""


class KeyRefused(DataError):
    """A vendor does not accept the key: wrong, expired, revoked, or without this permission."""


class UntrustedBars(DataError):
    """Bars that are well formed, but that a quality gate does not pass."""


class StrategyError(OpenbookError):
    """A rule that may not run."""

    exit_code = 5


class BadWeights(StrategyError):
    """Target weights that no account could follow."""


class LooksAhead(StrategyError):
    """A rule that changes its mind about the past once later bars exist."""


class SimulationError(OpenbookError):
    """Two engines disagree, or an engine cannot do what was asked of it."""

    exit_code = 6


class LedgerError(OpenbookError):
    """The record cannot be reached, or refused a row."""

    exit_code = 7


class DatabaseMissing(LedgerError):
    """No server answers at the URL, or it has not been migrated."""


class DatabaseTooOld(LedgerError):
    """The server is older than PostgreSQL 16."""


class AlteredBlock(LedgerError):
    """A block of bars or values does not hold what its content hash says: somebody altered it."""


class RecordRefused(LedgerError):
    """The database's guard or a uniqueness rule refused a row."""


class JobError(OpenbookError):
    """A run that did not finish."""

    exit_code = 8


class NotebookRefused(JobError):
    """A notebook or parameter that papermill would have passed silently."""


class NotebookFailed(JobError):
    """A cell of the notebook raised."""


class RunLocked(JobError):
    """Another process holds this strategy's run."""


class BrokerError(OpenbookError):
    """A venue said no, or said nothing."""

    exit_code = 9


class VenueDown(BrokerError):
    """A venue gave no whole answer to a question, however often it was asked within the limits."""


class AccountRefused(BrokerError):
    """A key or account that may not trade here, may do more than trade, or holds another currency."""


class OrderRefused(BrokerError):
    """An order that was not sent: the venue could not take it as it was meant."""


class PageError(OpenbookError):
    """A page that may not be published."""

    exit_code = 10


class ProofError(OpenbookError):
    """A published number, or a reference, that does not come out when it is computed again."""

    exit_code = 11


class PayloadWithheld(ProofError):
    """What is to be computed again rests on payloads that a dump withholds for their licence."""

    exit_code = 12


class NotVerified(OpenbookError):
    """A dump, checkpoint, proof or tile that cannot be read or followed: nothing was verified."""

    exit_code = 20


class Edited(NotVerified):
    """A row is not the one that was recorded."""

    exit_code = 21


class Deleted(NotVerified):
    """Rows are missing inside a stream."""

    exit_code = 22


class Reordered(NotVerified):
    """Rows of a stream have changed places."""

    exit_code = 23


class BackDated(NotVerified):
    """A row says that it was recorded before it was."""

    exit_code = 24


class Truncated(NotVerified):
    """The record, or its log, ends earlier than what was signed or seen before."""

    exit_code = 25


class Rewritten(NotVerified):
    """A chain that is whole in itself, and not the one that was signed."""

    exit_code = 26


class SplitView(NotVerified):
    """Two signed histories, of which neither continues the other."""

    exit_code = 27


class LogDamaged(NotVerified):
    """What is published contradicts itself, or its signature."""

    exit_code = 28


class DiskDamaged(NotVerified):
    """The server finds a page of a table damaged."""

    exit_code = 29
