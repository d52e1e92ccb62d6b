import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framework.errors import RecordRefused
from framework.ledger.columns import dumps, exact, series_from_text, series_to_text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_float_survives_as_a_decimal(value):
    assert float(exact(value)) == value
    assert str(exact(np.float64(value))) == str(Decimal(repr(value)))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, Decimal("NaN")])
def test_what_is_not_finite_is_refused(value):
    with pytest.raises(RecordRefused, match="finite"):
        exact(value)


def test_a_decimal_goes_in_unchanged():
    assert exact(Decimal("0.1000")) is not None
    assert str(exact(Decimal("0.1000"))) == "0.1000"


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_a_series_survives_as_text_to_the_last_bit(values):
    series = pd.Series(values, index=pd.bdate_range("1990-01-02", periods=len(values)))
    found = series_from_text(series_to_text(series))
    pd.testing.assert_series_equal(found, series, check_exact=True, check_freq=False)


def test_a_series_is_lines_that_anything_reads():
    series = pd.Series([100_000.0, 0.1 + 0.2], index=pd.DatetimeIndex(["2022-12-23", "2022-12-27"]))
    assert series_to_text(series) == "2022-12-23,100000.0\n2022-12-27,0.30000000000000004\n"


def test_json_is_canonical_whatever_the_order_and_the_number_types():
    one = dumps({"b": np.float64(0.1), "a": [np.int64(1), pd.Timestamp("2022-12-23")], "ü": None})
    two = dumps({"ü": None, "a": [1, "2022-12-23T00:00:00"], "b": 0.1})
    assert one == two == '{"a":[1,"2022-12-23T00:00:00"],"b":0.1,"ü":null}'


@pytest.mark.parametrize("value", [{"x": math.nan}, {"x": [math.inf]}, {"x": object()}])
def test_json_refuses_what_it_does_not_have(value):
    with pytest.raises(RecordRefused, match="JSON"):
        dumps(value)
