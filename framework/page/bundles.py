"""The record as Hugo's content: a page bundle for each page, every number in it already written."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from framework.ledger.bundling import Made
from framework.page.data import Notebook, SiteData, StrategyRecord
from framework.page.evidence import evidence_view
from framework.page.notebook import notebook_html
from framework.page.numbers import Origin, moment
from framework.page.paper import paper_charts, paper_index_view, paper_view, suspension_view, trouble
from framework.page.provenance import notebook_view, provenance_view
from framework.page.references import ADDRESS, References, references_view
from framework.page.simulated import index_view, simulated_charts, simulated_view, verdict_view
from framework.page.vault import ADDRESS as VAULT
from framework.page.vault import counts_view, vault_view

_COUNTS = {
    "trials": "Trials, discarded ones too",
    "backtest_results": "Judged backtests",
    "runs": "Runs started",
    "portfolio_worth": "Paper nights",
    "orders": "Orders",
    "notebooks": "Executed notebooks",
    "bars": "Bars",
}


@dataclass(frozen=True)
class Bundle:
    """A page's front matter and the files beside it.

    Parameters
    ----------
    path : str
        The page's address: ``""`` is the first page, others end with a slash.
    index : str
        ``_index.md`` for a page that has pages below it, else ``index.md``.
    """

    path: str
    index: str
    front: Mapping[str, Any]
    files: Mapping[str, bytes] = field(default_factory=dict)

    def with_evidence(self, made: Made) -> "Bundle":
        """The same page, carrying its rows and their proof."""
        params = {**self.front["params"], "evidence": evidence_view(made, self.path)}
        files = {**self.files, "bundle.json": made.bundle.encoded()}
        return replace(self, front={**self.front, "params": params}, files=files)

    def write(self, content: Path) -> None:
        """Put the bundle where Hugo looks for it."""
        folder = content / self.path
        folder.mkdir(parents=True, exist_ok=True)
        front = {"build": {"publishResources": False}, **self.front}
        (folder / self.index).write_text(
            json.dumps(front, indent=1, sort_keys=True, ensure_ascii=False), "utf-8"
        )
        for name, data in self.files.items():
            (folder / name).write_bytes(data)


def bundles(site: SiteData, evidence: Mapping[str, Made] | None = None) -> list[Bundle]:
    """Every page of the site, the first page first, each with the evidence that there is for it by its address."""
    found = evidence or {}
    return [page.with_evidence(found[page.path]) if page.path in found else page for page in _pages(site)]


def _pages(site: SiteData) -> list[Bundle]:
    pages = [_home(site)]
    for record in site.strategies:
        pages.append(_strategy(record))
        pages += [_notebook(notebook, record) for notebook in record.notebooks]
    if site.series:
        pages.append(_vault(site))
    if site.references is not None:
        pages.append(_references(site.references))
    return pages


def _home(site: SiteData) -> Bundle:
    whole = Origin(strategy="all", series="record", run="all")
    counts = [
        {"label": label, "number": whole.stated(f"rows.{table}", float(site.counts[table]), "count")}
        for table, label in _COUNTS.items()
        if table in site.counts
    ]
    params = {
        "as_of": moment(site.known_at) if site.known_at else "",
        "counts": counts,
        "guard": site.guard,
        "references": references_view(site.references) if site.references else None,
        "vault": counts_view(site.series),
        "strategies": [_listed(record) for record in site.strategies],
    }
    description = (
        "Trading strategies with their simulated and paper records, each number from an append-only record."
    )
    return Bundle(
        "",
        "_index.md",
        {"title": "Strategies, with their records", "description": description, "params": params},
    )


def _vault(site: SiteData) -> Bundle:
    front = {
        "title": "Data: what the vault holds",
        "description": "Every series of prices: what it covers, what it lacks, and what its vendor changed. No prices.",
        "type": "vault",
        "params": vault_view(site.series),
    }
    return Bundle(VAULT, "index.md", front)


def _references(references: References) -> Bundle:
    front = {
        "title": "What others have published, computed here",
        "description": "Published figures of finance and cryptography beside what this code finds.",
        "type": "references",
        "params": references_view(references),
    }
    return Bundle(ADDRESS, "index.md", front)


def _listed(record: StrategyRecord) -> dict[str, Any]:
    return {
        "href": f"strategies/{record.name}/",
        "title": record.title,
        "claim": record.claim.get("claim", ""),
        "verdict": verdict_view(record.backtest) if record.backtest else None,
        "suspension": suspension_view(record.suspension),
        "simulated": index_view(record.backtest) if record.backtest else None,
        "paper": paper_index_view(record),
    }


def _strategy(record: StrategyRecord) -> Bundle:
    backtest = record.backtest
    params = {
        "rule": record.rule,
        **{key: record.claim.get(key, "") for key in ("claim", "source", "rejected_if")},
        "verdict": verdict_view(backtest) if backtest else None,
        "simulated": simulated_view(backtest) if backtest else None,
        "paper": paper_view(record),
        "trouble": trouble(record.paper_runs),
        "suspension": suspension_view(record.suspension),
        "notebooks": [notebook_view(notebook, record) for notebook in record.notebooks],
        "provenance": provenance_view(record),
    }
    charts = {**(simulated_charts(backtest) if backtest else {}), **paper_charts(record)}
    front = {
        "title": record.title,
        "description": record.claim.get("claim") or f"The record of {record.title}.",
        "type": "strategy",
        "params": params,
    }
    return Bundle(
        f"strategies/{record.name}/",
        "_index.md",
        front,
        {name: drawing.encode() for name, drawing in charts.items()},
    )


def _notebook(notebook: Notebook, record: StrategyRecord) -> Bundle:
    view = notebook_view(notebook, record)
    front = {
        "title": f"{record.title}: {view['title'][0].lower()}{view['title'][1:]}",
        "description": f"{view['title']} of {record.title}, as it was executed.",
        "type": "notebook",
        "params": {**view, "strategy_href": f"strategies/{record.name}/", "strategy_title": record.title},
    }
    rendered = notebook_html(
        notebook.content, name=f"{record.name}-{notebook.row.kind}", is_closed=record.is_closed
    )
    files = {"cells.txt": rendered.encode()}
    if not record.is_closed:
        files["notebook.ipynb"] = notebook.content
    return Bundle(
        view["href"],
        "index.md",
        front,
        files,
    )
