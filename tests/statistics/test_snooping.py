import numpy as np
import pandas as pd
import pytest

from framework.errors import DataError
from framework.statistics import Resampling, reality_check, stepwise_superior, superior_predictive_ability
from framework.statistics.bootstrap import resampled_rows

FEW = Resampling(resamples=400, block_length=5.0)


def noise(seed: int, *, periods: int = 400, trials: int = 10) -> pd.DataFrame:
    generator = np.random.Generator(np.random.PCG64(seed))
    sessions = pd.bdate_range("2020-01-01", periods=periods)
    return pd.DataFrame(generator.normal(0.0, 0.01, (periods, trials)), index=sessions).add_prefix("t")


@pytest.fixture(scope="module")
def cash() -> pd.Series:
    return pd.Series(0.0, index=pd.bdate_range("2020-01-01", periods=400))


def as_white_writes(returns: pd.DataFrame, block_length: float) -> float:
    """V = max sqrt(n) mean, against its bootstrap about that mean (White 2000, section 2)."""
    values, root = returns.to_numpy(), np.sqrt(len(returns))
    best = (root * values.mean(axis=0)).max()
    rows = resampled_rows(len(values), block_length=block_length, resamples=2_000, seed=1)
    draws = [
        (root * (values[row].mean(axis=0) - values.mean(axis=0))).max() for chunk in rows for row in chunk
    ]
    return float(np.mean(np.array(draws) > best))


@pytest.mark.parametrize("edge", [0.0, 0.0008, 0.0012])
def test_the_reality_check_is_whites(cash, edge):
    returns = noise(4)
    returns["t3"] += edge
    found = reality_check(returns, benchmark=cash, resampling=Resampling(resamples=2_000, block_length=5.0))
    assert found == pytest.approx(as_white_writes(returns, 5.0), abs=0.045)  # three errors of two bootstraps


@pytest.mark.parametrize("edge", [0.0, 0.001])
def test_the_reality_check_is_that_of_arch(cash, edge):
    from arch.bootstrap import SPA

    returns = noise(5)
    returns["t3"] += edge
    theirs = SPA(np.zeros(400), -returns.to_numpy(), block_size=5, reps=4_000, seed=1, studentize=False)
    theirs.compute()
    ours = reality_check(returns, benchmark=cash, resampling=Resampling(resamples=4_000, block_length=5.0))
    assert ours == pytest.approx(theirs.pvalues["upper"], abs=0.03)  # three errors of two bootstraps


def test_a_calm_trial_counts_as_much_as_a_wild_one_only_where_means_are_studentised(cash):
    returns = noise(10, trials=20)
    calm = returns["t4"] * 0.02 + 0.00006  # 0.3 standard deviations a period, lost among the others' noise
    found = returns.assign(t4=calm)
    assert superior_predictive_ability(found, benchmark=cash, resampling=FEW) < 0.01
    assert reality_check(found, benchmark=cash, resampling=FEW) > 0.2
    assert stepwise_superior(found, benchmark=cash, resampling=FEW) == ("t4",)


def test_hansens_test_is_its_formula_written_out(cash):
    returns = noise(11)
    returns["t1"] += 0.0009
    returns["t2"] -= 0.004  # too poor to be recentred
    values = returns.to_numpy()
    rows = np.vstack(list(resampled_rows(400, block_length=5.0, resamples=400, seed=0)))
    draws = np.array([values[row].mean(axis=0) for row in rows])
    errors, means = draws.std(axis=0), values.mean(axis=0)
    centre = np.where(means >= -errors * np.sqrt(2 * np.log(np.log(400))), means, 0.0)
    assert (centre == 0.0).sum() == 1
    statistic = max(0.0, *(means / errors))
    null = [max(0.0, *((draw - centre) / errors)) for draw in draws]
    expected = np.mean(np.array(null) > statistic)
    assert 0.0 < expected < 1.0
    assert superior_predictive_ability(returns, benchmark=cash, resampling=FEW) == expected


def test_luck_is_luck_and_skill_is_found(cash):
    lucky = [superior_predictive_ability(noise(seed), benchmark=cash, resampling=FEW) for seed in range(12)]
    assert np.mean(lucky) == pytest.approx(0.5, abs=0.25)
    assert sum(p < 0.05 for p in lucky) <= 2
    skilled = noise(1)
    skilled["t6"] += 0.003
    assert superior_predictive_ability(skilled, benchmark=cash, resampling=FEW) < 0.01
    assert reality_check(skilled, benchmark=cash, resampling=FEW) < 0.01


def test_poor_trials_dilute_the_reality_check_but_not_hansens(cash):
    few = noise(2, trials=3)
    few["t0"] += 0.002
    poor = (4.0 * noise(3, trials=40) - 0.01).add_prefix("poor")
    many = pd.concat([few, poor], axis=1)
    before, after = (reality_check(r, benchmark=cash, resampling=FEW) for r in (few, many))
    assert before < 0.1
    assert after > 0.3
    assert superior_predictive_ability(many, benchmark=cash, resampling=FEW) < 0.1


def test_the_steps_name_the_trials_that_are_better(cash):
    returns = noise(9)
    returns[["t2", "t7"]] += 0.003
    assert stepwise_superior(returns, benchmark=cash, resampling=FEW) == ("t2", "t7")
    assert stepwise_superior(noise(9), benchmark=cash, resampling=FEW) == ()
    assert stepwise_superior(returns, benchmark=returns["t2"], resampling=FEW) == ()


def test_what_the_benchmark_earned_is_taken_off_first(cash):
    returns, market = noise(6), noise(7, trials=1)["t0"]
    above = reality_check(returns.add(market, axis=0), benchmark=market, resampling=FEW)
    assert above == reality_check(returns, benchmark=cash, resampling=FEW)


def test_a_trial_that_never_moved_is_left_out(cash):
    returns = noise(9)
    returns["t7"] += 0.003
    returns.insert(0, "idle", 0.0)
    assert stepwise_superior(returns, benchmark=cash, resampling=FEW) == ("t7",)
    with pytest.raises(DataError, match="None of the 1 trials differs"):
        reality_check(returns[["idle"]], benchmark=cash)


def test_blocks_are_chosen_and_a_seed_gives_one_answer(cash):
    returns = noise(8)
    first = reality_check(returns, benchmark=cash)
    assert first == reality_check(returns, benchmark=cash)
    assert first != reality_check(returns, benchmark=cash, resampling=Resampling(seed=1))


def test_what_cannot_be_compared_is_refused(cash):
    returns = noise(1)
    with pytest.raises(DataError, match="on other sessions"):
        reality_check(returns, benchmark=cash[1:])
    with pytest.raises(DataError, match="trial t4 at 2020-01-03 00:00:00 is nan"):
        reality_check(returns.assign(t4=returns["t4"].shift(3)).iloc[2:], benchmark=cash[2:])
    with pytest.raises(DataError, match="trial benchmark at"):
        reality_check(returns, benchmark=cash.mask(cash.index == cash.index[5]))
    with pytest.raises(DataError, match="Transpose"):
        superior_predictive_ability(returns.T, benchmark=cash)
    with pytest.raises(DataError, match=r"size is 5"):
        stepwise_superior(returns, benchmark=cash, size=5)
    with pytest.raises(DataError, match="20 resamples"):
        stepwise_superior(returns, benchmark=cash, resampling=Resampling(resamples=20))
