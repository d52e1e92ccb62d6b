from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from framework.errors import DataError
from framework.statistics import permutation_test, random_entry_test

SESSIONS = pd.bdate_range("2020-01-01", periods=300)


def market(seed: int, *, symbols: int = 1, mean: float = 0.0) -> pd.DataFrame:
    generator = np.random.Generator(np.random.PCG64(seed))
    return pd.DataFrame(generator.normal(mean, 0.01, (300, symbols)), index=SESSIONS)


def switching(seed: int, *, length: int = 10) -> pd.Series:
    generator = np.random.Generator(np.random.PCG64(seed))
    return pd.Series(np.repeat(generator.integers(0, 2, 300 // length), length).astype("f8"), index=SESSIONS)


TESTS = (permutation_test, random_entry_test)


@pytest.mark.parametrize("test", TESTS)
def test_foresight_is_found_and_luck_is_not(test):
    returns = market(1)[0]
    assert test((returns > 0.0).astype(float), returns, draws=200).p_value == 1 / 201
    lucky = [test(switching(seed), market(seed + 50)[0], draws=200).p_value for seed in range(30)]
    assert np.mean(lucky) == pytest.approx(0.5, abs=0.15)
    assert sum(p < 0.05 for p in lucky) <= 4


@pytest.mark.parametrize("test", TESTS)
def test_a_rising_market_is_no_timing(test):
    found = test(switching(3), market(4, mean=0.004)[0], draws=300)
    assert found.sharpe > 0.1  # it earned
    assert found.p_value > 0.05  # as any other entry would have


def test_the_draws_are_those_of_all_orders_by_hand():
    # three sessions with a position among twenty: the mean over all orders is that over all triples
    held, returns = pd.Series(0.0, index=SESSIONS[:20]), market(5)[0][:20]
    held.iloc[:3] = (1.0, 2.0, -1.0)
    found = permutation_test(held, returns, draws=4_000)
    exact = []
    for places in permutations(range(20), 3):
        gains = np.zeros(20)
        gains[list(places)] = returns.to_numpy()[list(places)] * (1.0, 2.0, -1.0)
        exact.append(gains.mean() / gains.std(ddof=1))
    assert found.draws.mean() == pytest.approx(np.mean(exact), abs=4 * np.std(exact) / 4_000**0.5)
    assert np.quantile(found.draws, 0.9) == pytest.approx(np.quantile(exact, 0.9), abs=0.02)
    assert found.p_value == pytest.approx(np.mean(np.array(exact) >= found.sharpe), abs=0.03)


def test_random_entries_keep_each_holding_whole():
    held = pd.Series(0.0, index=SESSIONS)
    held.iloc[100:140] = 1.0
    trend = pd.Series(np.sin(np.arange(300) / 20.0) * 0.001, index=SESSIONS)
    found = random_entry_test(held, trend, draws=3_000)
    starts = np.array([trend.iloc[first : first + 40].sum() for first in range(261)])  # every entry there is
    expected = [np.roll(held, first - 100) * trend for first in range(261)]
    sharpes = np.array([gains.mean() / gains.std(ddof=1) for gains in expected])
    assert len(np.unique(found.draws.round(12))) <= len(np.unique(sharpes.round(12)))
    assert found.draws.max() == pytest.approx(sharpes.max(), rel=1e-9)
    assert found.draws.min() == pytest.approx(sharpes.min(), rel=1e-9)
    assert found.p_value == pytest.approx(np.mean(starts >= starts[100] - 1e-12), abs=0.03)


@pytest.mark.parametrize("test", TESTS)
def test_a_book_of_symbols_is_moved_as_one(test):
    returns = market(6, symbols=3)
    held = pd.DataFrame(np.where(returns.to_numpy() > 0.0, 0.3, 0.0), index=SESSIONS)
    found = test(held, returns, draws=200)
    assert found.p_value == 1 / 201
    gains = (held * returns).sum(axis=1)
    assert found.sharpe == pytest.approx(gains.mean() / gains.std(), rel=1e-12)
    assert test(held * 5.0, returns, draws=200).p_value == found.p_value


@pytest.mark.parametrize("test", TESTS)
def test_a_seed_gives_one_answer(test):
    held, returns = switching(7), market(7)[0]
    assert np.array_equal(test(held, returns, seed=1).draws, test(held, returns, seed=1).draws)
    assert not np.array_equal(test(held, returns, seed=1).draws, test(held, returns, seed=2).draws)


def test_what_has_no_timing_is_refused():
    held, returns = switching(8), market(8)[0]
    with pytest.raises(DataError, match="the same in every session"):
        permutation_test(held * 0.0 + 1.0, returns)
    with pytest.raises(DataError, match="a position in every session"):
        random_entry_test(held + 1.0, returns)
    with pytest.raises(DataError, match="0 sessions with a position"):
        random_entry_test(held * 0.0, returns)
    with pytest.raises(DataError, match="50 draws"):
        permutation_test(held, returns, draws=50)
    with pytest.raises(DataError, match="shape"):
        permutation_test(held[1:], returns[:-1])
    with pytest.raises(DataError, match=r"\(19, 1\)"):
        permutation_test(held[:19], returns[:19])
    with pytest.raises(DataError, match="return at 2020-01-03"):
        permutation_test(held, returns.mask(returns.index == SESSIONS[2]))
    with pytest.raises(DataError, match="position at 2020-01-01"):
        random_entry_test(held.shift(2), returns)
