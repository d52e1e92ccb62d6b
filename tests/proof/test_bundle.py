"""A page is checked from one file; whatever is done to it is named, never verified, and never a crash."""

import json
import re
from copy import deepcopy

import pytest
from bs4 import BeautifulSoup
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from framework.errors import Edited, LogDamaged, NotVerified, OpenbookError, ProofError
from framework.proof.bundle import check_file

OWN, OTHER = "strategies/dual_momentum/", "strategies/ten_month_timing/"
SETTINGS = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.text("0123456789abcdef", max_size=64),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def pages(site):
    """The text of each page, by its address."""
    return {address: (site / address / "index.html").read_text("utf-8") for address in ("", OWN, OTHER)}


@pytest.fixture(scope="module")
def bundle(pages):
    """The bundle in a strategy's page, as JSON."""
    return json.loads(carried(pages[OWN]))


def carried(page):
    return re.search(r'<script type="application/json" id="bundle">(.*?)</script>', page, re.DOTALL)[1]


def replaced(page, bundle):
    """The page with another bundle in it."""
    other = bundle if isinstance(bundle, str) else json.dumps(bundle).replace("<", "\\u003c")
    return page.replace(carried(page), other)


def outcome(content):
    """The exit code that checking ends with, and what was proven, if that is 0."""
    try:
        return 0, check_file(content).proven
    except OpenbookError as error:
        return error.exit_code, None


def check(page):
    return check_file(page.encode())


def number(page, metric):
    """The element of a number, as it stands in the page; where both series have it, of the one whose row says it."""
    found = re.findall(rf'<data value="[^"]*" data-metric="{re.escape(metric)}"[^>]*>[^<]*</data>', page)
    told = "paper" if metric == "final_worth" else "simulated"
    return next((one for one in found if f'data-series="{told}"' in one), found[0])


def test_every_page_of_the_site_that_carries_rows_is_verified(site):
    found = {}
    for file in site.rglob("index.html"):
        if b'id="bundle"' in file.read_bytes():
            checked = check_file(file.read_bytes())
            found[checked.proven.page] = checked
            data = BeautifulSoup(file.read_text("utf-8"), "html.parser").find_all("data")
            assert checked.standing == len(data)
            alone = check_file((file.parent / "bundle.json").read_bytes())
            assert (alone.proven, alone.standing) == (checked.proven, 0)
    assert len(found) == 7
    assert found[OWN].matched > 140
    assert (
        found["strategies/dual_momentum/research/"].matched
        == found["strategies/dual_momentum/research/"].standing
        == 1
    )


@pytest.mark.parametrize(
    "metric",
    [
        *("cagr", "sharpe_ratio.low", "max_drawdown", "gate.deflated_sharpe", "gates_passed", "trials"),
        *("worth.2022-12-28", "cash.2022-12-28", "final_worth", "git_sha", "content_hash", "verdict"),
    ],
)
def test_a_number_that_was_edited_is_named_whether_in_print_in_value_or_in_both(pages, metric):
    page = pages[OWN]
    standing = number(page, metric)
    value, text = re.search(r'value="([^"]*)"', standing)[1], re.search(r">([^<]*)<", standing)[1]
    words = metric in ("git_sha", "content_hash", "verdict")
    other = "promoted" if metric == "verdict" else "f" * len(value) if words else "4321.0"
    printed = other if words else "4,321"
    edits = [
        standing.replace(f">{text}<", f">{printed}<"),
        standing.replace(f'value="{value}"', f'value="{other}"'),
        standing.replace(f">{text}<", f">{printed}<").replace(f'value="{value}"', f'value="{other}"'),
    ]
    for edit in edits:
        assert edit != standing
        with pytest.raises(ProofError, match=re.escape(f"{metric} of dual_momentum")) as raised:
            check(page.replace(standing, edit))
        assert raised.value.exit_code == 11


def test_a_number_that_no_row_says_is_still_held_to_what_is_printed_of_it(pages):
    standing = number(pages[OWN], "monthly_return.2022-06")
    with pytest.raises(
        ProofError, match=r"monthly_return\.2022-06 of dual_momentum \(simulated\) is .* printed as '9.9'"
    ):
        check(pages[OWN].replace(standing, re.sub(r">[^<]*<", ">9.9<", standing)))


def test_a_number_that_was_given_another_name_counts_no_longer_and_where_none_counts_nothing_is_verified(
    pages,
):
    standing = number(pages[OWN], "sharpe_ratio")
    renamed = standing.replace('data-metric="sharpe_ratio"', 'data-metric="sharpe"')
    before, after = check(pages[OWN]), check(pages[OWN].replace(standing, renamed))
    assert before.matched - after.matched == pages[OWN].count(standing) > 0
    assert before.standing == after.standing
    with pytest.raises(NotVerified, match="nothing on it was checked"):
        check(pages[OWN].replace('data-strategy="dual_momentum"', 'data-strategy="another"'))


def test_every_row_every_node_and_the_checkpoint_count(pages, bundle):
    """Each value, each hash and each signature in the bundle, changed on its own."""
    changed = 0
    for stream, rows in bundle["rows"].items():
        for at, row in enumerate(rows):
            for place in range(len(row[5])):
                told = deepcopy(bundle)
                told["rows"][stream][at][5][place] = "1" if row[5][place] != "1" else "2"
                with pytest.raises((Edited, NotVerified), match=re.escape(f"{stream}, row {row[0]}")):
                    check(replaced(pages[OWN], told))
                changed += 1
    assert changed > 200
    for at in range(len(bundle["proof"])):
        told = deepcopy(bundle)
        told["proof"][at] = "ab" * 32
        with pytest.raises(LogDamaged, match="lead to another root"):
            check(replaced(pages[OWN], told))
    for old, new in (("example.com", "example.org"), ("\n\n— ", "\n\n— x"), ("=\n\n", "A\n\n")):
        told = bundle | {"checkpoint": bundle["checkpoint"].replace(old, new)}
        assert told != bundle
        with pytest.raises(NotVerified):
            check(replaced(pages[OWN], told))


def test_a_row_that_was_taken_out_leaves_a_proof_that_does_not_hold(pages, bundle):
    for stream in bundle["rows"]:
        told = deepcopy(bundle)
        del told["rows"][stream][-1]
        with pytest.raises(NotVerified):
            check(replaced(pages[OWN], told))


@pytest.mark.parametrize("address", ["", OTHER])
def test_the_bundle_of_another_page_is_refused_even_if_it_says_that_it_is_this_ones(pages, address):
    foreign = json.loads(carried(pages[address]))
    with pytest.raises(NotVerified, match="does not belong to the page"):
        check(replaced(pages[OWN], foreign))
    relabelled = foreign | {"page": OWN}
    with pytest.raises(NotVerified, match=r"does not belong to the page|" + "nothing on it was checked"):
        check(replaced(pages[OWN], relabelled))
    with pytest.raises(NotVerified, match="does not belong to the page"):
        check(pages[address].replace(f'data-page="{address}"', f'data-page="{OWN}"'))


def test_a_page_without_a_bundle_or_with_two_is_refused(pages):
    element = f'<script type="application/json" id="bundle">{carried(pages[OWN])}</script>'
    for page, count in ((pages[OWN].replace(element, ""), 0), (pages[OWN].replace(element, element * 2), 2)):
        with pytest.raises(NotVerified, match=f"the page has {count} of them"):
            check(page)
    with pytest.raises(NotVerified, match="the page has 0 of them"):
        check("<!DOCTYPE html>")
    with pytest.raises(NotVerified, match="cannot be read"):
        check("{}")


def test_a_page_that_says_nowhere_or_twice_which_one_it_is_is_refused(pages):
    for main in (f'<main data-page="{OTHER}"></main><main id="main"', '<main id="main" data-x'):
        with pytest.raises(NotVerified, match="does not belong to the page"):
            check(
                pages[OWN].replace(
                    '<main id="main" data-page',
                    f"{main}" if "<main data-page" not in main else f"{main} data-page",
                )
            )


def paths(value, path=()):
    yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield from paths(inner, (*path, key))


def planted(value, path, other):
    if not path:
        return other
    value = dict(value) if isinstance(value, dict) else list(value)
    value[path[0]] = planted(value[path[0]], path[1:], other)
    return value


@SETTINGS
@given(st.data())
def test_a_bundle_with_anything_anywhere_is_refused(pages, bundle, data):
    """Only what changes nothing may pass: the same value, or another text of it."""
    path = data.draw(st.sampled_from(sorted(paths(bundle), key=str)))
    told = planted(bundle, path, data.draw(ANYTHING))
    code, proven = outcome(json.dumps(told).encode())
    assert 20 <= code <= 29 or proven.rows == check(pages[OWN]).proven.rows, path


@SETTINGS
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_noise_is_refused(noise):
    with pytest.raises(NotVerified):
        check_file(noise)
    with pytest.raises(NotVerified):
        check_file(b"{" + noise)


@SETTINGS
@given(data=st.data())
def test_a_page_with_some_bytes_changed_is_verified_only_where_nothing_that_counts_was(pages, data):
    content = bytearray(pages[OWN].encode())
    begin, end = data.draw(st.sampled_from([(0, len(content)), span(pages[OWN])]))
    for at in data.draw(st.lists(st.integers(begin, end - 1), min_size=1, max_size=4)):
        content[at] = data.draw(st.integers(0, 255))
    code, proven = outcome(bytes(content))
    assert code == 11 or 20 <= code <= 29 or proven.rows == check(pages[OWN]).proven.rows


def span(page):
    begin = page.encode().index(b'id="bundle">')
    return begin, begin + len(carried(page).encode())


@SETTINGS
@given(
    st.lists(
        st.sampled_from(
            [
                "<data",
                ' value="1"',
                ' data-metric="cagr"',
                ">",
                "<",
                "</data>",
                "<!--",
                "]]>",
                "<![x",
                "<main",
                "<script id=bundle>",
                "</script>",
                "&#x110000;",
                "é",
            ]
        ),
        max_size=12,
    )
)
def test_broken_markup_is_no_crash(parts):
    with pytest.raises(NotVerified):
        check_file("".join(parts).encode())
