"""The pages as a reader meets them: narrow and wide, by day and by night, on paper and by ear."""

from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

PAGES = (
    "",
    "strategies/dual_momentum/",
    "strategies/paper_only/",
    "strategies/ten_month_timing/",
    "strategies/dual_momentum/research/",
    "strategies/dual_momentum/nightly/",
    "data/",
)
NARROW, WIDE = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
SHEET = {"width": 688, "height": 1000}  # CSS pixels between the margins of an A4 page

CHECKS = (Path(__file__).parent / "checks.js").read_text("utf-8").rstrip()


def found(page, check):
    """What one of the functions of checks.js finds wrong."""
    return page.evaluate(f"{CHECKS}.{check}()")


@contextmanager
def opened(browser, address, **options):
    """A page in a context of its own, and what it complained of, asked for and did not get."""
    context = browser.new_context(**options)
    page = context.new_page()
    page.complaints, page.asked = [], []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("requestfailed", lambda request: page.complaints.append(f"failed: {request.url}"))
    page.on("response", lambda answer: page.complaints.append(answer.url) if answer.status >= 400 else None)
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(address, wait_until="load")
    yield page
    context.close()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["390", "1440"])
def test_a_page_fits_is_legible_named_and_asks_nobody_else(browser, url, path, size):
    with opened(browser, url + path, viewport=size, color_scheme="light") as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert {check: found(page, check) for check in ("overlaps", "unnamed")} == {
            "overlaps": [],
            "unnamed": [],
        }
        for scheme, ground in (("light", "rgb(255, 255, 255)"), ("dark", "rgb(18, 23, 29)")):
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate("getComputedStyle(document.body).backgroundColor") == ground
            assert found(page, "lowContrast") == []
        assert page.complaints == []
        assert page.asked
        assert [asked for asked in page.asked if not asked.startswith((url, "data:"))] == []


def test_the_checks_see_what_they_look_for(browser, url):
    with opened(browser, url + "strategies/dual_momentum/", viewport=NARROW) as page:
        page.evaluate("""() => {
            const first = selector => document.querySelector(selector);
            first('.lead').style.color = '#aaa';
            first('main table caption').remove();
            first('.scroll:has(.months)').removeAttribute('tabindex');
            first('.lead').insertAdjacentHTML('afterend', '<p>' + 'x'.repeat(500) + '</p>');
            document.querySelectorAll('svg.chart text').forEach(label => label.setAttribute('x', '50%'));
        }""")
        assert any("Hold the strongest" in fault for fault in found(page, "lowContrast"))
        assert any(" over " in fault for fault in found(page, "overlaps"))
        assert any("has no caption" in fault for fault in found(page, "unnamed"))
        assert any("out of reach of a keyboard" in fault for fault in found(page, "unnamed"))
        assert any("chart" in fault or "table" in fault for fault in found(page, "cutOff"))
        assert page.evaluate("document.documentElement.scrollWidth") > NARROW["width"]


@pytest.mark.parametrize("path", PAGES[:2])
def test_a_printed_page_is_dark_on_white_and_cuts_nothing_off(browser, url, path):
    with opened(browser, url + path, viewport=SHEET, color_scheme="dark") as page:
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert found(page, "lowContrast") == []
        assert found(page, "cutOff") == []
        head = "getComputedStyle(document.querySelector('main thead')).display"
        assert page.evaluate(head) == "table-header-group"  # repeated on each sheet
        assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_the_keyboard_reaches_the_content_first_and_sees_where_it_is(browser, url):
    with opened(browser, url, viewport=WIDE) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
        page.keyboard.press("Enter")
        assert page.url.endswith("#main")


def test_a_reader_goes_from_the_first_page_to_the_evidence_and_back(browser, url):
    with opened(browser, url, viewport=NARROW) as page:
        page.get_by_role("link", name="Dual momentum").click()
        assert page.get_by_role("heading", level=1).inner_text() == "Dual momentum"
        page.get_by_role("link", name="Research notebook").click()
        assert "research notebook" in page.get_by_role("heading", level=1).inner_text()
        with page.expect_download() as download:
            page.get_by_role("link", name="dual_momentum-research.ipynb").click()
        assert download.value.suggested_filename == "dual_momentum-research.ipynb"
        page.get_by_role("link", name="All strategies").click()
        assert page.url == url
        assert page.complaints == []


def test_simulated_and_paper_are_told_apart_without_colour(browser, url):
    with opened(browser, url + "strategies/dual_momentum/", viewport=WIDE) as page:
        dash = "getComputedStyle(document.querySelector('path.line.{}')).strokeDasharray"
        assert page.evaluate(dash.format("simulated")) != "none"
        assert page.evaluate(dash.format("paper")) == "none"
        edge = "getComputedStyle(document.querySelector('section.band.{}')).borderLeftStyle"
        assert [page.evaluate(edge.format(ink)) for ink in ("simulated", "paper")] == ["dashed", "solid"]
        for ink in ("Simulated", "Paper"):
            assert page.locator(f"section.band.{ink.lower()} h2 .label").inner_text() == ink


def test_what_a_notebook_tried_to_run_did_not_run(browser, url):
    with opened(browser, url + "strategies/dual_momentum/research/", viewport=WIDE) as page:
        assert page.title() == "Dual momentum: research notebook · openbook"
        assert page.evaluate("document.querySelectorAll('.notebook script').length") == 0
