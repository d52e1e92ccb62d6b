import numpy as np
import pandas as pd
import pytest

from framework.errors import DataError
from framework.statistics import bootstrap_interval, sharpe_interval


def annual_sharpes(resamples: np.ndarray) -> np.ndarray:
    return resamples.mean(axis=1) / resamples.std(axis=1, ddof=1) * np.sqrt(252)


@pytest.mark.parametrize("block_length", [1.0, 15.0])
def test_the_interval_has_the_law_of_the_resamples_written_out(returns, block_length):
    fast = sharpe_interval(returns, periods_per_year=252, block_length=block_length)
    slow = bootstrap_interval(returns, annual_sharpes, resamples=10_000, block_length=block_length)
    width = slow.high - slow.low  # a bound's own error is about one per cent of it
    assert fast.low == pytest.approx(slow.low, abs=0.04 * width)
    assert fast.high == pytest.approx(slow.high, abs=0.04 * width)


def test_a_seed_gives_one_answer_and_another_seed_another(returns):
    first = sharpe_interval(returns, periods_per_year=252, seed=3)
    assert sharpe_interval(returns, periods_per_year=252, seed=3) == first
    assert sharpe_interval(returns, periods_per_year=252, seed=4) != first
    assert sharpe_interval(7.0 * returns, periods_per_year=252, seed=3).low == pytest.approx(
        first.low, rel=1e-9
    )
    assert sharpe_interval(returns, periods_per_year=1, seed=3).low == pytest.approx(
        first.low / 252**0.5, rel=1e-12
    )


def test_what_has_no_interval_is_refused(returns):
    flat_but_once = pd.Series([0.001] * 299 + [-0.001])  # a third of the resamples miss the only move
    with pytest.raises(DataError, match="all the same"):
        sharpe_interval(flat_but_once, periods_per_year=252)
    with pytest.raises(DataError, match="all the same"):
        sharpe_interval(flat_but_once[:200], periods_per_year=252)
    with pytest.raises(DataError, match="seed is -1"):
        sharpe_interval(returns, periods_per_year=252, seed=-1)
    with pytest.raises(DataError, match="20 resamples"):
        sharpe_interval(returns, periods_per_year=252, resamples=20)
    with pytest.raises(DataError, match="at least 8"):
        sharpe_interval(returns[:7], periods_per_year=252)
