"""Which rows of the record a page's bundle holds, and to which page a bundle belongs."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from framework.errors import NotVerified
from framework.ledger.bundle import Bundle, BundledRow
from framework.ledger.bundling import Bundler, Made
from framework.ledger.door import Door
from framework.ledger.tiles import Files
from framework.ledger.unbundle import ProvenRow
from framework.page.data import StrategyRecord
from framework.page.paper import NIGHTS, ORDERS

PAGE: Final = re.compile(r"strategies/(?P<name>[^/]+)/(?:(?P<kind>research|nightly)/)?")
TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "home": ("backtest_results",),
    "strategy": (
        *("backtest_results", "suspensions", "runs", "notebooks"),
        *("portfolio_worth", "orders", "order_events"),
    ),
    "notebook": ("notebooks", "runs"),
}
"""The tables of which a page of each kind shows rows."""

WORDS: Final = {
    "backtest_results": ("judged backtest", "judged backtests"),
    "suspensions": ("suspension", "suspensions"),
    "portfolio_worth": ("paper night", "paper nights"),
    "orders": ("order", "orders"),
    "order_events": ("end of an order", "ends of orders"),
    "runs": ("run", "runs"),
    "notebooks": ("notebook", "notebooks"),
}
"""How a page calls one row of a table, and more of them."""

PAPER: Final = {"mode": ("paper",)}


def collect(door: Door, log: Files, strategies: Iterable[StrategyRecord]) -> dict[str, Made]:
    """The bundle of each page that shows rows which are signed, by the page's address.

    Parameters
    ----------
    door : Door
        The record.
    log : Files
        Its log, as it is published with the pages. One without a checkpoint gives no bundle.

    Raises
    ------
    NotVerified
        The log contradicts itself, or the record the log.
    """
    if log.read("checkpoint") is None:
        return {}
    wanted: dict[str, list[BundledRow]] = {"": []}
    with Bundler(door, log) as bundler:
        for record in strategies:
            rows = _rows(bundler, record)
            wanted[""] += rows["backtest_results"]
            wanted[f"strategies/{record.name}/"] = [row for table in rows.values() for row in table]
            for notebook in record.notebooks:
                quoted = notebook.row
                wanted[f"strategies/{record.name}/{quoted.kind}/"] = [
                    *_with(rows["notebooks"], quoted.content_hash),
                    *_with(rows["runs"], quoted.run_id),
                ]
        made = {page: bundler.bundle(page, rows) for page, rows in wanted.items()}
    return {page: one for page, one in made.items() if one is not None}


def evidence_view(made: Made, page: str) -> dict[str, Any]:
    """What a page says of the bundle that it carries, before anybody has checked it."""
    bundle = made.bundle
    origin, size = bundle.checkpoint.split("\n")[:2]
    counted = Counter(row.table for row in bundle.rows)
    name = page.strip("/").replace("strategies/", "").replace("/", "-") or "first-page"
    return {
        "page": page,
        "rows": counted.total(),
        "tables": [f"{rows} {WORDS[table][rows > 1]}" for table in WORDS if (rows := counted[table])],
        "left_out": made.left_out,
        "unsigned": made.unsigned,
        "origin": origin,
        "size": f"{int(size):,}",
        "key": signing_key(bundle),
        "file": f"{name}.bundle.json",
        "saved": f"{name}.html",
    }


def signing_key(bundle: Bundle) -> str:
    """The newest of the keys in a bundle, as it is written out to be compared."""
    newest = bundle.keys[-1].split("\n")
    return newest[0] if len(bundle.keys) == 1 else newest[2]


def refuse_foreign(page: str, rows: Iterable[ProvenRow]) -> None:
    """Refuse rows that a page does not show: of another strategy, or of a table that has no place there.

    Raises
    ------
    NotVerified
        The bundle was made for another page.
    """
    match = PAGE.fullmatch(page)
    if page and match is None:
        raise foreign(page, "no page of that address shows rows of the record")
    kind = "home" if match is None else "notebook" if match["kind"] else "strategy"
    for row in rows:
        if row.table not in TABLES[kind]:
            raise foreign(page, f"a row of {row.table} has no place on it")
        if match is None:
            continue
        if row.strategy != match["name"]:
            raise foreign(page, f"a row of {row.strategy[:60]} has no place on it")
        if match["kind"] and row.table == "notebooks" and row.values["kind"] != match["kind"]:
            raise foreign(page, f"a {row.values['kind']} notebook has no place on it")


def foreign(page: str, why: str) -> NotVerified:
    """The error for a bundle that belongs to another page."""
    return NotVerified(
        f"The bundle does not belong to the page {page[:120] or '(the first one)'}: {why}.",
        "A bundle holds rows that its own page shows, and says which page that is.",
        "Fetch the page again, whole; if it stays, somebody has put another page's bundle into it.",
    )


def _rows(bundler: Bundler, record: StrategyRecord) -> dict[str, list[BundledRow]]:
    """The rows that a strategy's page shows, by table; what may be left out first comes last."""
    runs = {record.backtest.run_id} if record.backtest else set()
    runs |= {notebook.row.run_id for notebook in record.notebooks}
    if record.paper is not None:
        runs.add(str(record.paper.nights["run_id"].iloc[-1]))
    quoted = [notebook.row.content_hash for notebook in record.notebooks]
    rows = {
        "backtest_results": bundler.rows(f"backtest_results:{record.name}", newest=1),
        "suspensions": bundler.rows(f"suspensions:{record.name}", newest=1) if record.suspension else [],
        "runs": bundler.rows(f"runs:{record.name}", where={"run_id": [run for run in runs if run]}),
        "notebooks": bundler.rows(f"notebooks:{record.name}", where={"content_hash": quoted}),
    }
    return rows if record.is_closed else rows | _with_prices(bundler, record.name)


def _with_prices(bundler: Bundler, name: str) -> dict[str, list[BundledRow]]:
    """Those rows that say prices."""
    orders = bundler.rows(f"orders:{name}", where=PAPER, newest=ORDERS)
    events = {"order_id": [str(row.values[0]) for row in orders]}
    return {
        "portfolio_worth": bundler.rows(f"portfolio_worth:{name}", where=PAPER, newest=NIGHTS),
        "orders": _each_with_its_end(orders, bundler.rows(f"order_events:{name}", where=events)),
    }


def _each_with_its_end(orders: Sequence[BundledRow], events: Sequence[BundledRow]) -> list[BundledRow]:
    """Each order, followed by the last event of it."""
    last: dict[str | None, BundledRow] = {}
    for event in events:  # the newest first
        last.setdefault(event.values[0], event)
    return [row for order in orders for row in (order, last.get(order.values[0])) if row is not None]


def _with(rows: Sequence[BundledRow], identity: str | None) -> list[BundledRow]:
    """Those whose first column is `identity`."""
    return [row for row in rows if row.values[0] == identity]
