"""A reader verifies a page in the browser: as served, offline, as saved; and whatever was done to it is named."""

import json
import random
import re
from contextlib import contextmanager

import pytest

from framework.errors import OpenbookError
from framework.proof.bundle import check_file

pytestmark = pytest.mark.browser

OWN, OTHER = "strategies/dual_momentum/", "strategies/ten_month_timing/"
PAGES = ("", OWN, OTHER, "strategies/paper_only/", f"{OWN}research/", f"{OWN}nightly/")
BUNDLE = re.compile(r'(<script type="application/json" id="bundle">)(.*?)(</script>)', re.DOTALL)
AT_MOST = 1_000  # milliseconds
SEEDS = range(60)
STEPS = ["Bundle", "Rows", "Signature", "Proof", "Numbers"]


@pytest.fixture(scope="module")
def pages(site):
    """The text of each page, by its address."""
    return {address: (site / address / "index.html").read_text("utf-8") for address in PAGES}


@contextmanager
def opened(browser, address, **options):
    """A page in a context of its own."""
    context = browser.new_context(**options)
    try:
        page = context.new_page()
        page.goto(address, wait_until="load")
        yield page
    finally:
        context.close()


def verified(page):
    """What the page says after its button was pressed: whether it is verified, the outcome, and the steps."""
    page.get_by_role("button", name="Verify this page").click()
    said = page.locator(".verify .said")
    page.wait_for_function("document.querySelector('.verify .said').textContent !== ''")
    return (
        "passed" in said.get_attribute("class"),
        said.inner_text(),
        page.locator(".verify .steps").inner_text(),
    )


def saved(folder, text, name="page"):
    """The address of a page that was saved, and perhaps altered."""
    path = folder / f"{name}.html"
    path.write_text(text, "utf-8")
    return path.as_uri()


def rewritten(text, change):
    """The page with something changed in its bundle."""
    opening, content, _ = BUNDLE.search(text).groups()
    told = json.loads(content)
    change(told)
    return text.replace(opening + content, opening + json.dumps(told).replace("<", "\\u003c"))


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_verified_with_nobody_asked_and_says_what_the_command_says(browser, url, pages, path):
    with opened(browser, url + path) as page:
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.context.set_offline(True)
        passed, said, steps = verified(page)
        assert passed, (said, steps)
        found = check_file(pages[path].encode())
        rows, matched = len(found.proven.rows), found.matched
        assert re.search(rf"\b{rows} rows? (is|are) as this key", said)
        assert re.search(rf"\b{matched} numbers? on this page", said)
        assert page.locator("data.proven").count() == matched
        assert [line.split(" ")[0] for line in steps.splitlines() if line.split(" ")[0] in STEPS] == STEPS
        assert int(re.search(r"Verified in ([\d,]+) ms", said)[1].replace(",", "")) <= AT_MOST
        assert [address for address in asked if not address.endswith("favicon.svg")] == []


def test_a_saved_page_is_verified_from_its_file(browser, pages, tmp_path):
    with opened(browser, saved(tmp_path, pages[OWN])) as page:
        assert not page.get_by_text("JavaScript does not run here").is_visible()
        passed, said, _ = verified(page)
        assert passed, said


def a_digit(told):
    """Another worth in a row."""
    stream = next(name for name in told["rows"] if name.startswith("portfolio_worth"))
    values = told["rows"][stream][0][5]
    at = next(place for place, value in enumerate(values) if value and re.fullmatch(r"\d+\.\d+", value))
    values[at] = values[at][:-1] + str((int(values[at][-1]) + 1) % 10)


def a_node(told):
    told["proof"][0] = told["proof"][0][::-1]


def a_signature(told):
    told["checkpoint"] = told["checkpoint"].rstrip("\n")[:-6] + "AAAAAA\n"


def a_row_less(told):
    told["rows"].popitem()


def another_place(told):
    told["page"] = OTHER


def not_a_form(told):
    told["format"] = "openbook-bundle/2"


@pytest.mark.parametrize("change", [a_digit, a_node, a_signature, a_row_less, another_place, not_a_form])
def test_a_bundle_that_was_changed_is_never_verified(browser, pages, tmp_path, change):
    text = rewritten(pages[OWN], change)
    with pytest.raises(OpenbookError):
        check_file(text.encode())
    with opened(browser, saved(tmp_path, text)) as page:
        passed, said, steps = verified(page)
        assert not passed
        assert said.startswith("Not verified. Do not rely on this page")
        assert "Failed" in steps
        assert page.locator("data.proven").count() == 0


@pytest.mark.parametrize("metric", ["cagr", "final_worth", "verdict"])
def test_a_number_that_was_edited_is_named_and_marked(browser, pages, tmp_path, metric):
    standing = re.search(rf'<data value="([^"]*)" data-metric="{metric}"[^>]*>([^<]*)</data>', pages[OWN])
    other = standing[0].replace(f">{standing[2]}<", ">promoted<" if metric == "verdict" else ">99.99%<")
    assert other != standing[0]
    with opened(browser, saved(tmp_path, pages[OWN].replace(standing[0], other))) as page:
        passed, _, steps = verified(page)
        assert not passed
        assert metric in steps
        assert page.locator(f'data.unproven[data-metric="{metric}"]').count() >= 1


def test_a_bundle_of_another_page_is_named(browser, pages, tmp_path):
    theirs = BUNDLE.search(pages[OTHER])[0]
    text = pages[OWN].replace(BUNDLE.search(pages[OWN])[0], theirs)
    with opened(browser, saved(tmp_path, text)) as page:
        passed, _, steps = verified(page)
        assert not passed
        assert OTHER in steps


def test_script_and_command_judge_what_was_done_at_random_alike(browser, pages, tmp_path):
    """Each seed changes one character of the bundle, or takes some away; both verify it, or neither does."""
    text, judged = pages[OWN], []
    opening, content, closing = BUNDLE.search(text).groups()
    with opened(browser, saved(tmp_path, text)) as page:
        for seed in SEEDS:
            chance = random.Random(seed)
            at = chance.randrange(len(content))
            put = chance.choice(
                ["", chance.choice('0123456789abcdef"[]{},:.-n '), chance.choice("é\u2028\\")]
            )
            changed = content[:at] + put + content[at + 1 :]
            altered = text.replace(opening + content + closing, opening + changed + closing)
            page.goto(saved(tmp_path, altered), wait_until="load")
            by_command = judged_by_command(altered)
            passed, said, steps = verified(page)
            assert passed is by_command, (seed, at, content[at], put, said, steps)
            judged.append(passed)
    assert not all(judged)


def judged_by_command(text):
    try:
        check_file(text.encode())
    except OpenbookError:
        return False
    return True


def test_without_javascript_the_bundle_and_the_command_are_there(browser, url):
    with opened(browser, url + OWN, java_script_enabled=False) as page:
        assert page.get_by_text("JavaScript does not run here").is_visible()
        assert page.locator(".verify .command").inner_text() == "openbook verify-bundle dual_momentum.html"
        assert not page.get_by_role("button", name="Verify this page").is_visible()
        with page.expect_download() as download:
            page.locator(".verify a[download]").click()
        assert check_file(download.value.path().read_bytes()).proven.page == OWN
