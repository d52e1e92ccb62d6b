"""What others have published stands beside what this code found, and the first page says how many come out."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from framework.page.data import SiteData
from framework.page.references import ReferenceRow, References
from framework.page.render import build_from

SITE = Path(__file__).parents[2] / "site"
HASH = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def row(name, published, found, *, passed=True, subject="Geometry"):
    return ReferenceRow(
        subject=subject, name=name, source="A book", published=published, found=found, passed=passed
    )


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    rows = [
        row("Pi", 3.14159, 3.141592653589793),
        row("Pi in Indiana", 3.2, 3.141592653589793, passed=False),
        row("A loss", -0.25, -0.25, subject="Money"),
        row("A digest", HASH, HASH, subject="Money"),
        row("Refused", 1.0, None, passed=False, subject="Money"),
    ]
    site = SiteData(
        strategies=(), counts={}, guard="full", references=References(rows=rows, versions={"openbook": "9.9"})
    )
    out = build_from(site, site_dir=SITE, out=tmp_path_factory.mktemp("site") / "public").out
    return {
        name: BeautifulSoup((out / name).read_text("utf-8"), "html.parser")
        for name in ("index.html", "references/index.html")
    }


def test_each_figure_stands_beside_the_published_one_with_its_outcome(pages):
    cells = {
        line.th.find(string=True): [cell.get_text() for cell in line.select("td")]
        for line in pages["references/index.html"].select("tbody tr")
    }
    assert cells == {
        "Pi": ["3.14159", "3.141592654", "The same"],
        "Pi in Indiana": ["3.2", "3.141592654", "Differs"],
        "A loss": ["−0.25", "−0.25", "The same"],
        "A digest": ["ba7816bf8f01cfea…", "ba7816bf8f01cfea…", "The same"],
        "Refused": ["1", "an error", "Differs"],
    }


def test_the_count_stands_on_both_pages_with_its_origin(pages):
    for page in pages.values():
        assert "3 of 5" in page.get_text()
        passed = page.select_one('data[data-metric="passed"]')
        assert (passed["value"], passed["data-series"], passed["data-run"]) == ("3.0", "reference", "9.9")
    assert pages["index.html"].select_one('a[href="./references/"]') is not None


def test_a_site_without_references_does_not_speak_of_them(tmp_path):
    site = SiteData(strategies=(), counts={}, guard="full")
    out = build_from(site, site_dir=SITE, out=tmp_path / "public").out
    assert not (out / "references").exists()
    assert "published figures" not in (out / "index.html").read_text()
