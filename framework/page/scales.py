"""From values and dates to places on a chart: round ticks, and a line thinned to what a screen can show."""

from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np
import pandas as pd

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_MONTH_STEPS = (1, 2, 3, 6)
_YEAR_STEPS = (1, 2, 5, 10, 20, 50)


@dataclass(frozen=True)
class Scale:
    """A straight map from ``low .. high`` onto ``start .. stop`` of the drawing."""

    low: float
    high: float
    start: float
    stop: float

    def __call__(self, value: float) -> float:
        """Where `value` is drawn."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.stop - self.start)

    def places(self, values: pd.Series) -> np.ndarray:
        """Where each of `values` is drawn."""
        drawn: np.ndarray = self.start + (values.to_numpy("f8") - self.low) / (self.high - self.low) * (
            self.stop - self.start
        )
        return drawn


def round_ticks(low: float, high: float, *, most: int = 5) -> tuple[float, ...]:
    """At most `most` + 1 round values (1, 2, 2.5 or 5 times a power of ten) whose range holds `low .. high`."""
    if not high > low:
        low, high = low - max(abs(low), 1.0) * 0.01, high + max(abs(high), 1.0) * 0.01
    rough = (high - low) / most
    magnitude = 10.0 ** floor(log10(rough))
    for step in (factor * magnitude for factor in (*_STEPS, 20.0)):
        first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
        if last - first <= most:
            break
    return tuple(round(step * count, 12) for count in range(first, last + 1))


def date_ticks(sessions: pd.DatetimeIndex, *, most: int = 8) -> tuple[tuple[pd.Timestamp, str], ...]:
    """At most `most` dates with their labels: years for long spans, months for shorter ones, else sessions."""
    first, last = sessions[0], sessions[-1]
    days = (last - first).days
    if days > 2.5 * 365:
        years = range(first.year + 1, last.year + 1)
        step = next(step for step in _YEAR_STEPS if len(years) / step <= most)
        return tuple((pd.Timestamp(year, 1, 1), str(year)) for year in years if year % step == 0)
    if days > 75:
        months = pd.date_range(first, last, freq="MS")
        step = next((step for step in _MONTH_STEPS if len(months) / step <= most), 12)
        return tuple((when, f"{when:%b %Y}") for when in months if (when.month - 1) % step == 0)
    stride = ceil(len(sessions) / most)
    return tuple((when, f"{when.day} {when:%b}") for when in sessions[::stride])


def thin(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Keep the first, lowest, highest and last point of each whole-numbered column of `x`.

    The drawn line covers the same pixels as the full one: no peak and no trough is lost (min-max decimation).

    Parameters
    ----------
    x : array, shape (points,)
        Places, not decreasing, in the unit of one column.
    y : array, shape (points,)
        Values, finite.
    """
    column = np.floor(x).astype(np.int64)
    starts = np.flatnonzero(np.diff(column, prepend=column[0] - 1))
    stops = np.append(starts[1:], len(x))
    kept: list[int] = []
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
        part = y[start:stop]
        kept += sorted({start, start + int(part.argmin()), start + int(part.argmax()), stop - 1})
    return x[kept], y[kept]
