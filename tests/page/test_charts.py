"""The drawing itself, read back as XML."""

import gzip
import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from framework.page.charts import COLUMNS, Line, drawdown_chart, line_chart, sparkline

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def long_lines():
    sessions = pd.bdate_range("1990-01-02", "2022-12-28")
    steps = np.random.default_rng(7).normal(0.0004, 0.012, (2, len(sessions)))
    growth = 100_000.0 * np.exp(np.cumsum(steps, axis=1))
    return [
        Line("Strategy", "simulated", pd.Series(growth[0], sessions)),
        Line("Benchmark & co", "benchmark", pd.Series(growth[1], sessions)),
    ]


def chart(lines, **kwargs):
    drawing = line_chart(lines, unit="usd", name="worth", title="Worth <after costs>", **kwargs)
    return drawing, ET.fromstring(drawing)  # noqa: S314 - our own text


def test_a_chart_of_33_years_weighs_less_than_12_kb_and_asks_for_nothing(long_lines):
    drawing, _ = chart(long_lines)
    assert len(gzip.compress(drawing.encode())) < 12_000
    assert "http" not in drawing
    assert "<script" not in drawing
    assert "style=" not in drawing


def test_a_screen_reader_hears_title_first_last_lowest_and_highest(long_lines):
    _, svg = chart(long_lines)
    title, description = svg.find("title"), svg.find("desc")
    assert svg.get("role") == "img"
    assert svg.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert title.text == "Worth <after costs>"
    series = long_lines[0].points
    for said in (
        f"${series.iloc[0]:,.2f} on 1990-01-02",
        f"${series.max():,.2f} on {series.idxmax():%Y-%m-%d}",
    ):
        assert said in description.text
    assert "Benchmark & co: from" in description.text


def points_of(path):
    """Absolute points of a path made of M, L and V."""
    points, x = [], None
    for command, numbers in re.findall(r"([MLV])([^MLVZ]*)", path):
        values = [float(value) for value in numbers.split()]
        x = values[0] if command != "V" else x
        points.append((x, values[-1]))
    return np.array(points)


def test_the_drawn_line_reaches_the_true_highest_and_lowest_at_their_places(long_lines):
    _, svg = chart(long_lines)
    grid = {float(line.get("y1")) for line in svg.iter("line")}
    labels = {text.text: float(text.get("y")) + 4 for text in svg.iter("text") if text.text.startswith("$")}
    top, bottom = min(labels, key=labels.get), max(labels, key=labels.get)
    amount = {
        key: float(key[1:-1]) * {"k": 1e3, "m": 1e6}[key[-1]] if key != "$0" else 0.0 for key in (top, bottom)
    }
    scale = (amount[top] - amount[bottom]) / (labels[bottom] - labels[top])
    path = next(path for path in svg.iter("path") if "simulated" in path.get("class"))
    drawn = points_of(path.get("d"))
    worth = amount[bottom] + (labels[bottom] - drawn[:, 1]) * scale
    series = long_lines[0].points
    assert len(drawn) < len(series)
    assert worth.max() == pytest.approx(series.max(), abs=0.1 * scale)
    assert worth.min() == pytest.approx(series.min(), abs=0.1 * scale)
    assert worth[-1] == pytest.approx(series.iloc[-1], abs=0.1 * scale)
    assert drawn[:, 0].min() == 0.0
    assert drawn[:, 0].max() == COLUMNS
    assert (np.diff(drawn[:, 0]) >= 0.0).all()
    assert len(grid) == len(labels)


def test_inks_are_kept_apart_and_the_strategy_lies_on_top(long_lines):
    _, svg = chart(long_lines)
    classes = [path.get("class") for path in svg.iter("path")]
    assert classes == ["line benchmark", "line simulated"]


def test_a_drawdown_hangs_from_zero_and_is_filled():
    fall = pd.Series([0.0, -0.1, -0.43, 0.0], pd.bdate_range("2020-01-01", periods=4))
    svg = ET.fromstring(drawdown_chart([Line("Strategy", "simulated", fall)], name="d", title="Drawdown"))  # noqa: S314
    assert [path.get("class") for path in svg.iter("path")] == [
        "area simulated",
        "line simulated",
        "dots simulated",
    ]
    labels = [text.text for text in svg.iter("text") if text.text.endswith("%")]
    assert labels[-1] == "0%"
    assert labels[0] == "−60%"
    assert "lowest −43.00% on 2020-01-03" in svg.find("desc").text


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_a_record_of_a_few_nights_is_drawn(rows):
    worth = pd.Series(100_000.0, pd.bdate_range("2022-12-21", periods=rows))
    drawing, svg = chart([Line("Paper", "paper", worth)])
    line, dots = svg.iter("path")
    assert line.get("d").startswith("M0 ")
    assert dots.get("class") == "dots paper"
    assert dots.get("d").count("M") == rows
    assert "nan" not in drawing


def test_a_sparkline_is_hidden_from_screen_readers_and_tiny(long_lines):
    spark = sparkline(long_lines[0])
    assert ET.fromstring(spark).get("aria-hidden") == "true"  # noqa: S314
    assert len(gzip.compress(spark.encode())) < 2_000
