"""Target weights: what a row may say."""

import numpy as np
import pandas as pd
import pytest

from framework.errors import BadWeights, DataError
from framework.strategy.weights import TargetWeights

SESSIONS = pd.DatetimeIndex(["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"])


def frame(**columns: list[float]) -> pd.DataFrame:
    return pd.DataFrame(columns, index=SESSIONS, dtype="f8")


@pytest.fixture
def wanted() -> pd.DataFrame:
    """Nothing, then half each, then hold, then all of B."""
    return frame(A=[0.0, 0.5, np.nan, 0.0], B=[0.0, 0.5, np.nan, 1.0])


def test_a_row_is_all_numbers_or_all_nan(wanted):
    wanted.loc["2024-01-03", "B"] = np.nan
    with pytest.raises(BadWeights, match=r"weights at 2024-01-03 are NaN for B only \(1 such rows\)"):
        TargetWeights(wanted)


def test_gross_above_the_limit_is_refused_as_the_style_guide_says():
    with pytest.raises(BadWeights) as caught:
        TargetWeights(pd.DataFrame({"A": [0.75, 0.5], "B": [-0.5, 0.5]}, index=SESSIONS[1:3]))
    assert str(caught.value) == (
        "Gross weight at 2024-01-03 is 1.2500, above the limit of 1.00 (1 of 2 rows). Scale the row, or declare"
        " max_gross if the strategy means to borrow."
    )


def test_a_declared_limit_is_honoured():
    assert TargetWeights(frame(A=[1.5, 0, 0, 0]), max_gross=1.5).max_gross == 1.5


def test_an_infinite_weight_is_refused(wanted):
    wanted.loc["2024-01-05", "B"] = -np.inf
    with pytest.raises(BadWeights, match="The weight of B at 2024-01-05 is infinite"):
        TargetWeights(wanted)


@pytest.mark.parametrize("limit", [0.0, -1.0, np.nan, np.inf])
def test_a_limit_that_limits_nothing_is_refused(wanted, limit):
    with pytest.raises(BadWeights, match="max_gross is"):
        TargetWeights(wanted, max_gross=limit)


def test_what_is_no_number_is_named_with_its_row_and_column(wanted):
    odd = wanted.astype(object)
    odd.loc["2024-01-03", "B"] = "much"
    with pytest.raises(BadWeights, match="weight of B at 2024-01-03 is 'much'"):
        TargetWeights(odd)


def test_rows_are_sessions_and_stand_once(wanted):
    with pytest.raises(BadWeights, match="rows of the weights are a RangeIndex"):
        TargetWeights(wanted.reset_index(drop=True))
    with pytest.raises(BadWeights, match="weights at 2024-01-05 stand there twice"):
        TargetWeights(pd.concat([wanted, wanted.iloc[-1:]]))
    with pytest.raises(BadWeights, match="with NaT"):
        TargetWeights(wanted.set_axis([*SESSIONS[:3], pd.NaT]))


def test_a_row_is_read_by_its_session(wanted):
    weights = TargetWeights(wanted)
    assert weights.at("2024-01-03").to_dict() == {"A": 0.5, "B": 0.5}
    assert weights.at("2024-01-04").isna().all()
    with pytest.raises(DataError, match="No weights were decided at 2024-01-06"):
        weights.at("2024-01-06")


def test_the_standing_decision_outlives_the_rows_that_hold(wanted):
    weights = TargetWeights(wanted)
    assert weights.standing("2024-01-04").to_dict() == {"A": 0.5, "B": 0.5}
    assert weights.standing("2024-01-05").to_dict() == {"A": 0.0, "B": 1.0}
    with pytest.raises(DataError, match="2024-01-06"):
        weights.standing("2024-01-06")


def test_before_any_decision_nothing_stands():
    weights = TargetWeights(frame(A=[np.nan, np.nan, 1.0, np.nan]))
    assert weights.standing("2024-01-03").isna().all()
    assert weights.standing("2024-01-05")["A"] == 1.0


def test_nothing_in_them_can_be_written_to(wanted):
    weights = TargetWeights(wanted)
    row = weights.frame.iloc[1:2]
    held = weights.frame
    held.iloc[1, 0] = 9.0
    held["C"] = 1.0
    wanted.loc["2024-01-03", "A"] = 9.0
    assert weights.at("2024-01-03").to_dict() == {"A": 0.5, "B": 0.5}
    assert row.iloc[0, 0] == 0.5


def test_they_introduce_themselves_in_one_line(wanted):
    assert repr(TargetWeights(wanted)) == "TargetWeights(4 rows, 3 decided, 2 symbols, max_gross=1)"


def test_rows_that_decide_are_told_from_rows_that_hold(wanted):
    weights = TargetWeights(wanted)
    assert weights.decided.tolist() == [0, 1, 3]
    np.testing.assert_array_equal(weights.decisions, [[0.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
    assert not weights.decisions.flags.writeable
    assert TargetWeights(wanted.dropna()).decided.tolist() == [0, 1, 2]


def test_a_row_partly_nan_is_found_among_many_that_hold():
    many = pd.DataFrame(np.nan, pd.bdate_range("2000-01-03", periods=5_000), [f"S{i}" for i in range(40)])
    many.iloc[4_321, 7] = 0.5
    many.iloc[4_400] = 0.01
    with pytest.raises(BadWeights, match=r"2016-07-26 are NaN for S0, S1, S2, S3, S4 only \(1 such rows\)"):
        TargetWeights(many)


def test_the_rows_of_some_sessions_keep_their_order_and_add_none(wanted):
    weights = TargetWeights(wanted, max_gross=2.0)
    assert weights.within(SESSIONS) is weights
    assert weights.within(pd.date_range("2024-01-01", periods=9)) is weights
    some = weights.within(SESSIONS[1:3])
    pd.testing.assert_frame_equal(some.frame, wanted.iloc[1:3])
    assert some.max_gross == 2.0


def test_the_hash_changes_with_a_weight_a_session_or_a_symbol_and_not_with_rows_that_hold(wanted):
    other = wanted.copy()
    other.loc["2024-01-05", "B"] = 0.5
    later = wanted.set_axis(SESSIONS + pd.Timedelta(days=1))
    different = [wanted, other, later, wanted.rename(columns={"A": "C"}), wanted.iloc[1:]]
    assert len({TargetWeights(answer).content_hash for answer in different}) == 5
    same = [wanted, wanted.dropna(), -1.0 * (-1.0 * wanted), wanted.set_axis(SESSIONS.as_unit("s"))]
    assert len({TargetWeights(answer).content_hash for answer in same}) == 1
