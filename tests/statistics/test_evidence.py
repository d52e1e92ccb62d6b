import numpy as np
import pandas as pd
import pytest

from framework.errors import DataError
from framework.statistics import (
    effective_trials,
    probability_of_backtest_overfitting,
    search_evidence,
    superior_predictive_ability,
)


@pytest.fixture(scope="module")
def returns() -> pd.DataFrame:
    generator = np.random.Generator(np.random.PCG64(3))
    sessions = pd.bdate_range("2020-01-01", periods=300)
    table = pd.DataFrame(generator.normal(0.0, 0.01, (300, 8)), index=sessions).add_prefix("t")
    return table.assign(t0=table["t0"] + 0.003, t7=table["t6"] + 1e-4)


def test_each_figure_is_that_of_its_function(returns):
    found = search_evidence(returns, known=8, drawn_from=8)
    clusters = effective_trials(returns)
    assert found.clusters == clusters.count == 7
    assert found.clusters_variance == clusters.variance
    assert found.overfitting == probability_of_backtest_overfitting(returns) < 0.1
    cash = pd.Series(0.0, index=returns.index)
    assert found.p_value == superior_predictive_ability(returns, benchmark=cash) < 0.05


def test_clusters_among_a_part_are_scaled_to_the_whole(returns):
    assert search_evidence(returns, known=1_000, drawn_from=80).clusters == 70


def test_one_trial_and_too_few_periods_have_no_figures(returns):
    one = search_evidence(returns[["t0"]], known=1, drawn_from=1, why_not="others had other code")
    assert (one.overfitting, one.p_value, one.clusters) == (None, None, None)
    assert one.why_not == "others had other code"
    short = search_evidence(returns.iloc[:7], known=8, drawn_from=8)
    assert (short.overfitting, short.p_value) == (None, None)
    idle = search_evidence(returns[["t0", "t1"]] * 0.0, known=2, drawn_from=2)
    assert (idle.clusters, idle.p_value) == (1, None)
    with pytest.raises(DataError, match="nan"):
        search_evidence(returns.mask(returns > 0.02), known=8, drawn_from=8)
