import numpy as np
import pytest

from framework.errors import DataError
from framework.statistics import (
    annual_volatility,
    rolling_statistics,
    sharpe_ratio,
    simple_returns,
    total_return,
)


@pytest.mark.parametrize("window", [20, 252])
def test_each_row_is_the_published_function_of_its_window(worth, window):
    table = rolling_statistics(worth, window=window, risk_free_per_year=0.02)
    returns = simple_returns(worth)
    assert len(table) == len(returns) - window + 1
    for session in table.index[:: len(table) // 7]:
        last = returns[:session][-window:]
        row = table.loc[session]
        assert row["total_return"] == pytest.approx(total_return(worth[:session][-window - 1 :]), rel=1e-12)
        assert row["annual_volatility"] == pytest.approx(
            annual_volatility(last, periods_per_year=252), rel=1e-12
        )
        assert row["sharpe_ratio"] == pytest.approx(
            sharpe_ratio(last - 0.02 / 252, periods_per_year=252), rel=1e-9
        )


def test_what_comes_later_changes_no_row(worth):
    whole, part = rolling_statistics(worth), rolling_statistics(worth[:800])
    assert whole.loc[part.index].equals(part)


def test_a_window_that_never_moved_has_no_ratio(worth_of):
    table = rolling_statistics(worth_of([0.0] * 30 + [0.01, -0.01] * 20), window=20)
    assert np.isnan(table["sharpe_ratio"].iloc[0])
    assert table["annual_volatility"].iloc[0] == 0.0
    assert table["sharpe_ratio"].iloc[20:].notna().all()


def test_a_window_that_does_not_fit_is_refused(worth):
    with pytest.raises(DataError, match="window of 19"):
        rolling_statistics(worth, window=19)
    with pytest.raises(DataError, match="window of 252 was asked for, over 251 returns"):
        rolling_statistics(worth[:252])
    assert len(rolling_statistics(worth[:253])) == 1
