"""Each compiled loop against the plain code that it repeats."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from framework.statistics import kernels, moments, specification
from framework.statistics.selection import halvings
from framework.statistics.uncertainty import length_guide, length_thresholds


def noise(seed: int, *shape: int) -> np.ndarray:
    return np.random.Generator(np.random.PCG64(seed)).normal(0.0003, 0.01, shape)


@pytest.mark.parametrize("periods", [2, 3, 31, 127, 128, 129, 160, 500])
def test_central_sums_are_those_of_the_moments(periods):
    values, found = noise(periods, 5, periods), np.empty((5, 4))
    kernels.central_sums(values, found)
    for series, (mean, second, third, fourth) in zip(values, found, strict=True):
        exact = moments(pd.Series(series))
        assert mean == pytest.approx(series.mean(), rel=1e-12, abs=1e-18)
        assert second == pytest.approx(periods * series.var(), rel=1e-12)
        assert third / periods / (second / periods) ** 1.5 == pytest.approx(exact.skewness, abs=1e-12)
        assert fourth / periods / (second / periods) ** 2 == pytest.approx(exact.kurtosis, rel=1e-12)


@pytest.mark.parametrize("block_length", [1.0, 1.5, 8.0, 90.0, 1e6])
@pytest.mark.parametrize("observations", [8, 250])
def test_block_sums_are_those_of_the_resamples_written_out(observations, block_length):
    values = noise(1, observations)
    twice = np.tile(values, 2)
    prefix = np.zeros((2 * observations + 1, 2))
    prefix[1:] = np.cumsum(np.column_stack([twice, twice**2]), axis=0)
    thresholds = length_thresholds(observations, block_length)
    sums, draws = np.empty((40, 2)), specification.splitmix64(7)
    kernels.block_sums(prefix, thresholds, length_guide(thresholds), 7, sums)
    for first, second in sums:
        resample = specification.resample(values, thresholds, draws)
        assert len(resample) == observations
        assert first == pytest.approx(resample.sum(), abs=1e-13)
        assert second == pytest.approx((resample**2).sum(), rel=1e-9)


def test_the_stream_is_splitmix64():
    # begun at state 0 the generator's published first outputs; ours begins at mix(0) = 0
    draws = specification.splitmix64(0)
    assert [next(draws) for _ in range(3)] == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
    assert int(kernels.mixed(np.uint64(0x9E3779B97F4A7C15))) == 0xE220A8397B1DCDAF


@pytest.mark.parametrize("blocks", [4, 6, 8, 10])
def test_ranks_are_those_of_the_paper_with_ties_and_idle_trials(blocks):
    first, second = noise(blocks, 2, blocks, 9)
    second = second**2 + 0.01
    first[:, 4], second[:, 4] = first[:, 2], second[:, 2]  # a tie in every half
    first[:, 7] = second[:, 7] = 0.0  # a trial that never traded
    lengths = np.arange(20.0, 20.0 + blocks)
    ways = halvings(blocks)
    ranks = np.empty(len(ways))
    kernels.ranks_of_best(first, second, lengths, ways, ranks)
    expected = specification.ranks_of_best(first, second, lengths, ways)
    assert np.array_equal(ranks, expected)
    assert len(np.unique(ranks)) > 3


def test_block_sums_of_a_matrix_are_its_sums():
    values, edges = noise(3, 4, 50), np.array([0, 7, 20, 50])
    first, second = np.empty((2, 3, 4))
    kernels.sums_of_blocks(values, edges, first, second)
    assert first == pytest.approx(np.add.reduceat(values, edges[:-1], axis=1).T, abs=1e-15)
    assert second == pytest.approx(np.add.reduceat(values**2, edges[:-1], axis=1).T, abs=1e-15)


def test_the_normal_distribution_function_is_the_libraries():
    from statistics import NormalDist

    z = np.linspace(-8.0, 8.0, 41)
    assert kernels.normal_below(z) == pytest.approx([NormalDist().cdf(x) for x in z], rel=1e-12)


def test_importing_the_statistics_does_not_import_the_compiler():
    code = "import sys, framework.statistics; print([m for m in ('numba', 'arch', 'sklearn') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
