"""An executed notebook becomes quoted HTML in which nothing runs."""

import base64
import json
import re

import nbformat
import pandas as pd
import plotly.graph_objects as go
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from framework.errors import PageError
from framework.page.notebook import notebook_html

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def rendered(*cells):
    notebook = new_notebook(cells=list(cells))
    nbformat.validate(notebook)
    return BeautifulSoup(notebook_html(nbformat.writes(notebook).encode(), name="nb"), "html.parser")


def shown(data):
    output = new_output("display_data", data=data)
    return rendered(new_code_cell("x", outputs=[output], execution_count=1)).select_one(".output")


def test_markdown_code_streams_and_results_are_shown_in_order():
    outputs = [
        new_output("stream", name="stdout", text="first\n"),
        new_output("stream", name="stderr", text="careful"),
        new_output("execute_result", data={"text/plain": "42"}, execution_count=3),
    ]
    page = rendered(
        new_markdown_cell("# Data\n\nA *claim* with `code`\n\n| a | b |\n|---|---|\n| 1 | 2 |"),
        new_code_cell("total = 40 + 2  # the answer\ntotal", outputs=outputs, execution_count=3),
        new_raw_cell("raw <b>text</b>"),
    )
    assert page.select_one("h2").text == "Data"
    assert [cell.text for cell in page.select("td")] == ["1", "2"]
    assert page.select_one("pre.source").text == "total = 40 + 2  # the answer\ntotal"
    assert page.select_one("pre.source .c").text == "# the answer"
    assert [out.text for out in page.select(".output")] == ["first", "careful", "42"]
    assert page.select(".prompt")[1].text == "In [3]"
    assert "raw <b>text</b>" in page.select("pre")[-1].text


def test_a_pandas_table_is_shown_without_its_style():
    html = pd.DataFrame({"Sharpe": [0.55]}, index=["KO"])._repr_html_()
    assert "<style" in html
    output = shown({"text/html": html, "text/plain": "plain"})
    assert output.select_one("th:-soup-contains('Sharpe')") is not None
    assert output.find("style") is None
    assert "vertical-align" not in output.text


def test_html_that_is_only_a_script_falls_back_to_its_text():
    output = shown({"text/html": "<script>alert(1)</script><div></div>", "text/plain": "<Figure>"})
    assert output.text == "<Figure>"


def test_a_plotly_figure_is_drawn_as_svg_from_its_data():
    sessions = pd.bdate_range("2020-01-01", periods=30)
    figure = go.Figure(go.Scatter(x=sessions, y=[100.0 + day for day in range(30)], name="Worth"))
    figure.update_layout(title="Worth of the account", yaxis_tickprefix="$")
    bundle = {
        "application/vnd.plotly.v1+json": json.loads(figure.to_json()),
        "text/html": "<script>Plotly.newPlot()</script>",
    }
    output = shown(bundle)
    assert output.find("script") is None
    assert output.select_one("figcaption").text == "Worth of the account"
    assert "Worth: from $100.00 on 2020-01-01 to $129.00 on 2020-02-11" in output.select_one("svg desc").text


def test_a_plotly_heat_map_is_a_table():
    figure = go.Figure(go.Heatmap(z=[[0.01, float("nan")], [-0.07, 0.0]], x=["Jan", "Feb"], y=[2020, 2021]))
    output = shown({"application/vnd.plotly.v1+json": json.loads(figure.to_json())})
    assert [cell.text for cell in output.select("tbody td")] == ["1.00%", "", "−7.00%", "0.00%"]
    assert [cell.text for cell in output.select("tbody th")] == ["2020", "2021"]
    assert output.select("tbody td")[2]["class"] == ["n", "loss-4"]


@pytest.mark.parametrize(
    "figure",
    [
        {"data": [{"type": "surface", "z": [[1, 2], [3, 4]]}]},
        {"data": [{"type": "scatter", "x": ["one", "two"], "y": [1, 2]}]},
        {"data": [{"type": "scatter", "x": {"dtype": "f8", "bdata": "!"}, "y": None}]},
        {"data": "nothing"},
        {},
    ],
)
def test_a_figure_that_cannot_be_drawn_is_named(figure):
    assert "interactive figure" in shown({"application/vnd.plotly.v1+json": figure}).text


def test_pictures_are_data_addresses_with_a_description():
    picture = shown({"image/png": PIXEL, "text/plain": '<Figure "1">'}).select_one("img")
    assert picture["alt"] == '<Figure "1">'
    assert base64.b64decode(picture["src"].removeprefix("data:image/png;base64,")) == base64.b64decode(PIXEL)
    assert (
        shown({"image/svg+xml": "<svg xmlns='http://www.w3.org/2000/svg'/>"})
        .select_one("img")["src"]
        .startswith("data:image/svg+xml;base64,")
    )
    assert shown({"image/png": "not a picture"}).select_one("img") is None


def test_a_failed_cell_shows_its_traceback_without_terminal_colours():
    error = new_output(
        "error", ename="ValueError", evalue="no", traceback=["\x1b[0;31mValueError\x1b[0m: no <b>"]
    )
    output = rendered(new_code_cell("raise", outputs=[error])).select_one(".output.error")
    assert output.text == "ValueError: no <b>"


def test_markdown_cannot_smuggle_html_in():
    page = rendered(
        new_markdown_cell("<img src=x onerror=alert(1)> [x](javascript:alert(1)) ![p](//evil.example/p.png)")
    )
    assert page.find("img") is None
    assert page.find("a", href=True) is None


def test_an_output_of_an_unknown_kind_is_named():
    assert "application/x-strange" in shown({"application/x-strange": "1"}).text


@pytest.mark.parametrize(
    "content", [b"", b"not json", b"[]", b'{"nbformat": 3, "worksheets": []}', b'{"nbformat": 4}']
)
def test_a_file_that_is_no_notebook_is_refused(content):
    with pytest.raises(PageError, match="cannot be read"):
        notebook_html(content, name="nightly")


def test_headings_sink_below_the_pages_own_and_skip_no_level():
    quoted = new_output("display_data", data={"text/html": "<h5>Verdict</h5><h1>Loud</h1>"})
    page = rendered(
        new_markdown_cell("# Data"), new_code_cell("judge()", outputs=[quoted]), new_markdown_cell("### Deep")
    )
    assert [(tag.name, tag.text) for tag in page.find_all(re.compile("h[1-6]"))] == [
        ("h2", "Data"),
        ("h3", "Verdict"),
        ("h2", "Loud"),
        ("h3", "Deep"),
    ]
