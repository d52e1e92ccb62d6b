"""The data page says what each series covers, lacks and had changed, and shows no price."""

import pytest
from bs4 import BeautifulSoup

from framework.data.bars import Bars
from framework.page.data import SiteData, read_pages
from framework.page.render import build_from
from framework.page.vault import vault_view


@pytest.fixture(scope="module")
def page(site):
    return BeautifulSoup((site / "data" / "index.html").read_text("utf-8"), "html.parser")


@pytest.fixture(scope="module")
def rows(page):
    """The cells of each series by their labels, by symbol."""
    return {
        line.th.find(string=True): {cell["data-label"]: cell.get_text() for cell in line.select("td")}
        | {"notes": [note.get_text() for note in line.select(".note")]}
        for line in page.select("section[aria-labelledby^=source] tbody tr")
    }


def test_each_series_says_what_it_covers_and_lacks(rows):
    assert set(rows) == {"MTUM", "QUAL", "SIZE", "USMV", "VLUE", "HALF", "MINE"}
    assert {key: rows["MTUM"][key] for key in ("First", "Last", "Bars", "Missing", "Revisions", "Gates")} == {
        "First": "2014-01-02",
        "Last": "2022-12-28",
        "Bars": "2,264",
        "Missing": "0",
        "Revisions": "0",
        "Gates": "Passed",
    }
    mine = rows["MINE"]
    assert (mine["In"], mine["Missing"], mine["Gates"]) == ("EUR", "2", "Gapped")
    assert mine["notes"] == [
        "for the subscriber's own use: not passed on",
        "Missing: 2022-02-15, 2022-12-23",
    ]
    assert rows["MTUM"]["notes"][0].endswith(": may be passed on")


def test_a_vendors_change_is_told_with_its_ratio(page, rows):
    assert rows["HALF"]["Revisions"] == "1"
    (line,) = page.select("section[aria-labelledby=revisions] tbody tr")
    assert line.th.get_text() == "HALFvendor"
    cells = [cell.get_text() for cell in line.select("td")]
    assert cells == ["a split", "2022-01-03 – 2022-12-28", "249", "0.5", "2022-12-28 21:00 UTC"]


def test_the_page_counts_what_passes_and_the_first_page_leads_to_it(page, site):
    assert "6 of 7 series pass" in " ".join(page.get_text().split())
    home = BeautifulSoup((site / "index.html").read_text("utf-8"), "html.parser")
    assert home.select_one('a[href="./data/"]') is not None


def test_no_price_is_on_it_in_any_form(page, filled):
    text = str(page)
    for state in read_pages(filled[0]).series:
        row = state.row
        bars = filled[0].vault.bars((row.symbol,), source=row.source, as_of=row.known_at)
        closes = bars.close.iloc[-100:, 0]
        assert not [price for price in closes if repr(float(price)) in text or f"{price:.2f}" in text]


def test_a_site_without_a_vault_does_not_speak_of_one(tmp_path, record):
    site = SiteData(strategies=(), counts={}, guard="full")
    out = build_from(site, site_dir=record.SITE, out=tmp_path / "public").out
    assert not (out / "data").exists()
    assert "data page" not in (out / "index.html").read_text("utf-8")


def test_many_revisions_are_cut_and_counted(ledger, tiny_prices):
    for factor in range(1, 54):
        bars = Bars(tiny_prices * factor, source="mine", licence="MIT")
        ledger.vault.append_bars(bars, calendar="XNYS")
    view = vault_view(read_pages(ledger).series)
    assert len(view["revisions"]) == 50
    assert view["left_out"] == "The last 50 of 52 revisions on record."


@pytest.fixture
def tiny_prices():
    import pandas as pd

    return pd.DataFrame({"KO": [60.0, 61.0]}, index=pd.DatetimeIndex(["2022-12-23", "2022-12-27"]))
