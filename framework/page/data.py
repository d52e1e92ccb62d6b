"""What the pages show, read from the record and from nothing else."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import pandas as pd

from framework.data.licence import may_be_passed_on
from framework.errors import PageError
from framework.ledger.coverage import SeriesRow
from framework.ledger.ledger import Ledger
from framework.ledger.rows import BacktestRow, Book, NotebookRow, SuspensionRow
from framework.ledger.states import SeriesState, states
from framework.page.references import References

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_KINDS: tuple[Literal["research", "nightly"], ...] = ("research", "nightly")


@dataclass(frozen=True, kw_only=True, eq=False)
class PaperRecord:
    """The nights of a paper book, at least one.

    Parameters
    ----------
    nights, orders : DataFrame
        As `Ledger.worth` and `Ledger.orders` give them.
    book : Book
        After the last night.
    """

    nights: pd.DataFrame
    orders: pd.DataFrame
    book: Book

    @property
    def worth(self) -> pd.Series:
        """USD at each close, by session."""
        sessions = pd.DatetimeIndex(self.nights["session"].to_numpy(), name="session")
        return pd.Series(self.nights["worth_usd"].to_numpy("f8"), index=sessions, name="worth")


@dataclass(frozen=True, kw_only=True, eq=False)
class Notebook:
    """An executed notebook, whole."""

    row: NotebookRow
    content: bytes


@dataclass(frozen=True, kw_only=True, eq=False)
class StrategyRecord:
    """Everything on record of one strategy that a page shows. Any part may be missing.

    Parameters
    ----------
    is_closed : bool
        Whether it saw prices whose licence does not say that they may be passed on: then only results derived from them
        are shown.
    """

    name: str
    backtest: BacktestRow | None
    research_runs: pd.DataFrame
    paper: PaperRecord | None
    paper_runs: pd.DataFrame
    suspension: SuspensionRow | None
    notebooks: tuple[Notebook, ...]
    is_closed: bool

    @property
    def title(self) -> str:
        """What stands before the colon of the claim's title, or the name in words."""
        short, colon, _ = self.claim.get("title", "").partition(":")
        return short if colon else self.name.replace("_", " ").capitalize()

    @property
    def rule(self) -> str:
        """The rule in a sentence, from the claim's title; empty if none was recorded."""
        sentence = self.claim.get("title", "").partition(":")[2].strip()
        return sentence[:1].upper() + sentence[1:]

    @property
    def claim(self) -> Mapping[str, str]:
        """Title, claim, source and rejected_if, as far as they were recorded with the backtest."""
        recorded = self.backtest.settings.get("claim") if self.backtest else None
        return {key: str(text) for key, text in (recorded or {}).items() if text}

    @property
    def known_at(self) -> datetime | None:
        """The newest moment that anything here speaks of."""
        moments = [self.backtest.known_at] if self.backtest else []
        if self.paper is not None:
            moments.append(self.paper.nights["known_at"].max())
        return max(moments, default=None)


@dataclass(frozen=True, kw_only=True, eq=False)
class SiteData:
    """The whole site, as the record has it at this moment, and the references that its code was held to."""

    strategies: tuple[StrategyRecord, ...]
    counts: Mapping[str, int]
    guard: Literal["full", "partial"]
    references: References | None = None
    series: tuple[SeriesState, ...] = ()

    @property
    def known_at(self) -> datetime | None:
        """The newest moment that anything on the site speaks of; None for an empty record."""
        return max((one.known_at for one in self.strategies if one.known_at), default=None)


def read_pages(ledger: Ledger, *, references: References | None = None) -> SiteData:
    """Everything that the pages show, strategies by name. An empty record gives no strategies and no error.

    Raises
    ------
    PageError
        A strategy's name cannot stand in an address.
    LedgerError
        The record cannot be read.
    """
    known = ledger.vault.series()
    said = {(row.source, row.symbol): row.licence for row in known}
    return SiteData(
        strategies=tuple(_strategy(ledger, name, said) for name in ledger.strategies()),
        counts={**ledger.counts(), "bars": ledger.vault.count()},
        guard=ledger.guard(),
        references=references,
        series=_series(ledger, known),
    )


def _series(ledger: Ledger, known: list[SeriesRow]) -> tuple[SeriesState, ...]:
    """The vault as it was known when its newest bar was: a page knows no other time."""
    return tuple(states(ledger.vault, as_of=max(row.known_at for row in known))) if known else ()


def _strategy(ledger: Ledger, name: str, said: Mapping[tuple[str, str], str]) -> StrategyRecord:
    if not _NAME.fullmatch(name):
        raise PageError(
            f"The strategy {name!r} has a name that cannot stand in an address.",
            "Names begin with a letter or digit and go on with letters, digits, '_', '-' and '.'.",
            "Record it under another name.",
        )
    rows = [row for kind in _KINDS if (row := ledger.latest_notebook(name, kind)) is not None]
    backtest = ledger.latest_backtest(name)
    return StrategyRecord(
        name=name,
        backtest=backtest,
        research_runs=ledger.runs(name, "research"),
        paper=_paper(ledger, name),
        paper_runs=ledger.runs(name, "paper"),
        suspension=ledger.is_suspended(name),
        notebooks=tuple(Notebook(row=row, content=ledger.notebook(row.content_hash)) for row in rows),
        is_closed=_is_closed(backtest, ledger.vault.seen(name), said),
    )


def _is_closed(
    backtest: BacktestRow | None,
    seen: list[tuple[str, tuple[str, ...], str]],
    said: Mapping[tuple[str, str], str],
) -> bool:
    """Whether a licence said then, or said since, forbids it; where nothing was said, nothing is passed on."""
    licences = [licence for _, _, licence in seen] + ([backtest.licence] if backtest else [])
    named = [(source, symbol) for source, symbols, _ in seen for symbol in symbols]
    if backtest and backtest.benchmark:
        named.append((str(backtest.benchmark["source"]), str(backtest.benchmark["name"])))
    licences += [said[name] for name in named if name in said]
    return not licences or not all(map(may_be_passed_on, licences))


def _paper(ledger: Ledger, name: str) -> PaperRecord | None:
    nights = ledger.worth(name, "paper")
    if nights.empty:
        return None
    return PaperRecord(nights=nights, orders=ledger.orders(name, "paper"), book=ledger.book(name, "paper"))
