from functools import partial

import numpy as np
import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.errors import DataError
from framework.simulation.compiled import simulate
from framework.simulation.splits import combinatorial_splits, walk_forward_splits
from framework.simulation.walkforward import select, sharpe_scores, walk_forward
from framework.strategy.weights import TargetWeights
from framework.trading.costs import CostModel

FREE = CostModel(commission_bps=0.0, half_spread_bps=0.0)


def noise(seed: int, *, periods: int = 600, trials: int = 30) -> pd.DataFrame:
    generator = np.random.Generator(np.random.PCG64(seed))
    sessions = pd.bdate_range("2020-01-01", periods=periods)
    return pd.DataFrame(generator.normal(0.0, 0.01, (periods, trials)), index=sessions).add_prefix("t")


def annual(returns: pd.Series) -> float:
    return returns.mean() / returns.std() * np.sqrt(252)


def test_each_choice_is_the_best_of_its_training_rows():
    returns = noise(1)
    splits = walk_forward_splits(600, train=200, test=50)
    selection = select(returns, splits)
    for split, row in zip(splits, selection.chosen.itertuples(), strict=True):
        sharpes = returns.iloc[split.train].mean() / returns.iloc[split.train].std()
        assert row.trial == sharpes.idxmax()
        assert row.score == pytest.approx(sharpes.max(), rel=1e-12)
        assert (row.train_from, row.train_to) == tuple(returns.index[split.train[[0, -1]]])
        tested = selection.returns.iloc[split.tests[0], 0]
        assert tested.equals(returns[row.trial].iloc[split.tests[0]].rename(0))
    assert selection.returns[0].iloc[:200].isna().all()
    assert selection.chosen["trial"].nunique() > 2


def test_what_comes_after_training_changes_no_choice():
    returns, splits = noise(2), walk_forward_splits(600, train=200, test=50)
    chosen = select(returns, splits).chosen
    for number, split in enumerate(splits):
        changed = returns.copy()
        changed.iloc[split.tests[0][0] :] = -changed.iloc[split.tests[0][0] :]
        assert select(changed, splits).chosen.iloc[: number + 1].equals(chosen.iloc[: number + 1])


def test_the_best_of_luck_earns_nothing_where_it_is_tested():
    inside, outside = [], []
    for seed in range(20):
        returns = noise(seed)
        inside.append(annual(returns[returns.mean().idxmax()]))
        outside.append(
            annual(select(returns, walk_forward_splits(600, train=200, test=50)).returns[0].dropna())
        )
    assert np.mean(inside) > 1.0
    assert np.mean(outside) == pytest.approx(0.0, abs=0.45)  # two standard errors
    skilled = noise(3).assign(t4=lambda r: r["t4"] + 0.003)
    assert set(select(skilled, walk_forward_splits(600, train=200, test=50)).chosen["trial"]) == {"t4"}


def test_every_path_of_the_combinations_is_a_whole_history():
    returns = noise(4, periods=240)
    selection = select(returns, combinatorial_splits(240, folds=6, test_folds=2, purge=2, embargo=2))
    assert selection.returns.shape == (240, 5)
    assert selection.returns.notna().all(axis=None)
    assert len(selection.chosen) == 15


def test_ties_go_to_the_first_and_a_trial_that_never_moved_is_not_chosen():
    returns = -noise(5, trials=2).abs()
    table = pd.DataFrame({"idle": 0.0, "b": returns["t0"], "a": returns["t0"]})
    assert set(select(table, walk_forward_splits(600, train=100, test=100)).chosen["trial"]) == {"b"}
    assert np.isnan(sharpe_scores(np.zeros((5, 1)))).all()
    assert np.isnan(sharpe_scores(np.ones((1, 2)))).all()


def test_another_score_chooses_another_trial():
    returns = noise(6)
    splits = walk_forward_splits(600, train=200, test=50)
    worst = select(returns, splits, score=lambda rows: -rows.mean(axis=0)).chosen["trial"]
    assert worst.tolist() == [returns.iloc[split.train].mean().idxmin() for split in splits]


@pytest.fixture
def rising_then_falling() -> Bars:
    """A doubles and then halves, B the other way round, a steady move a session with a little noise."""
    sessions = pd.bdate_range("2020-01-01", periods=81)
    moves = np.where(np.arange(80) < 40, 0.02, -0.02) + 0.001 * np.sin(np.arange(80.0))
    close = pd.DataFrame(
        {"A": np.cumprod(np.r_[100.0, 1 + moves]), "B": np.cumprod(np.r_[100.0, 1 - moves])}, sessions
    )
    return Bars(close)


def holding(bars: Bars, symbol: str) -> TargetWeights:
    """All in one symbol, decided once, at the first session."""
    frame = pd.DataFrame(np.nan, bars.sessions, ["A", "B"])
    frame.iloc[0] = [float(symbol == "A"), float(symbol == "B")]
    return TargetWeights(frame)


def test_the_account_turns_to_what_the_chosen_rule_holds(rising_then_falling):
    bars = rising_then_falling
    costs = CostModel(commission_bps=10.0, half_spread_bps=0.0)
    splits = walk_forward_splits(80, train=10, test=10)
    found = walk_forward(
        {symbol: holding(bars, symbol) for symbol in "AB"}, splits, partial(simulate, bars=bars, costs=costs)
    )
    assert found.selection.chosen["trial"].tolist() == ["A", "A", "A", "A", "B", "B", "B"]
    trades = found.result.trades
    first, turn = bars.sessions[11], bars.sessions[51]  # decided at the close before, traded a close later
    assert trades["session"].iloc[0] == first
    assert trades.loc[trades["session"] == turn, "symbol"].tolist() == ["A", "B"]
    assert (found.result.worth[: bars.sessions[10]] == 100_000.0).all()
    # each turn moves the whole account: sold at ten basis points, and what that left bought at ten
    kept = found.result.positions.loc[turn, "B"] * bars.close.loc[turn, "B"]
    held = found.result.positions.loc[bars.sessions[50], "A"] * bars.close.loc[turn, "A"]
    assert kept == pytest.approx(held * 0.999 / 1.001, rel=1e-3)
    assert found.result.positions.loc[turn, "A"] == 0.0


def test_one_trial_alone_decides_what_it_always_did_and_restates_it_at_each_turn(make_bars, make_weights):
    bars = make_bars(3, sessions=120)
    weights = make_weights(3, bars)
    splits = walk_forward_splits(119, train=30, test=25)
    found = walk_forward({"only": weights}, splits, partial(simulate, bars=bars, costs=FREE))
    followed = found.result.weights.frame
    assert followed.iloc[:30].isna().all(axis=None)
    turns = [30, 55, 80, 105]
    assert [int(split.tests[0][0]) for split in splits] == turns
    assert weights.frame.iloc[turns].isna().all(axis=1).any()  # a turn at which the rule itself would hold
    for row in range(30, 119):
        session = bars.sessions[row]
        expected = weights.standing(session) if row in turns else weights.frame.iloc[row]
        assert np.array_equal(followed.iloc[row], expected, equal_nan=True)
    assert np.array_equal(followed.iloc[119], weights.frame.iloc[119], equal_nan=True)  # what trades next
    assert len(found.result.trades) > 100


def test_a_symbol_that_is_gone_is_not_taken_over(make_bars):
    bars = make_bars(4, sessions=60, lives=True)  # S1 is delisted half way
    frame = pd.DataFrame(np.nan, bars.sessions, list(bars.symbols))
    frame.iloc[20] = [0.0, 0.5, 0.5, 0.0]
    found = walk_forward(
        {"old": TargetWeights(frame)},
        walk_forward_splits(59, train=25, test=10),
        partial(simulate, bars=bars, costs=FREE),
    )
    last = found.result.weights.frame.dropna().iloc[-1]
    assert last.tolist() == [0.0, 0.0, 0.5, 0.0]


def test_what_cannot_be_walked_is_refused(rising_then_falling):
    bars, returns = rising_then_falling, noise(7, periods=80, trials=3)
    splits = walk_forward_splits(80, train=10, test=10)
    run = partial(simulate, bars=bars, costs=FREE)
    with pytest.raises(DataError, match="no trial"):
        walk_forward({}, splits, run)
    with pytest.raises(DataError, match="one after another"):
        walk_forward({"A": holding(bars, "A")}, combinatorial_splits(80, folds=4), run)
    with pytest.raises(DataError, match="splits are of 80 periods"):
        select(returns[1:], splits)
    with pytest.raises(DataError, match="splits are of 0 periods"):
        select(returns, [])
    with pytest.raises(DataError, match="trial t1 at"):
        select(returns.mask((returns.index == returns.index[4])[:, None] & (returns.columns == "t1")), splits)
    with pytest.raises(DataError, match="No trial has a score from 2020-01-01 to 2020-01-14"):
        select(returns * 0.0, splits)
