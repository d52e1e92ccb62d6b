"""Each fault that may not be published is planted in a good site and named."""

import json

import pytest

from framework.errors import PageError
from framework.page.check import Checked, check
from framework.page.publish import MANIFEST
from framework.page.scripts import hash_of

PAGE = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    '<title>{title}</title><link rel="stylesheet" href="{up}css/site.css"></head>'
    '<body><h1 id="top">{title}</h1>{body}</body></html>'
)
NUMBER = (
    '<data value="1.5" data-metric="sharpe" data-strategy="a" data-series="paper" data-run="r">1.50</data>'
)


@pytest.fixture
def site(tmp_path):
    (tmp_path / "css").mkdir()
    (tmp_path / "css" / "site.css").write_text("body { background: url(data:image/png;base64,AA==) }")
    (tmp_path / "strategies" / "a").mkdir(parents=True)
    home = '<a href="strategies/a/#top">a</a> <a href="https://example.org/">elsewhere</a>' + NUMBER
    write(tmp_path, home)
    (tmp_path / "strategies" / "a" / "index.html").write_text(
        PAGE.format(
            title="A",
            up="../../",
            body='<a href="../../">home</a><img src="data:image/png;base64,AA==" alt="x">',
        )
    )
    (tmp_path / MANIFEST).write_text(json.dumps({"pages": ["", "strategies/a/"]}))
    return tmp_path


def write(site, body):
    (site / "index.html").write_text(PAGE.format(title="Home", up="", body=body))


def test_a_good_site_passes_and_its_pages_and_numbers_are_counted(site):
    assert check(site) == Checked(pages=2, numbers=1)


FAULTS = [
    (
        '<img src="https://cdn.example/p.png" alt="p">',
        "index.html line 1: <img> loads https://cdn.example/p.png",
    ),
    ('<img src="//cdn.example/p.png" alt="p">', "loads //cdn.example/p.png"),
    ('<img srcset="https://cdn.example/p.png 2x" src="data:," alt="p">', "loads https://cdn.example/p.png"),
    ('<svg><image href="https://cdn.example/p.png"/></svg>', "<image> loads"),
    ('<svg><use xlink:href="http://cdn.example/s.svg#a"/></svg>', "<use> loads"),
    ('<video poster="https://cdn.example/p.png"></video>', "<video> loads"),
    ('<link rel="preload" href="https://cdn.example/f.woff2">', "<link> loads"),
    ('<script src="site.js"></script>', "<script> is a script from elsewhere"),
    (
        '<script src="site.js" type="application/json" id="bundle"></script>',
        "<script> is a script from elsewhere",
    ),
    ('<script type="application/json" id="other">{}</script>', "<script> may not stand in a page"),
    ('<script type="module" id="bundle">1</script>', "<script> may not stand in a page"),
    ("<script>1", "<script> may not stand in a page"),
    ('<script type="application/json" id="bundle">{}</script>' * 2, "id 'bundle' stands 2 times"),
    ("<script>1</script>", "<script> may not stand in a page"),
    ('<iframe srcdoc="x"></iframe>', "<iframe> may not stand in a page"),
    ('<base href="/elsewhere/">', "<base> may not stand in a page"),
    ('<p onclick="x()">x</p>', "has the handler onclick"),
    ('<p style="background:url(https://cdn.example/p.png)">x</p>', "from its style"),
    ('<a href="javascript:x()">x</a>', "leads to javascript:x()"),
    ('<a href="strategies/b/">b</a>', "leads to strategies/b/, which is not there"),
    ('<a href="strategies/a/#nowhere">a</a>', "an anchor that is not there"),
    ('<a href="#nowhere">a</a>', "an anchor that is not there"),
    ('<link rel="icon" href="favicon.svg">', "leads to favicon.svg, which is not there"),
    ('<p id="top">x</p>', "id 'top' stands 2 times"),
    ("<h3>x</h3>", "<h3> follows <h1>"),
    ("<h1>x</h1>", "2 <h1> where one belongs"),
    ('<img src="data:,">', "<img> has no alt text"),
    (
        '<data value="1" data-metric="sharpe" data-series="paper" data-run="r">1</data>',
        "without data-strategy",
    ),
    (
        '<data data-metric="" data-strategy="a" data-series="s" data-run="r" value="1">1</data>',
        "without its metric",
    ),
]


@pytest.mark.parametrize(("body", "said"), FAULTS)
def test_a_planted_fault_is_named(site, body, said):
    write(site, body)
    with pytest.raises(PageError) as refused:
        check(site)
    assert said in refused.value.what


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (' lang="en"', "", "no lang on <html>"),
        ("<title>Home</title>", "<title> </title>", "no <title>"),
        ('<meta name="viewport" content="width=device-width">', "", "no <meta name=viewport>"),
    ],
)
def test_what_every_page_needs_is_missed_where_it_lacks(site, old, new, said):
    page = site / "index.html"
    page.write_text(page.read_text().replace(old, new))
    with pytest.raises(PageError) as refused:
        check(site)
    assert f"index.html: {said}" in refused.value.what


@pytest.mark.parametrize(
    "css", ["@import 'https://cdn.example/x.css';", "p{background:url( 'https://cdn.example/p.png')}"]
)
def test_a_style_sheet_that_loads_something_is_named(site, css):
    (site / "css" / "site.css").write_text(css)
    with pytest.raises(PageError, match=r"css/site\.css"):
        check(site)


def test_a_promised_or_expected_page_that_is_missing_is_named(site):
    with pytest.raises(PageError, match=r"strategies/b/: the page is missing"):
        check(site, expected=["strategies/b/"])
    (site / "strategies" / "a" / "index.html").unlink()
    with pytest.raises(PageError, match=r"strategies/a/: the page is missing"):
        check(site)


def test_an_empty_folder_is_not_a_site(tmp_path):
    with pytest.raises(PageError, match="There is no site in"):
        check(tmp_path)


def test_the_scripts_that_the_manifest_names_and_one_element_of_data_may_stand_in_a_page(site):
    told = json.loads((site / MANIFEST).read_text())
    (site / MANIFEST).write_text(json.dumps(told | {"scripts": [hash_of("1 < 2 && 1")]}))
    data = '<script type="application/json" id="bundle">{}</script>'
    write(site, f"{data}<script>1 < 2 && 1</script>")
    assert check(site).pages == 2
    write(site, f"{data}<script>1 < 2 && 2</script>")
    with pytest.raises(PageError, match="not one of the site's own"):
        check(site)
