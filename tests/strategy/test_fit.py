"""How target weights fit the bars that they were decided on."""

import numpy as np
import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.errors import BadWeights
from framework.strategy.fit import check_against, decisions_of
from framework.strategy.weights import TargetWeights

SESSIONS = pd.DatetimeIndex(["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"])


def frame(**columns: list[float]) -> pd.DataFrame:
    return pd.DataFrame(columns, index=SESSIONS, dtype="f8")


@pytest.fixture
def bars() -> Bars:
    """B lists on the second session."""
    return Bars(frame(A=[10.0, 11.0, 12.0, 13.0], B=[np.nan, 5.0, 6.0, 7.0]))


@pytest.fixture
def wanted() -> pd.DataFrame:
    """Nothing, then half each, then hold, then all of B."""
    return frame(A=[0.0, 0.5, np.nan, 0.0], B=[0.0, 0.5, np.nan, 1.0])


def test_weights_that_fit_come_back_as_they_are(wanted, bars):
    fitted = check_against(TargetWeights(wanted), bars)
    pd.testing.assert_frame_equal(fitted.frame, wanted)


def test_columns_are_put_in_order_and_a_symbol_left_out_is_not_held(bars, wanted):
    reordered = check_against(TargetWeights(wanted[["B", "A"]]), bars)
    pd.testing.assert_frame_equal(reordered.frame, wanted)
    alone = check_against(TargetWeights(wanted[["A"]], max_gross=0.5), bars)
    assert alone.frame["B"].tolist()[:2] == [0.0, 0.0]
    assert alone.at("2024-01-04").isna().all()
    assert alone.max_gross == 0.5


def test_an_unknown_symbol_is_named_with_the_nearest(bars, wanted):
    with pytest.raises(BadWeights, match=r"column 'a'.*Did you mean 'A'"):
        check_against(TargetWeights(wanted.rename(columns={"A": "a"})), bars)
    with pytest.raises(BadWeights, match="column 'A' twice"):
        check_against(TargetWeights(wanted.set_axis(["A", "A"], axis=1)), bars)


def test_other_sessions_are_named(bars, wanted):
    with pytest.raises(
        BadWeights, match=r"3 rows and the bars 4 sessions \(2024-01-02 is only in the bars\)"
    ):
        check_against(TargetWeights(wanted.iloc[1:]), bars)
    with pytest.raises(BadWeights, match="2024-01-02 is only in the bars"):
        check_against(TargetWeights(wanted.set_axis(SESSIONS + pd.Timedelta(days=31))), bars)
    with pytest.raises(BadWeights, match="out of order"):
        check_against(TargetWeights(wanted[::-1]), bars)


def test_a_weight_in_what_is_not_listed_is_refused(bars, wanted):
    wanted.loc["2024-01-02", "B"] = 0.25
    with pytest.raises(
        BadWeights, match=r"B has no close at 2024-01-02, but a weight of 0.2500 there \(1 such"
    ):
        check_against(TargetWeights(wanted), bars)


def test_decisions_stand_under_the_numbers_and_columns_of_the_bars(bars, wanted):
    found = decisions_of(TargetWeights(wanted), bars)
    assert found.rows.tolist() == [0, 1, 3]
    np.testing.assert_array_equal(found.weights, [[0.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
    alone = decisions_of(TargetWeights(wanted.loc["2024-01-05":, ["B"]]), bars)
    assert alone.rows.tolist() == [3]
    np.testing.assert_array_equal(alone.weights, [[0.0, 1.0]])


def test_decisions_are_those_of_the_whole_table_in_whatever_order_they_were_written(bars, wanted):
    expected = decisions_of(TargetWeights(wanted), bars)
    for frame in (wanted[::-1], wanted.dropna()[["B", "A"]], wanted.dropna().iloc[[2, 0, 1]]):
        found = decisions_of(TargetWeights(frame), bars)
        np.testing.assert_array_equal(found.rows, expected.rows)
        np.testing.assert_array_equal(found.weights, expected.weights)


def test_a_decision_that_does_not_fit_is_refused(bars, wanted):
    few = wanted.iloc[[0, 3]].copy()
    with pytest.raises(BadWeights, match="There are weights for 2024-02-02"):
        decisions_of(TargetWeights(few.set_axis(few.index + pd.Timedelta(days=31))), bars)
    with pytest.raises(BadWeights, match="column 'C'"):
        decisions_of(TargetWeights(few.rename(columns={"A": "C"})), bars)
    few.iloc[0, 1] = 0.25
    with pytest.raises(
        BadWeights, match=r"B has no close at 2024-01-02, but a weight of 0.2500 there \(1 such"
    ):
        decisions_of(TargetWeights(few), bars)
