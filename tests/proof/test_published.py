"""A built site is read as a reader's browser shows it: numbers with their origin, and drawings."""

import pytest

from framework.errors import PageError
from framework.proof.published import Number, read_site

NUMBER = (
    '<data value="{value}" data-metric="cagr" data-strategy="dual" data-series="simulated" data-run="r1">'
    "{text}</data>"
)


def number(value="0.1", text="10.00%", metric="cagr"):
    return Number("index.html", metric, "dual", "simulated", "r1", value, text)


def test_every_number_of_every_page_is_found_with_its_text(site):
    pages = read_site(site)
    assert {"index.html", "strategies/dual_momentum/index.html"} <= pages.keys()
    dual = pages["strategies/dual_momentum/index.html"]
    assert len(dual.numbers) == dual.html.count("data-metric=") > 100
    assert len(dual.drawings) == dual.html.count("<svg class=") > 2
    assert all(found.text and found.strategy == "dual_momentum" for found in dual.numbers)
    cagr = next(found for found in dual.numbers if found.metric == "cagr")
    assert f"{float(cagr.value):.2%}" == cagr.text.replace("−", "-")


def test_text_inside_a_number_is_read_whole_and_entities_are_resolved(tmp_path):
    html = f"<p>{NUMBER.format(value='0.5', text='<b>50</b>&#37;')}</p>"
    (tmp_path / "index.html").write_text(html)
    (found,) = read_site(tmp_path)["index.html"].numbers
    assert (found.text, found.value) == ("50%", "0.5")


def test_a_folder_without_a_site_is_refused(tmp_path):
    with pytest.raises(PageError, match=r"There is no site in .* an index\.html"):
        read_site(tmp_path)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (number(), True),
        (number(value="0.10000000001"), True),  # 1e-10 apart
        (number(value="0.1000001"), False),
        (number(text="10.01%"), False),
        (number(metric="sharpe"), False),
        (number(value=""), False),
        (number(value="ten"), False),
        (number(value="nan"), False),
    ],
)
def test_two_numbers_agree_to_the_last_bit_or_within_a_billionth(other, same):
    assert number().agrees_with(other) is same
