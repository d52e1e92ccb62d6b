"""Plotly figures of a notebook drawn without plotly: lines as SVG, heat maps as tables."""

import base64
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from framework.page.charts import Line, line_chart
from framework.page.heat import heat
from framework.page.numbers import written

UNTITLED = "Figure printed by the cell above"
_INKS = ("first", "second", "third", "fourth")


def plotly_html(figure: Mapping[str, Any], *, name: str) -> str:
    """What of a plotly figure can be shown without a script; the rest is named, so that its absence shows.

    Lines over dates are drawn, a chart for each of the figure's y axes; heat maps become tables. `name` prefixes the
    ids.
    """
    layout = figure.get("layout") or {}
    traces = [trace for trace in figure.get("data") or [] if isinstance(trace, Mapping)]
    title = _title(layout)
    parts = []
    try:
        parts += [_heat_table(trace, title or UNTITLED) for trace in traces if trace.get("type") == "heatmap"]
        for number, (axis, group) in enumerate(_by_axis(traces), 1):
            unit = _unit(layout.get("yaxis" + axis[1:]) or {})
            parts.append(_lines(group, unit, name=f"{name}-axis{number}", title=title or UNTITLED))
    except (ValueError, TypeError, KeyError, IndexError):
        parts = []
    shown = "".join(part for part in parts if part)
    heading = f"<figcaption><strong>{escape(title)}</strong></figcaption>" if title else ""
    if shown:
        return f"<figure>{heading}{shown}</figure>"
    kinds = ", ".join(sorted({str(trace.get("type", "scatter")) for trace in traces})) or "no trace"
    return (
        f'<p class="quiet">{escape(title or "Figure")}: an interactive figure ({escape(kinds)}) '
        "that this page does not draw; it is in the notebook's file.</p>"
    )


def _by_axis(traces: Iterable[Mapping[str, Any]]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for trace in traces:
        if trace.get("type", "scatter") in ("scatter", "scattergl") and trace.get("visible", True) is True:
            groups.setdefault(str(trace.get("yaxis") or "y"), []).append(trace)
    return list(groups.items())


def _lines(traces: list[Mapping[str, Any]], unit: str, *, name: str, title: str) -> str:
    lines = []
    for trace, ink in zip(
        reversed(traces), _INKS, strict=False
    ):  # plotly draws the last on top, we the first
        values = pd.Series(_array(trace["y"]).astype("f8"), index=_dates(trace["x"])).dropna()
        if len(values):
            lines.append(Line(str(trace.get("name") or "Line"), ink, values))
    if not lines:
        return ""
    legend = "".join(
        f'<li><span class="swatch {line.ink}" aria-hidden="true"></span>{escape(line.label)}</li>'
        for line in lines
    )
    chart = line_chart(lines, unit=unit, name=name, title=title, height=220)
    return f'<ul class="legend">{legend}</ul>{chart}'


def _heat_table(trace: Mapping[str, Any], title: str) -> str:
    values = _array(trace["z"]).astype("f8")
    columns = [str(label) for label in _array(trace["x"])] if "x" in trace else range(values.shape[1])
    rows = [str(label) for label in _array(trace["y"])] if "y" in trace else range(values.shape[0])
    head = "".join(f'<th scope="col" class="n">{escape(str(label))}</th>' for label in columns)
    body = "".join(
        f'<tr><th scope="row">{escape(str(label))}</th>'
        + "".join(f'<td class="n {heat(value)}">{_cell(value)}</td>' for value in row)
        + "</tr>"
        for label, row in zip(rows, values, strict=True)
    )
    return (
        f'<table class="months"><caption class="visually-hidden">{escape(title)}</caption>'
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _cell(value: float) -> str:
    return "" if np.isnan(value) else written(float(value), "fraction")


def _dates(values: Any) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(pd.to_datetime(_array(values), format="ISO8601")).tz_localize(None)


def _array(values: Any) -> np.ndarray:
    """A plotly array: a list, or base64 of its bytes with their dtype and shape."""
    if isinstance(values, Mapping):
        flat = np.frombuffer(base64.b64decode(values["bdata"]), dtype=np.dtype(values["dtype"]))
        shape = values.get("shape")
        return flat.reshape([int(size) for size in str(shape).split(",")]) if shape else flat
    return np.array(values, dtype=object)


def _unit(axis: Mapping[str, Any]) -> str:
    if "%" in str(axis.get("tickformat", "")):
        return "fraction"
    dollars = "$" in str(axis.get("tickprefix", "")) + str(axis.get("tickformat", ""))
    return "usd" if dollars or "USD" in _title(axis) else "ratio"


def _title(thing: Mapping[str, Any]) -> str:
    title = thing.get("title")
    text = title.get("text") if isinstance(title, Mapping) else title
    return str(text or "")
