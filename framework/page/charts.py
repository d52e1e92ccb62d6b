"""Line charts as SVG: no script, no font, no request; text keeps its size at every width.

Places along x are fractions of the width and the line itself is stretched without stretching its stroke, so
that one drawing serves a telephone, a desk and a sheet of paper. Colours are the page's CSS variables.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd

from framework.page.numbers import brief_percent, brief_usd, day, percent, ratio, usd
from framework.page.scales import Scale, date_ticks, round_ticks, thin

COLUMNS = 640  # as many points as a wide screen shows apart, in at most 12 KB gzipped
_FEW = 40  # points, up to which each session is a dot
_HEADROOM, _FOOT = (
    18,
    24,
)  # pixels above the highest gridline, for its label, and below the lowest, for the dates


@dataclass(frozen=True)
class Line:
    """One series of a chart.

    Parameters
    ----------
    label : str
        What it is, for the description.
    ink : str
        ``simulated``, ``paper`` or ``benchmark``: the class that CSS colours and dashes.
    points : Series
        Indexed by session, finite, at least one row.
    """

    label: str
    ink: str
    points: pd.Series


def line_chart(lines: Sequence[Line], *, unit: str, name: str, title: str, height: int = 300) -> str:
    """Lines over time.

    Parameters
    ----------
    lines : sequence of Line
        At least one; the first is drawn on top.
    unit : str
        ``usd``, ``fraction`` or ``ratio``.
    name : str
        Unique on its page: it prefixes the ids.
    title : str
        What the chart shows, for screen readers; the caption for everybody is the page's.
    height : int
        Pixels.
    """
    return _chart(lines, _AXES[unit], name=name, title=title, height=height)


def drawdown_chart(lines: Sequence[Line], *, name: str, title: str, height: int = 180) -> str:
    """Drawdown from the highest worth so far, as a fraction at or below zero, filled from zero down."""
    return _chart(lines, _Axis(brief_percent, percent, area=True), name=name, title=title, height=height)


def sparkline(line: Line) -> str:
    """A line of 120 by 28 pixels without axes; hidden from screen readers, since the row beside it says it."""
    points = line.points
    low, high = float(points.min()), float(points.max())
    y = Scale(low, high if high > low else low + 1.0, 26.0, 2.0)
    x = _times(points.index, points.index[0], points.index[-1], 120)
    return (
        f'<svg class="spark" viewBox="0 0 120 28" width="120" height="28" aria-hidden="true" focusable="false">'
        f'<path class="{line.ink}" d="{_path(x, y.places(points))}"/></svg>'
    )


@dataclass(frozen=True)
class _Axis:
    brief: Callable[[float], str]
    exact: Callable[[float], str]
    area: bool = False


_AXES = {
    "usd": _Axis(brief_usd, usd),
    "fraction": _Axis(brief_percent, percent),
    "ratio": _Axis(lambda value: f"{value:g}".replace("-", "−"), ratio),
}


def _chart(lines: Sequence[Line], axis: _Axis, *, name: str, title: str, height: int) -> str:
    sessions = _sessions(lines)
    first, last = sessions[0], sessions[-1]
    lows = [float(line.points.min()) for line in lines]
    highs = [0.0 if axis.area else float(line.points.max()) for line in lines]
    ticks = round_ticks(min(lows), max(highs), most=3 if axis.area else 5)
    y = Scale(ticks[0], ticks[-1], height - _FOOT, _HEADROOM)
    drawn = "".join(_line(line, first, last, y, axis) for line in reversed(lines))
    description = " ".join(_sentence(line, axis) for line in lines)
    return (
        f'<svg class="chart" role="img" aria-labelledby="{name}-title {name}-desc" width="100%" height="{height}">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(description)}</desc>'
        f"{_grid(ticks, y, axis)}{_dates(sessions, height)}"
        f'<svg width="100%" height="{height}" viewBox="0 0 {COLUMNS} {height}" preserveAspectRatio="none" '
        f'aria-hidden="true">{drawn}</svg>{_labels(ticks, y, axis)}</svg>'
    )


def _grid(ticks: Sequence[float], y: Scale, axis: _Axis) -> str:
    floor = 0.0 if axis.area else ticks[0]
    return "".join(
        f'<line class="{"base" if tick == floor else "grid"}" x1="0" x2="100%" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>'
        for tick in ticks
    )


def _labels(ticks: Sequence[float], y: Scale, axis: _Axis) -> str:
    return "".join(
        f'<text class="tick" x="0" y="{y(tick) - 4:.1f}">{axis.brief(tick)}</text>' for tick in ticks
    )


def _sessions(lines: Sequence[Line]) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(sorted({session for line in lines for session in line.points.index}))


def _dates(sessions: pd.DatetimeIndex, height: int) -> str:
    first, last = sessions[0], sessions[-1]
    span = (last - first) / pd.Timedelta(days=1) or 1.0
    parts = []
    for number, (when, label) in enumerate(date_ticks(sessions)):
        place = (when - first) / pd.Timedelta(days=1) / span * 100.0
        anchor = "start" if place < 4 else "end" if place > 96 else "middle"
        spare = " spare" if number % 2 else ""  # hidden where the page is narrow
        parts.append(
            f'<text class="tick{spare}" x="{place:.2f}%" y="{height - 6}" text-anchor="{anchor}">{label}</text>'
        )
    return "".join(parts)


def _line(line: Line, first: pd.Timestamp, last: pd.Timestamp, y: Scale, axis: _Axis) -> str:
    x = _times(line.points.index, first, last, COLUMNS)
    places = y.places(line.points)
    path = _path(x, places)
    stroke = f'<path class="line {line.ink}" vector-effect="non-scaling-stroke" d="{path}"/>'
    if len(x) <= _FEW:
        dots = "".join(f"M{_short(across)} {_short(down)}h0" for across, down in zip(x, places, strict=True))
        stroke += f'<path class="dots {line.ink}" vector-effect="non-scaling-stroke" d="{dots}"/>'
    if not axis.area or line.ink == "benchmark":
        return stroke
    zero = f"{y(0.0):.1f}".rstrip("0").rstrip(".")
    return f'<path class="area {line.ink}" d="M{_short(x[0])} {zero}L{path[1:]}V{zero}Z"/>{stroke}'


def _times(index: pd.Index, first: pd.Timestamp, last: pd.Timestamp, columns: int) -> np.ndarray:
    days = (pd.DatetimeIndex(index) - first) / pd.Timedelta(days=1)
    span = (last - first) / pd.Timedelta(days=1) or 1.0
    x: np.ndarray = days.to_numpy("f8") / span * columns
    return x


def _path(x: np.ndarray, y: np.ndarray) -> str:
    """The thinned line in SVG's shortest words: within a column only the height moves."""
    if len(x) == 1:
        return f"M{_short(x[0])} {_short(y[0])}h0"  # a round cap makes it a dot
    xs, ys = thin(x, y)
    whole = len(xs) < len(x)
    words: list[str] = []
    before = ""
    for place, level in zip(np.floor(xs) if whole else xs, ys, strict=True):
        across, down = _short(place), _short(level)
        words.append(f"V{down}" if across == before else f"{'L' if words else 'M'}{across} {down}")
        before = across
    return "".join(words)


def _short(value: float) -> str:
    text = f"{value:.1f}"
    return text.removesuffix(".0")


def _sentence(line: Line, axis: _Axis) -> str:
    points = line.points
    sessions = pd.DatetimeIndex(points.index)
    lowest = f"lowest {axis.exact(float(points.min()))} on {day(sessions[int(points.argmin())])}"
    if axis.area:
        return f"{line.label}: {lowest}."
    highest = f"highest {axis.exact(float(points.max()))} on {day(sessions[int(points.argmax())])}"
    first = f"{axis.exact(float(points.iloc[0]))} on {day(sessions[0])}"
    last = f"{axis.exact(float(points.iloc[-1]))} on {day(sessions[-1])}"
    return f"{line.label}: from {first} to {last}; {lowest}, {highest}."
