import empyrical
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from framework.errors import DataError
from framework.statistics import expected_shortfall, value_at_risk

# 21 returns, -10 % to +10 %: the 5 % quantile is the second lowest, the shortfall the mean of the two lowest
LADDER = pd.Series(np.arange(-10, 11) / 100.0)


def test_value_at_risk_and_shortfall_by_hand():
    assert value_at_risk(LADDER) == pytest.approx(-0.09, abs=1e-15)
    assert expected_shortfall(LADDER) == pytest.approx(-0.095, abs=1e-15)
    assert value_at_risk(LADDER, confidence=0.9) == pytest.approx(-0.08, abs=1e-15)
    assert expected_shortfall(LADDER, confidence=0.9) == pytest.approx(-0.09, abs=1e-15)


@pytest.mark.parametrize("length", [21, 100, 101, 777, 1_500])
def test_both_agree_with_empyrical(returns, length):
    sample = returns[:length]
    assert value_at_risk(sample) == pytest.approx(empyrical.value_at_risk(sample), rel=1e-12)
    assert expected_shortfall(sample) == pytest.approx(empyrical.conditional_value_at_risk(sample), rel=1e-12)


@given(
    hnp.arrays("f8", st.integers(1, 200), elements=st.floats(-0.9, 0.9)), st.sampled_from([0.9, 0.95, 0.99])
)
def test_the_shortfall_is_never_better_than_the_value_at_risk(values, confidence):
    returns = pd.Series(values)
    assert expected_shortfall(returns, confidence=confidence) <= (
        value_at_risk(returns, confidence=confidence) + 1e-12
    )


@pytest.mark.parametrize("statistic", [value_at_risk, expected_shortfall])
def test_bad_confidence_and_missing_returns_are_refused(statistic):
    for confidence in (0.05, 0.5, 1.0, 95.0):
        with pytest.raises(DataError, match=r"between 0\.5 and 1"):
            statistic(LADDER, confidence=confidence)
    with pytest.raises(DataError, match="is nan"):
        statistic(pd.Series([0.1, np.nan]))
