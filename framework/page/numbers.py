"""How values of the record are written for people. The only place where a number becomes text."""

from dataclasses import dataclass
from datetime import date, datetime
from math import isfinite

import pandas as pd

SERIES = {"research": "simulated", "nightly": "paper", "paper": "paper", "live": "live"}
"""The ink of what a run or a notebook of this kind shows."""
MISSING = "–"
_MINUS = "−"
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Whose number it is: the strategy, the ink (``simulated`` or ``paper``) and the row or run behind it."""

    strategy: str
    series: str
    run: str

    def number(self, metric: str, value: float | None, text: str) -> dict[str, str]:
        """A number as the templates print it: text for people, value and origin for whoever recomputes it."""
        exact = "" if value is None or not isfinite(value) else repr(value)
        return {
            "text": text,
            "value": exact,
            "metric": metric,
            "strategy": self.strategy,
            "series": self.series,
            "run": self.run,
        }

    def word(self, metric: str, word: str, text: str = "") -> dict[str, str]:
        """A word of the record in the place of a number, such as a verdict; written as `text`, or as it is."""
        return {**self.number(metric, None, text or word), "value": word}

    def stated(self, metric: str, value: float | None, unit: str) -> dict[str, str]:
        """The same, written as its `unit` asks."""
        return self.number(metric, value, written(value, unit))


def written(value: float | None, unit: str) -> str:
    """`value` as people read its unit; a dash, never a zero, where it is absent, NaN or infinite.

    Units: ``fraction`` (as per cent), ``usd``, ``ratio``, ``probability``, ``sessions``, ``count``, ``shares``, and
    ``tiny`` for a difference that should be nothing.
    """
    if value is None or not isfinite(value):
        return MISSING
    return _FORMATS.get(unit, ratio)(value)


def percent(value: float) -> str:
    """0.0731 as 7.31%; large ones without decimals that nobody reads."""
    decimals = 2 if abs(value) < 10.0 else 0
    return _signed(f"{value * 100.0:,.{decimals}f}", "", "%")


def usd(value: float) -> str:
    """-1234.5 as −$1,234.50."""
    return _signed(f"{value:,.2f}", "$", "")


def ratio(value: float) -> str:
    """0.5498 as 0.55; two significant figures where two decimals would leave nothing."""
    return _signed(f"{value:,.2f}" if abs(value) >= 0.005 or value == 0.0 else f"{value:.2g}", "", "")


def probability(value: float) -> str:
    """0.94996 as 0.9500: near a limit of 0.95, two decimals would hide on which side it lies."""
    return f"{value:.4f}"


def count(value: float) -> str:
    """8313 as 8,313."""
    return _signed(f"{value:,.0f}", "", "")


def shares(value: float) -> str:
    """Up to four decimals, as brokers print fractional shares."""
    text = f"{value:,.4f}"
    return _signed(text.rstrip("0").rstrip("."), "", "")


def tiny(value: float) -> str:
    """1.4e-12 as 1.4 × 10⁻¹²."""
    if value == 0.0:
        return "0"
    digits, exponent = f"{value:.1e}".split("e")
    return _signed(f"{digits} × 10{str(int(exponent)).translate(_RAISED)}", "", "")


def brief_usd(value: float) -> str:
    """1250000 as $1.25m: for the axis of a chart."""
    for size, suffix in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if abs(value) >= size:
            return _signed(f"{value / size:.4g}", "$", suffix)
    return _signed(f"{value:.4g}", "$", "")


def brief_percent(value: float) -> str:
    """-0.25 as −25%: for the axis of a chart."""
    return _signed(f"{value * 100.0:.4g}", "", "%")


def day(when: date | datetime | pd.Timestamp | str | None) -> str:
    """A date as 2022-12-28; text is taken to be one already."""
    if when is None:
        return MISSING
    return when[:10] if isinstance(when, str) else f"{when:%Y-%m-%d}"


def moment(when: datetime) -> str:
    """A time as 2022-12-28 21:00 UTC."""
    return f"{when:%Y-%m-%d %H:%M} UTC"


def _signed(text: str, before: str, after: str) -> str:
    digits = text.lstrip("-")
    negative = text.startswith("-") and any(figure in "123456789" for figure in digits)
    return f"{_MINUS if negative else ''}{before}{digits}{after}"


_FORMATS = {
    "fraction": percent,
    "usd": usd,
    "ratio": ratio,
    "probability": probability,
    "sessions": count,
    "count": count,
    "shares": shares,
    "tiny": tiny,
}
