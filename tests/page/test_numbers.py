"""What a value looks like in print, by hand."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from framework.page.numbers import Origin, brief_percent, brief_usd, day, moment, written


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0731, "fraction", "7.31%"),
        (-0.42967, "fraction", "−42.97%"),
        (12.3, "fraction", "1,230%"),
        (-0.00001, "fraction", "0.00%"),
        (100_000.0, "usd", "$100,000.00"),
        (-1234.5, "usd", "−$1,234.50"),
        (0.549798, "ratio", "0.55"),
        (0.00123, "ratio", "0.0012"),
        (-0.0495, "ratio", "−0.05"),
        (0.94996, "probability", "0.9500"),
        (8313.0, "sessions", "8,313"),
        (12.5, "shares", "12.5"),
        (-100.0, "shares", "−100"),
        (1.4e-12, "tiny", "1.4 × 10⁻¹²"),
        (0.0, "tiny", "0"),
        (None, "ratio", "–"),
        (float("nan"), "usd", "–"),
        (float("inf"), "ratio", "–"),
    ],
)
def test_values_are_written_in_their_unit(value, unit, text):
    assert written(value, unit) == text


def test_a_number_carries_the_exact_value_and_where_it_comes_from():
    number = Origin(strategy="s", series="paper", run="r1").stated("worth", 0.1 + 0.2, "usd")
    assert float(number["value"]) == 0.1 + 0.2
    assert number == {
        "text": "$0.30",
        "value": "0.30000000000000004",
        "metric": "worth",
        "strategy": "s",
        "series": "paper",
        "run": "r1",
    }


def test_an_absent_value_is_never_a_zero():
    number = Origin(strategy="s", series="simulated", run="r").stated("cagr", None, "fraction")
    assert (number["text"], number["value"]) == ("–", "")


def test_axis_labels_are_short():
    assert [brief_usd(value) for value in (0.0, 250.0, 50_000.0, 1_250_000.0, -2e9)] == [
        "$0",
        "$250",
        "$50k",
        "$1.25m",
        "−$2bn",
    ]
    assert [brief_percent(value) for value in (0.0, -0.25, 0.125)] == ["0%", "−25%", "12.5%"]


def test_dates_and_times_are_iso_and_utc():
    assert day(pd.Timestamp("2022-12-28")) == "2022-12-28"
    assert day(None) == "–"
    assert moment(datetime(2022, 12, 28, 21, tzinfo=UTC)) == "2022-12-28 21:00 UTC"
