"""What the pages print of a value is recognised as that value, and nothing else is."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.page.numbers import _FORMATS, written
from framework.page.printed import is_printed, value_of

FINITE = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12)


@given(FINITE, st.sampled_from(sorted(_FORMATS)))
def test_every_unit_prints_what_is_recognised(value, unit):
    value = float(round(value)) if unit in ("sessions", "count") else value
    text = written(value, unit)
    assert is_printed(text, repr(value), metric="any"), text


@given(st.floats(-50.0, 50.0, allow_subnormal=False))
def test_a_month_is_printed_in_per_cent_without_the_sign(value):
    text = f"{value * 100.0:.1f}".replace("-", "−")
    assert is_printed(text, repr(value), metric="monthly_return.2022-01")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.55", "0.5498"),
        ("−33.72%", "-0.33717"),
        ("$100,000.10", "100000.1"),
        ("−$1,234.50", "-1234.5"),
        ("2.6 × 10⁻¹⁵", "2.6e-15"),
        ("2,263", "2263.0"),
        ("0.0012", "0.00123"),
        ("–", ""),
    ],
)
def test_as_it_is_printed(text, value):
    assert is_printed(text, value, metric="any")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.56", "0.5498"),
        ("0.5", "0.5498"),  # true, and coarser than any page prints
        ("1", "0.5498"),
        ("55%", "0.5498"),
        ("33.72%", "-0.33717"),
        ("$100,000.10", "100000.2"),
        ("$100,000.10", "10000.01"),
        ("2,264", "2263.0"),
        ("2.6 × 10⁻¹⁵", "2.6e-14"),
        ("3 × 10⁻¹⁵", "2.6e-15"),
        ("2.6 × 10⁹⁹⁹⁹", "2.6e-14"),
        ("–", "0.1"),
        ("0.1", ""),
        ("0.10 (audited)", "0.1"),
        ("", "0.1"),
        ("0.10", "0.1 "),
        ("0.10", "nan"),
        ("0.10", "0x1"),
        ("1e999", "0.1"),
        ("٠.١٠", "0.1"),  # digits, and none that a page prints
    ],
)
def test_as_it_is_not_printed(text, value):
    assert not is_printed(text, value, metric="any")


def test_a_word_is_itself():
    assert is_printed("Rejected", "rejected", metric="verdict")
    assert not is_printed("Promoted", "rejected", metric="verdict")
    assert not is_printed("ab" * 31, "ab" * 32, metric="content_hash")


@given(FINITE)
def test_a_value_is_read_as_repr_writes_it(value):
    assert value_of(repr(value)) == value
    assert value_of("inf") is value_of("") is value_of("1_0") is None


@given(FINITE, FINITE)
def test_a_value_is_not_printed_as_another_that_differs_by_a_cent(value, other):
    text = written(other, "usd")
    if is_printed(text, repr(value), metric="any"):
        assert math.isclose(
            value, float(text.replace("−", "-").replace("$", "").replace(",", "")), abs_tol=0.00501
        )
