"""Small pieces of HTML for notebook results: readable in light and dark themes and on paper.

Everything is escaped unless it is already an `Html`. Colours derive from the text's own colour; nothing is loaded
from anywhere.
"""

import html
import math
from collections.abc import Iterable, Sequence
from typing import Final

MINUS: Final = "\u2212"

STYLE: Final = """
.ob.ob{font:13px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color:inherit;max-width:64rem;
  font-variant-numeric:tabular-nums lining-nums;margin:.3em 0 .6em}
.ob.ob h4{font-size:16px;font-weight:600;margin:.2em 0 .3em;line-height:1.3}
.ob.ob p{margin:.35em 0;max-width:46rem}
.ob.ob .quiet{opacity:.78;font-size:12px}
.ob.ob table{border-collapse:collapse;margin:.5em 0;font-size:13px;table-layout:auto;border:0}
.ob.ob table caption{caption-side:top;text-align:left;font-weight:600;padding:.2em 0;color:inherit;white-space:nowrap}
.ob.ob table thead tr th,.ob.ob table tbody tr th,.ob.ob table tbody tr td{padding:.28em 1.4em .28em 0;
  text-align:left;vertical-align:baseline;white-space:normal;overflow-wrap:anywhere;border:0;max-width:38rem;
  border-bottom:1px solid color-mix(in srgb,currentColor 14%,transparent)}
.ob.ob table tbody tr th{font-weight:400}
.ob.ob table thead tr th{font-weight:600;font-size:12px;
  border-bottom-color:color-mix(in srgb,currentColor 45%,transparent)}
.ob.ob table tr .num{text-align:right;white-space:nowrap}
.ob.ob table tbody tr:nth-child(n),.ob.ob table tbody tr:nth-child(n):hover{background:none}
.ob.ob svg{display:inline-block;vertical-align:middle}
.ob.ob .badge{display:inline-block;padding:.05em .6em;border-radius:.3em;border:1px solid transparent;
  color:#fff;font-weight:600;font-size:12px;letter-spacing:.02em;white-space:nowrap}
.ob.ob .good{background:#18703a}.ob.ob .bad{background:#a8321f}
@media print{.ob.ob .badge{background:none;color:inherit;border-color:currentColor}}
"""


class Html(str):
    """Text that is markup already and is not escaped again."""

    __slots__ = ()


def escaped(value: object) -> Html:
    """`value` as markup: unchanged if it is `Html`, else with its special characters escaped."""
    return value if isinstance(value, Html) else Html(html.escape(str(value)))


def panel(*parts: Html) -> Html:
    """The parts under one style sheet; what a cell shows."""
    return Html(f'<div class="ob"><style>{STYLE}</style>{"".join(parts)}</div>')


def heading(text: object) -> Html:
    """A title of a panel."""
    return Html(f"<h4>{escaped(text)}</h4>")


def paragraph(text: object) -> Html:
    """A paragraph of running text."""
    return Html(f"<p>{escaped(text)}</p>")


def quiet(text: object) -> Html:
    """A caveat or a source, in small print."""
    return Html(f'<p class="quiet">{escaped(text)}</p>')


def badge(text: str, *, good: bool) -> Html:
    """A word on green or red; the word alone must say it, since paper has no colour."""
    return Html(f'<span class="badge {"good" if good else "bad"}">{escaped(text)}</span>')


def table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, caption: str = "", text: Sequence[int] = ()
) -> Html:
    """A table whose first column heads its rows; the columns are numbers unless their places stand in `text`."""
    kinds = ["" if place == 0 or place in text else ' class="num"' for place in range(len(columns))]
    head = "".join(
        f'<th scope="col"{kind}>{escaped(name)}</th>' for name, kind in zip(columns, kinds, strict=True)
    )
    body = "".join(_row(row, kinds) for row in rows)
    title = f"<caption>{escaped(caption)}</caption>" if caption else ""
    header = f"<thead><tr>{head}</tr></thead>" if any(columns) else ""
    return Html(f"<table>{title}{header}<tbody>{body}</tbody></table>")


def _row(row: Sequence[object], kinds: Sequence[str]) -> str:
    first, *rest = (escaped(value) for value in row)
    cells = "".join(f"<td{kind}>{value}</td>" for value, kind in zip(rest, kinds[1:], strict=True))
    return f'<tr><th scope="row">{first}</th>{cells}</tr>'


def sparkline(values: Sequence[float], *, width: int = 132, height: int = 22, points: int = 120) -> Html:
    """A line of the values' course without axes, in the colour of the text."""
    finite = [value for value in values if math.isfinite(value)]
    step = max(1, len(finite) // points)
    drawn = [*finite[:-1:step], *finite[-1:]]
    if len(drawn) < 2:
        return Html("")
    low, high = min(drawn), max(drawn)
    scale = (height - 3) / (high - low) if high > low else 0.0
    path = " ".join(
        f"{1 + place * (width - 2) / (len(drawn) - 1):.1f},{height - 1.5 - (value - low) * scale:.1f}"
        for place, value in enumerate(drawn)
    )
    return Html(
        f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" aria-hidden="true">'
        f'<polyline points="{path}" fill="none" stroke="currentColor" stroke-width="1.2" opacity=".8"/></svg>'
    )


def number(value: float | None, unit: str) -> str:
    r"""A figure as a reader expects it in its unit; an en dash where there is none.

    >>> number(-0.1234, "fraction")
    '\u221212.34\xa0%'
    """
    if value is None or not math.isfinite(value):
        return "\u2013"
    if unit == "fraction":
        return _signed(f"{value * 100:,.2f}\u00a0%")
    if unit == "usd":
        return _signed(f"{value:,.2f}\u00a0USD")
    if unit in {"sessions", "count"}:
        return _signed(f"{value:,.0f}")
    return _signed(f"{value:,.3f}")


def _signed(text: str) -> str:
    return text.replace("-", MINUS)
