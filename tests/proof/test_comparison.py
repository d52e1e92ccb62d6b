"""Whatever was changed on a page is named, and where nothing was, nothing is."""

import re
import shutil

import pytest

from framework.proof.comparison import compare
from framework.proof.published import read_site

DUAL = "strategies/dual_momentum/index.html"


@pytest.fixture
def copied(site, tmp_path):
    return shutil.copytree(site, tmp_path / "copy")


def found(site, copied):
    return compare(read_site(copied), read_site(site)).differences


def edited(copied, pattern, by, page=DUAL):
    file = copied / page
    text, times = re.subn(pattern, by, file.read_text(), count=1)
    assert times == 1, "there was nothing to edit"
    file.write_text(text)


def test_an_untouched_copy_comes_out_whole(site, copied):
    compared = compare(read_site(copied), read_site(site))
    assert compared.differences == ()
    assert compared.numbers > 500
    assert compared.drawings >= 6


def test_an_edited_text_is_named_although_its_value_stands(site, copied):
    edited(copied, r'(data-metric="cagr"[^>]*>)[^<]*', r"\g<1>99.99%")
    (difference,) = found(site, copied)
    assert difference.page == DUAL
    assert difference.what.startswith("cagr of dual_momentum (simulated")
    assert difference.published.startswith("99.99% (")


def test_an_edited_value_is_named_although_its_text_stands(site, copied):
    edited(copied, r'value="[^"]*" data-metric="max_drawdown"', 'value="-0.01" data-metric="max_drawdown"')
    (difference,) = found(site, copied)
    assert difference.what.startswith("max_drawdown of dual_momentum")
    assert "(-0.01)" in difference.published


def test_a_number_that_is_taken_out_is_named(site, copied):
    edited(copied, r'<data [^>]*data-metric="sortino_ratio"[^>]*>[^<]*</data>', "")
    (difference,) = found(site, copied)
    assert difference.what.startswith("sortino_ratio of dual_momentum")
    assert difference.published == "none"


def test_a_number_that_is_put_in_is_named(site, copied):
    added = '<data value="1.0" data-metric="luck" data-strategy="x" data-series="y" data-run="z">1</data>'
    edited(copied, r"</main>", f"{added}</main>")
    (difference,) = found(site, copied)
    assert (difference.what, difference.recomputed) == ("luck of x (y, z)", "none")


def test_a_number_lent_from_another_strategy_is_named(site, copied):
    edited(copied, r'(data-metric="cagr" data-strategy=")dual_momentum', r"\g<1>ten_month_timing")
    differences = found(site, copied)
    assert [each.what.split(" (")[0] for each in differences] == ["cagr of ten_month_timing"]


def test_an_edited_drawing_is_named(site, copied):
    edited(copied, r'(<path class="line simulated"[^>]* d="M0 )[0-9.]+', r"\g<1>3.14159")
    (difference,) = found(site, copied)
    assert difference.what.startswith("drawing")
    assert "3.14159" in difference.published


def test_edited_words_are_named_where_all_numbers_agree(site, copied):
    edited(copied, r"nobody traded this", "everybody traded this")
    (difference,) = found(site, copied)
    assert difference.what == "the words"
    assert "everybody" in difference.published
    assert "nobody" in difference.recomputed


def test_a_page_too_many_and_one_too_few_are_named(site, copied):
    (copied / "strategies" / "extra").mkdir()
    shutil.move(copied / DUAL, copied / "strategies" / "extra" / "index.html")
    what = {(each.page, each.published) for each in found(site, copied)}
    assert what == {("strategies/extra/index.html", "is there"), (DUAL, "is missing")}
