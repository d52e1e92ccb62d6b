"""Each page carries the rows that it shows, and no page takes another's."""

import pytest
from bs4 import BeautifulSoup

from framework.errors import NotVerified
from framework.ledger.bundle import LARGEST, parse
from framework.ledger.tiles import Folder
from framework.ledger.unbundle import ProvenRow, prove
from framework.page.data import read_pages
from framework.page.evidence import NIGHTS, PAGE, TABLES, collect, evidence_view, refuse_foreign

PAGES = {
    "": {"backtest_results": 2},
    "strategies/dual_momentum/research/": {"notebooks": 1, "runs": 1},
    "strategies/dual_momentum/nightly/": {"notebooks": 1, "runs": 1},
    "strategies/paper_only/": {"notebooks": 1, "portfolio_worth": 3, "runs": 1},
    "strategies/paper_only/nightly/": {"notebooks": 1, "runs": 1},
    "strategies/ten_month_timing/": {"backtest_results": 1, "suspensions": 1},
}


@pytest.fixture(scope="module")
def made(site, filled):
    ledger, _ = filled
    return collect(ledger, Folder(site / "log"), read_pages(ledger).strategies)


def test_every_page_that_shows_rows_has_a_bundle_and_no_other(made, site):
    assert made.keys() == {*PAGES, "strategies/dual_momentum/"}
    for page, one in made.items():
        content = one.bundle.encoded()
        assert len(content) <= LARGEST
        shown = BeautifulSoup((site / page / "index.html").read_text("utf-8"), "html.parser")
        assert shown.main["data-page"] == page == parse(content).page
        assert shown.select_one("script#bundle").string.encode() == content
        (link,) = shown.select("section.verify a[download]")
        assert (site / page / link["href"].rpartition("/")[2]).read_bytes() == content
    for page in ("strategies/tried_once/", "404.html"):
        text = (site / page / "index.html" if page.endswith("/") else site / page).read_text("utf-8")
        assert "bundle" not in text


@pytest.mark.parametrize("page", PAGES)
def test_a_page_carries_these_rows(made, page):
    proven = prove(made[page].bundle)
    refuse_foreign(page, proven.rows)
    counted = {}
    for row in proven.rows:
        counted[row.table] = counted.get(row.table, 0) + 1
    assert counted == PAGES[page]
    assert (made[page].left_out, made[page].unsigned) == (0, 0)


def test_a_strategys_page_carries_its_last_nights_and_orders_with_their_ends(made, filled):
    ledger, _ = filled
    rows = prove(made["strategies/dual_momentum/"].bundle).rows
    nights = [row.values["session"] for row in rows if row.table == "portfolio_worth"]
    recorded = ledger.worth("dual_momentum", "paper")["session"].tail(NIGHTS)
    assert nights == [f"{session:%Y-%m-%d}" for session in recorded]
    ordered = {row.values["order_id"] for row in rows if row.table == "orders"}
    assert ordered == {row.values["order_id"] for row in rows if row.table == "order_events"} != set()


def test_no_pages_rows_pass_for_anothers(made):
    pages, refused = [page for page in made if PAGE.fullmatch(page)], 0
    for page in pages:
        rows = prove(made[page].bundle).rows
        for other in {*made} - {page}:
            small = page.startswith(other) and other  # a notebook's rows are rows of its strategy too
            if not small:
                with pytest.raises(NotVerified, match="does not belong to the page"):
                    refuse_foreign(other, rows)
                refused += 1
    assert refused > 25


@pytest.mark.parametrize("page", ["references/", "strategies/", "strategies/a/b/", "strategies/a", "/", "x"])
def test_a_page_that_shows_no_rows_has_no_bundle(page):
    with pytest.raises(NotVerified, match="no page of that address"):
        refuse_foreign(page, [])


@pytest.mark.parametrize("table", ["bar_blocks", "trials", "migrations", "snapshots"])
def test_rows_that_no_page_shows_are_refused_on_all(table):
    assert all(table not in tables for tables in TABLES.values())
    for page in ("", "strategies/a/", "strategies/a/research/"):
        with pytest.raises(NotVerified, match="has no place on it"):
            refuse_foreign(page, [ProvenRow(table, "a", 1, {})])


def test_a_log_that_signs_nothing_gives_no_bundle(filled, tmp_path):
    ledger, _ = filled
    assert collect(ledger, Folder(tmp_path), read_pages(ledger).strategies) == {}


def test_the_page_says_what_it_carries_and_whose_key_it_is(made):
    view = evidence_view(made["strategies/paper_only/"], "strategies/paper_only/")
    assert view["tables"] == ["3 paper nights", "1 run", "1 notebook"]
    assert (view["rows"], view["saved"]) == (5, "paper_only.html")
    assert view["key"].startswith("example.com/record+")
    assert evidence_view(made[""], "")["file"] == "first-page.bundle.json"
