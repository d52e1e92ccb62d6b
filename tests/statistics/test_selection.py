from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from framework.errors import DataError
from framework.statistics import overfitting_logits, probability_of_backtest_overfitting


def noise(seed: int, *, periods: int = 400, trials: int = 20) -> pd.DataFrame:
    generator = np.random.Generator(np.random.PCG64(seed))
    return pd.DataFrame(
        generator.normal(0.0, 0.01, (periods, trials)), columns=[f"t{i}" for i in range(trials)]
    )


def as_written(returns: pd.DataFrame, blocks: int) -> float:
    """The algorithm step by step, as the paper states it (its section 2.2)."""
    parts = np.array_split(returns.to_numpy(), blocks)
    logits = []
    for half in combinations(range(blocks), blocks // 2):
        inside = np.concatenate([parts[i] for i in half])
        outside = np.concatenate([parts[i] for i in range(blocks) if i not in half])
        best = np.argmax(inside.mean(axis=0) / inside.std(axis=0))
        ranks = pd.Series(outside.mean(axis=0) / outside.std(axis=0)).rank()
        relative = ranks[best] / (len(ranks) + 1)
        logits.append(np.log(relative / (1 - relative)))
    return float(np.mean(np.array(logits) <= 0.0))


@pytest.mark.parametrize("seed", range(4))
def test_the_sums_give_what_the_paper_writes(seed):
    returns = noise(seed, periods=160, trials=7)
    returns["t3"] += 0.001
    assert probability_of_backtest_overfitting(returns, blocks=8) == as_written(returns, 8)


def test_luck_alone_is_chosen_wrongly_half_of_the_time():
    found = [probability_of_backtest_overfitting(noise(seed), blocks=8) for seed in range(40)]
    assert np.mean(found) == pytest.approx(0.5, abs=0.1)


def test_a_trial_that_is_truly_better_is_not_overfitted():
    returns = noise(1)
    returns["t5"] += 0.02
    assert probability_of_backtest_overfitting(returns) == 0.0


def test_neither_leverage_nor_the_order_of_the_trials_matters():
    returns = noise(2)
    returns["t5"] += 0.001
    expected = probability_of_backtest_overfitting(returns, blocks=10)
    assert 0.0 < expected < 1.0
    assert probability_of_backtest_overfitting(returns * 7.0, blocks=10) == expected
    assert probability_of_backtest_overfitting(returns[returns.columns[::-1]], blocks=10) == expected


def test_a_trial_that_never_traded_counts_with_a_ratio_of_zero():
    returns = noise(3, trials=2) - 0.02
    returns["idle"] = 0.0
    assert probability_of_backtest_overfitting(returns) == 0.0  # idle is the best in every half, and stays it


def test_a_transposed_matrix_is_refused():
    with pytest.raises(DataError, match="Transpose"):
        probability_of_backtest_overfitting(noise(1).T)
    dated = noise(1, periods=30, trials=30)
    dated.columns = pd.bdate_range("2020-01-01", periods=30)
    with pytest.raises(DataError, match=r"columns \(DatetimeIndex\)"):
        probability_of_backtest_overfitting(dated)


@pytest.mark.parametrize("blocks", [4, 20])
def test_the_fewest_and_the_most_blocks_are_allowed(blocks):
    returns = noise(5, periods=2 * blocks, trials=3)
    assert 0.0 <= probability_of_backtest_overfitting(returns, blocks=blocks) <= 1.0
    with pytest.raises(DataError, match=f"in {blocks} blocks"):
        probability_of_backtest_overfitting(returns[1:], blocks=blocks)


@pytest.mark.parametrize("blocks", [2, 5, 22])
def test_blocks_that_cannot_be_halved_are_refused(blocks):
    with pytest.raises(DataError, match=f"in {blocks} blocks"):
        probability_of_backtest_overfitting(noise(1), blocks=blocks)


def test_a_missing_return_is_refused_with_its_trial():
    returns = noise(1)
    returns.loc[7, "t2"] = np.nan
    with pytest.raises(DataError, match="trial t2 at 7 is nan"):
        probability_of_backtest_overfitting(returns)


def test_the_probability_is_the_share_of_logits_that_are_not_positive():
    returns = noise(4)
    returns["t1"] += 0.001
    logits = overfitting_logits(returns, blocks=10)
    assert len(logits) == 252  # 10 over 5
    assert np.mean(logits <= 0.0) == probability_of_backtest_overfitting(returns, blocks=10)
    worst, best = np.log(1 / 20), np.log(20 / 1)  # last and first of twenty
    assert worst <= logits.min() < 0.0 < logits.max() <= best
