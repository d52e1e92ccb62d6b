"""Every number of a published site, computed again from bars, code and parameters, and compared."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from framework.errors import OpenbookError, SpecError
from framework.job import spec
from framework.ledger.bundling import Made
from framework.ledger.checkpoint import LOG
from framework.ledger.ledger import Ledger
from framework.ledger.tiles import Folder
from framework.page.data import SiteData, StrategyRecord, read_pages
from framework.page.evidence import collect
from framework.page.references import ADDRESS, References
from framework.page.render import build_from
from framework.proof.checkouts import Checkouts
from framework.proof.comparison import Difference, compare
from framework.proof.paper import recompute_paper
from framework.proof.published import Page, read_site
from framework.proof.simulated import recompute_backtest
from framework.strategy.base import Strategy

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Unproven:
    """A part of the site that could not be computed again, and why.

    Parameters
    ----------
    strategy, series : str
        Whose numbers these are: ``simulated`` or ``paper``.
    numbers : int
        How many stand on the site.
    why : OpenbookError
        What was in the way.
    """

    strategy: str
    series: str
    numbers: int
    why: OpenbookError


@dataclass(frozen=True)
class Report:
    """What became of recomputing a site.

    Parameters
    ----------
    numbers, drawings : int
        Compared; the numbers of unproven parts are not among them.
    differences : tuple of Difference
        What does not come out.
    faults : tuple of str
        What speaks against the record itself: other bars than were seen, a trip that no row tells of.
    unproven : tuple of Unproven
        What could not be computed again.
    """

    numbers: int
    drawings: int
    differences: tuple[Difference, ...]
    faults: tuple[str, ...]
    unproven: tuple[Unproven, ...]

    @property
    def proven(self) -> bool:
        """Whether every number of the site was computed again and came out."""
        return not (self.differences or self.faults or self.unproven)


def recompute(
    ledger: Ledger,
    checkouts: Checkouts,
    *,
    root: Path,
    published: Path,
    references: Callable[[], References],
    progress: Progress = lambda _name: None,
) -> Report:
    """Compute again everything that the site in `published` shows, and compare.

    Bars are those known when each result was recorded; rules are those of each run's own commit; trials are those that
    were counted then. Executed notebooks are quoted evidence: they are compared with the record byte for byte.

    Parameters
    ----------
    ledger : Ledger
        The record.
    checkouts : Checkouts
        For rules of any commit.
    root : Path
        The project: its jobs say which rule a strategy's name stands for, its ``site`` has the templates.
    published : Path
        The built site.
    references : callable
        Computes the references, if the site shows them.
    progress : callable
        Told what is recomputed next.

    Raises
    ------
    PageError
        There is no site.
    """
    pages = read_site(published)
    recorded = read_pages(ledger, references=_references(pages, references, progress))
    parts = [_Part(record, ledger, checkouts, root, progress) for record in recorded.strategies]
    found = [part.recomputed() for part in parts]
    progress("the pages")
    evidence = collect(ledger, Folder(published / LOG), recorded.strategies)
    rebuilt = _rebuilt(replace(recorded, strategies=tuple(found)), root / "site", evidence)
    errors = {key: error for part in parts for key, error in part.errors.items()}
    compared = compare(pages, rebuilt)
    standing = [number for page in pages.values() for number in page.numbers]
    unproven = tuple(
        Unproven(*key, sum((number.strategy, number.series) == key for number in standing), error)
        for key, error in errors.items()
    )
    return Report(
        numbers=compared.numbers - sum(part.numbers for part in unproven),
        drawings=compared.drawings,
        differences=compared.differences,
        faults=tuple(fault for part in parts for fault in part.faults),
        unproven=unproven,
    )


class _Part:
    """One strategy: its backtest and its paper record, recomputed as far as that can be done."""

    def __init__(
        self, record: StrategyRecord, ledger: Ledger, checkouts: Checkouts, root: Path, progress: Progress
    ) -> None:
        self._record, self._ledger, self._checkouts = record, ledger, checkouts
        self._root, self._progress = root, progress
        self.faults: list[str] = []
        self.errors: dict[tuple[str, str], OpenbookError] = {}

    def recomputed(self) -> StrategyRecord:
        """The record with what was recomputed in the place of what was recorded."""
        record = self._record
        if record.backtest is not None:
            record = self._tried("simulated", record, self._backtest)
        if record.paper is not None:
            record = self._tried("paper", record, self._paper)
        return record

    def _tried(
        self, series: str, record: StrategyRecord, part: Callable[[StrategyRecord], StrategyRecord]
    ) -> StrategyRecord:
        self._progress(f"{record.name}, {series}")
        try:
            return part(record)
        except OpenbookError as error:
            self.errors[record.name, series] = error
            return record

    def _backtest(self, record: StrategyRecord) -> StrategyRecord:
        row = record.backtest
        assert row is not None  # noqa: S101 - asked for where there is one

        def rule_named(name: str, parameters: Mapping[str, Any]) -> Strategy:
            return self._checkouts.rule(
                spec_of(name, self._root),
                git_sha=row.git_sha,
                code_hash=row.code_hash,
                parameters=parameters,
            )

        found = recompute_backtest(row, ledger=self._ledger, rule_named=rule_named)
        self.faults += [f"{record.name}: {fault}" for fault in found.faults]
        return replace(record, backtest=found.row)

    def _paper(self, record: StrategyRecord) -> StrategyRecord:
        assert record.paper is not None  # noqa: S101 - asked for where there is one
        found = recompute_paper(
            record.paper, record.paper_runs, ledger=self._ledger, rule_of=self._checkouts.of_run
        )
        self.faults += found.faults
        return replace(record, paper=found.record)


def spec_of(name: str, root: Path) -> str:
    """``module:NAME`` of the strategy that the record calls `name`: what its job says, else its file's STRATEGY."""
    try:
        return spec.load(name, root).strategy
    except SpecError:
        return f"strategies.{name}:STRATEGY"


def _references(
    pages: Mapping[str, Page], compute: Callable[[], References], progress: Progress
) -> References | None:
    if f"{ADDRESS}index.html" not in pages:
        return None
    progress("what others published")
    return compute()


def _rebuilt(site: SiteData, templates: Path, evidence: Mapping[str, Made]) -> dict[str, Page]:
    with tempfile.TemporaryDirectory(prefix="openbook-proof-") as folder:
        built = build_from(site, site_dir=templates, out=Path(folder) / "site", evidence=evidence)
        return read_site(built.out)
