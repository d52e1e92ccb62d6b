"""Whether what is printed of a number is its value: the other direction of `framework.page.numbers`."""

import re
from typing import Final

from framework.page.claims import WORDS

NUMBER: Final = re.compile(
    r"(?P<sign>-?)\$?(?P<digits>\d[\d,]*(?:\.(?P<decimals>\d+))?)(?P<end>%?)", re.ASCII
)
POWER: Final = re.compile(
    r"(?P<mantissa>.+?)(?: × 10(?P<raised>[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)|e(?P<exponent>[-+]?\d{1,3}))", re.ASCII
)
LOWERED: Final = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
VALUE: Final = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?", re.ASCII)
PER_CENT: Final = ("monthly_return.", "annual_return.")
"""Metrics that are printed in per cent without the sign for it."""


def value_of(given: str) -> float | None:
    """The number in an attribute, as ``repr`` writes it; None for anything else."""
    return float(given) if VALUE.fullmatch(given) else None


def is_printed(text: str, given: str, *, metric: str) -> bool:
    """Whether `text` is what people may be told of the value `given`.

    A word is itself, capitals aside. Nothing is a text without a digit. A number is rounded to the digits that are
    printed, and to no fewer than two decimals below 1,000 (one for the months, and for powers of ten).
    """
    if metric in WORDS:
        return text.casefold() == given.casefold()
    if not given:
        return not re.search(r"\d", text)
    value, read = value_of(given), _read(text.strip())
    if value is None or read is None:
        return False
    printed, unit, per_cent = read
    if " × 10" in text:  # with one decimal at least, however large
        return abs(printed - value) <= 0.5 * unit * (1.0 + 1e-9) and "." in text
    months = metric.startswith(PER_CENT)
    scaled = value * 100.0 if per_cent or months else value
    coarsest = 0.5 if abs(scaled) >= 999.99 else 0.05 if months else 0.005
    return abs(printed - scaled) <= min(0.5 * unit, coarsest) * (1.0 + 1e-9) + 1e-12 * abs(scaled)


def _read(text: str) -> tuple[float, float, bool] | None:
    """The number in `text`, the unit of its last digit, and whether it is in per cent."""
    power = POWER.fullmatch(text)
    exponent = 0
    if power is not None:
        text = power["mantissa"]
        raised = (power["raised"] or "").translate(LOWERED) or power["exponent"]
        if not re.fullmatch(r"[-+]?\d{1,3}", raised):
            return None
        exponent = int(raised)
    match = NUMBER.fullmatch(text.replace("\N{MINUS SIGN}", "-"))
    if match is None:
        return None
    scale = float(f"1e{exponent}")
    number = float(match["sign"] + match["digits"].replace(",", "")) * scale
    return number, scale * 10.0 ** -len(match["decimals"] or ""), match["end"] == "%"
