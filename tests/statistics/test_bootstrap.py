import numpy as np
import pandas as pd
import pytest
from arch.bootstrap import optimal_block_length as archs_block_length

from framework.errors import DataError
from framework.statistics import bootstrap_interval, optimal_block_length
from framework.statistics.bootstrap import block_length_for, percentile_interval, resampled_rows


def autoregressive(seed: int, *, slope: float, length: int, mean: float = 0.0) -> np.ndarray:
    shocks = np.random.Generator(np.random.PCG64(seed)).normal(0.0, 0.01, length + 50)
    values = np.zeros(length + 50)
    for row in range(1, len(values)):
        values[row] = slope * values[row - 1] + shocks[row]
    return mean + values[50:]


def means(resamples: np.ndarray) -> np.ndarray:
    return resamples.mean(axis=1)


@pytest.mark.parametrize("slope", [-0.5, 0.0, 0.3, 0.6, 0.9])
@pytest.mark.parametrize("length", [60, 250, 2_000])
def test_the_block_length_is_archs(slope, length):
    for seed in range(4):
        values = autoregressive(seed, slope=slope, length=length)
        theirs = archs_block_length(values)["stationary"].iloc[0]
        assert optimal_block_length(values) == pytest.approx(max(theirs, 1.0), rel=1e-9)


def test_dependence_and_clustered_volatility_lengthen_the_blocks():
    independent = autoregressive(3, slope=0.0, length=2_000)
    clustered = independent * np.exp(np.sin(np.arange(2_000) / 80.0))
    assert optimal_block_length(autoregressive(3, slope=0.8, length=2_000)) > 5 * optimal_block_length(
        independent
    )
    assert block_length_for(clustered) > 5 * optimal_block_length(clustered)


def test_flat_values_have_blocks_of_one_and_few_are_refused():
    assert optimal_block_length(np.full(20, 0.5)) == 1.0
    with pytest.raises(DataError, match="7 values"):
        optimal_block_length(np.arange(7.0))


@pytest.mark.parametrize("block_length", [1.0, 4.0, 40.0])
def test_blocks_run_on_have_their_mean_length_and_start_anywhere(block_length):
    rows = np.concatenate(list(resampled_rows(500, block_length=block_length, resamples=2_000, seed=1)))
    assert rows.shape == (2_000, 500)
    assert (rows.min(), rows.max()) == (0, 499)
    broken = (rows[:, 1:] - rows[:, :-1]) % 500 != 1
    assert broken.mean() == pytest.approx((1 - 1 / 500) / block_length, rel=0.03)
    counts = np.bincount(rows.ravel(), minlength=500)
    assert counts.mean() == 2_000
    assert counts.std() < 0.2 * counts.mean()
    assert len(np.unique(rows[:, 0])) > 480


@pytest.mark.parametrize("block_length", [1.0, 6.0, 25.0])
def test_the_variance_of_the_resampled_mean_is_politis_and_romanos(block_length):
    # Politis and Romano (1994), Lemma 1: n Var* = C(0) + 2 sum (1 - i/n) (1 - p)^i C(i), C circular autocovariances
    values = autoregressive(5, slope=0.6, length=300)
    deviations, n, i = values - values.mean(), 300, np.arange(1, 300)
    circular = np.array([deviations @ np.roll(deviations, -lag) / n for lag in range(n)])
    exact = circular[0] + 2 * ((1 - i / n) * (1 - 1 / block_length) ** i * circular[1:]).sum()
    draws = [
        means(values[rows]) for rows in resampled_rows(n, block_length=block_length, resamples=8_000, seed=2)
    ]
    assert n * np.concatenate(draws).var() == pytest.approx(exact, rel=0.06)


def test_a_seed_gives_one_answer_and_another_seed_another(returns):
    first = bootstrap_interval(returns, means, seed=3)
    assert bootstrap_interval(returns, means, seed=3) == first
    assert bootstrap_interval(returns, means, seed=4) != first
    assert first.low < returns.mean() < first.high


def test_the_draws_are_the_same_everywhere():
    # numpy keeps PCG64's raw stream for good (NEP 19); pinned from the first version
    rows = next(resampled_rows(10, block_length=3.0, resamples=100, seed=0))
    assert rows[:2].tolist() == [
        [0, 8, 4, 4, 5, 6, 7, 8, 9, 0],
        [6, 8, 9, 2, 3, 2, 3, 4, 0, 1],
    ]


def coverage(slope: float, *, block_length: float | None) -> float:
    hits = 0
    for seed in range(300):
        sample = pd.Series(autoregressive(seed, slope=slope, length=250, mean=0.001))
        interval = bootstrap_interval(sample, means, resamples=200, block_length=block_length, seed=seed)
        hits += interval.low <= 0.001 <= interval.high
    return hits / 300


def test_the_interval_covers_the_true_mean_as_often_as_it_says():
    assert 0.91 <= coverage(0.0, block_length=None) <= 0.98


def test_under_dependence_the_chosen_blocks_cover_where_single_returns_do_not():
    chosen, single = coverage(0.4, block_length=None), coverage(0.4, block_length=1.0)
    assert 0.88 <= chosen <= 0.98
    assert single < 0.85


def test_percentiles_by_hand_and_nothing_from_an_undefined_draw():
    interval = percentile_interval(np.arange(101.0), confidence=0.9)
    assert (interval.low, interval.high) == pytest.approx((5.0, 95.0), abs=1e-12)
    assert percentile_interval(np.array([1.0, np.nan])) is None


def test_what_cannot_be_resampled_is_refused(returns):
    with pytest.raises(DataError, match="not finite on every resample"):
        bootstrap_interval(
            returns, lambda resamples: np.log(means(resamples) * 0.0 - 1.0 + 0.0 * 1j).real * np.nan
        )
    with pytest.raises(DataError, match=r"block length of 0\.5"):
        bootstrap_interval(returns, means, block_length=0.5)
    with pytest.raises(DataError, match="20 resamples"):
        bootstrap_interval(returns, means, resamples=20)
    with pytest.raises(DataError, match="confidence is 95"):
        bootstrap_interval(returns, means, confidence=95)
    with pytest.raises(DataError, match="at least 8"):
        bootstrap_interval(returns[:5], means)
    with pytest.raises(DataError, match="is nan"):
        bootstrap_interval(returns.where(returns.index != returns.index[4]), means)
