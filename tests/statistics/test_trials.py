import numpy as np
import pandas as pd
import pytest

from framework.errors import DataError
from framework.statistics import (
    deflated_sharpe_ratio,
    deflated_sharpe_ratios,
    moments,
    trial_moments,
)


@pytest.fixture(scope="module")
def many() -> pd.DataFrame:
    generator = np.random.Generator(np.random.PCG64(5))
    table = pd.DataFrame(generator.standard_t(5, (400, 12)) * 0.01 + 0.0004).add_prefix("t")
    table["level"] = 1.0 + 1e-6 * table["t0"]  # a mean a hundred million deviations from zero
    table["jump"] = np.where(np.arange(400) < 40, 5.0, table["t1"])
    return table


def test_each_row_is_the_moments_of_its_trial(many):
    table = trial_moments(many)
    for trial in many:
        exact = moments(many[trial])
        row = table.loc[trial]
        assert row["sharpe"] == pytest.approx(exact.sharpe, rel=1e-12)
        assert row["observations"] == exact.observations == 400
        assert row["skewness"] == pytest.approx(exact.skewness, rel=1e-9, abs=1e-12)
        assert row["kurtosis"] == pytest.approx(exact.kurtosis, rel=1e-9)


def test_a_trial_that_never_moved_has_no_moments_and_no_probability(many):
    idle = many.assign(idle=0.0, interest=0.0001)
    assert (
        trial_moments(idle)
        .loc[["idle", "interest"], ["sharpe", "skewness", "kurtosis"]]
        .isna()
        .all(axis=None)
    )
    ratios = deflated_sharpe_ratios(idle)
    assert ratios[["idle", "interest"]].isna().all()
    assert ratios.drop(["idle", "interest"]).notna().all()


def test_each_probability_is_the_published_formula(many):
    table = trial_moments(many)
    for trials in (None, 3, 500):
        ratios = deflated_sharpe_ratios(many, trials=trials)
        for trial in many:
            row = table.loc[trial]
            expected = deflated_sharpe_ratio(
                row["sharpe"],
                trials=trials or many.shape[1],
                trials_variance=table["sharpe"].var(),
                observations=400,
                skewness=row["skewness"],
                kurtosis=row["kurtosis"],
            )
            assert ratios[trial] == pytest.approx(expected, rel=1e-12, abs=1e-300)


def test_rows_or_columns_in_memory_make_no_difference(many):
    by_rows = pd.DataFrame(np.ascontiguousarray(many.to_numpy()), columns=many.columns, copy=False)
    assert trial_moments(by_rows).equals(trial_moments(many))
    assert trial_moments(many[many.columns[::-1]]).loc[many.columns].equals(trial_moments(many))


def test_more_trials_never_make_the_best_more_likely(many):
    ratios = [deflated_sharpe_ratios(many, trials=n)["t0"] for n in (1, 2, 10, 100, 10_000)]
    assert ratios == sorted(ratios, reverse=True)
    assert ratios[0] > ratios[-1]


def test_what_is_not_a_matrix_of_returns_is_refused(many):
    with pytest.raises(DataError, match=r"trial t2 at 7 is nan"):
        trial_moments(many.mask((many.index == 7)[:, None] & (many.columns == "t2")))
    huge = many.mask((many.index == 3)[:, None] & (many.columns == "t1"), 1e300)
    with pytest.raises(DataError, match=r"trial t1 at 3 is 1e\+300"):
        trial_moments(huge)
    with pytest.raises(DataError, match="Transpose"):
        trial_moments(many.set_axis(pd.bdate_range("2020-01-01", periods=400)).T)
    with pytest.raises(DataError, match="1 rows"):
        trial_moments(many[:1])
    with pytest.raises(DataError, match="0 columns"):
        trial_moments(many[[]])
