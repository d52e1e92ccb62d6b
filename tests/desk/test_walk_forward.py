"""walk_forward: choices by the past alone, one account that follows them, and every look counted."""

import numpy as np
import pandas as pd
import pytest

from framework import TargetWeights, backtest, walk_forward
from framework.desk import views
from framework.desk.backtest import excess_returns
from framework.errors import DataError, SpecError
from framework.strategy.causality import check_causal
from framework.trading.guard import Guards
from strategies.dual_momentum import DualMomentum
from strategies.moving_average_cross import MovingAverageCross

GRID = {"fast": [5, 20, 50], "slow": [20, 100]}


def ordered(fast, slow):
    return fast < slow


@pytest.fixture
def walked(home, funds, costs):
    return walk_forward(MovingAverageCross, GRID, funds, costs=costs, where=ordered, train=504, test=252)


def alone(funds, costs, fold):
    return backtest(MovingAverageCross(fold.fast, fold.slow, funds.symbols), funds, costs)


def test_each_choice_is_the_best_sharpe_ratio_of_its_training_sessions(walked, funds, costs):
    assert len(walked.folds) == 7
    assert walked.folds[["fast", "slow"]].drop_duplicates().shape[0] > 1
    table = {
        (fast, slow): excess_returns(backtest(MovingAverageCross(fast, slow, funds.symbols), funds, costs))
        for fast, slow in walked.search[["fast", "slow"]].itertuples(index=False)
    }
    returns = pd.DataFrame(table)
    for fold in walked.folds.itertuples():
        training = returns.loc[fold.train_from : fold.train_to]
        assert len(training) == 504
        sharpes = training.mean() / training.std()
        assert sharpes.idxmax() == (fold.fast, fold.slow)
        assert fold.score == pytest.approx(sharpes.max(), rel=1e-10)
        assert fold.train_to < fold.test_from


def test_the_account_follows_the_choices_at_all_costs_from_the_first_test_on(walked, funds, costs):
    frame = pd.DataFrame(np.nan, funds.sessions, list(funds.symbols))
    for fold in walked.folds.itertuples():
        weights = MovingAverageCross(fold.fast, fold.slow, funds.symbols).weights(funds)
        turn = funds.sessions[funds.sessions.get_loc(fold.test_from) - 1]
        last = funds.sessions[funds.sessions.get_loc(fold.test_to) - 1]
        frame.loc[turn:last] = weights.frame.loc[turn:last]
        frame.loc[turn] = weights.standing(turn)
    begin = funds.sessions[funds.sessions.get_loc(walked.folds["test_from"].iloc[0]) - 1]
    by_hand = backtest(TargetWeights(frame.loc[begin:]), funds.since(begin), costs)
    assert walked.worth.index[0] == begin
    assert len(walked.trades) > 50
    pd.testing.assert_series_equal(walked.worth, by_hand.worth, rtol=1e-12)
    tested = excess_returns(walked).loc[walked.folds["test_from"].iloc[2] : walked.folds["test_to"].iloc[2]]
    assert walked.folds["tested"].iloc[2] == pytest.approx(tested.mean() / tested.std(), rel=1e-12)


def test_guards_work_in_the_account_that_follows(home, funds, costs):
    walk = {"costs": costs, "train": 504, "test": 252, "where": ordered}
    walked = walk_forward(MovingAverageCross, GRID, funds, **walk, guards=Guards(time_stop=15))
    held = (walked.positions != 0.0).to_numpy()
    assert held.any()
    longest = max(len(run) for column in held.T for run in "".join("01"[int(h)] for h in column).split("0"))
    assert longest == 15
    assert walked.trial.timing["guards"]["time_stop"] == 15


def test_one_combination_is_that_rule_with_all_its_history(home, funds, costs):
    walked = walk_forward(DualMomentum(), {"lookback": [252]}, funds, costs=costs, train=300, test=100)
    begin = walked.worth.index[0]
    weights = DualMomentum().weights(funds)
    frame = weights.frame.loc[begin:].copy()
    for fold in walked.folds.itertuples():
        turn = funds.sessions[funds.sessions.get_loc(fold.test_from) - 1]
        frame.loc[turn] = weights.standing(turn)
    by_hand = backtest(TargetWeights(frame), funds.since(begin), costs)
    assert walked.trades["session"].iloc[0] == funds.sessions[301]  # no new warm-up
    pd.testing.assert_series_equal(walked.worth, by_hand.worth, rtol=1e-12)


def test_the_rule_that_is_followed_is_causal_and_decides_past_the_end(walked, funds):
    report = check_causal(walked.subject.rule, walked.bars)
    assert report.rows_compared > 1_000
    last = walked.folds.iloc[-1]
    own = MovingAverageCross(last.fast, last.slow, funds.symbols).weights(funds)
    for session in funds.sessions[-30:]:  # the last of them trades after these bars
        pd.testing.assert_series_equal(walked.weights.at(session), own.at(session))


def test_combinations_times_folds_are_counted_and_the_account_as_one_more(walked, queued):
    searched, account = queued()
    found = searched["parameters"]["sweep"]
    assert (found["combinations"], found["count"], found["crashed"]) == (4, 4 * 7, 0)
    assert found["folds"] == {"train": 504, "test": 252, "anchored": False, "purge": 0}
    assert found["sharpe"]["variance"] == pytest.approx(walked.search["sharpe"].var())
    assert account["identity"] == walked.trial.identity
    turns = account["parameters"]["walk_forward"]["turns"]
    assert [turn[1] for turn in turns] == walked.folds[["fast", "slow"]].to_dict("records")
    assert account["parameters"]["walk_forward"]["searched"] == searched["identity"]


def test_the_same_walk_is_the_same_two_trials(walked, queued, funds, costs):
    again = walk_forward(MovingAverageCross, GRID, funds, costs=costs, where=ordered, train=504, test=252)
    assert again.content_hash == walked.content_hash
    assert len({row["identity"] for row in queued()}) == 2
    walk_forward(
        MovingAverageCross, GRID, funds, costs=costs, where=ordered, train=504, test=252, anchored=True
    )
    assert len({row["identity"] for row in queued()}) == 4


def test_every_path_of_cross_validation_is_made_of_the_choices_of_its_splits(home, funds, costs, queued):
    walked = walk_forward(
        MovingAverageCross,
        GRID,
        funds,
        costs=costs,
        where=ordered,
        train=504,
        test=252,
        cross_folds=6,
        purge=5,
        embargo=10,
    )
    assert walked.paths.shape == (len(funds) - 1, 5)
    assert walked.paths.notna().all(axis=None)
    assert walked.path_sharpes.iloc[0] == pytest.approx(walked.paths[0].mean() / walked.paths[0].std())
    known = np.column_stack([excess_returns(alone(funds, costs, row)) for row in walked.search.itertuples()])
    assert np.isclose(walked.paths.to_numpy()[:, :, None], known[:, None, :], atol=1e-15).any(axis=2).all()
    assert queued()[0]["parameters"]["sweep"]["count"] == 4 * (7 + 15)
    assert "5 paths" in views.walk_forward_view(walked)


def test_the_folds_are_shown(walked):
    markup = views.walk_forward_view(walked)
    assert "7 folds, 4 combinations" in markup
    assert f"{walked.folds['test_to'].iloc[-1]:%Y-%m-%d}" in markup
    assert repr(walked).startswith("WalkForward(7 folds, 4 combinations, 2016-01-0")


TRAPPED = {"set": True}


def trapped(bars, part):
    if part == 0.3 and TRAPPED["set"]:
        raise KeyboardInterrupt
    if part == 0.2 and not TRAPPED["set"]:
        raise RuntimeError("evaluated again")
    return bars.close * 0.0 + part / len(bars.symbols)


def test_an_interrupted_walk_counts_what_it_did_and_resumes(home, queued, funds, costs, monkeypatch, capsys):
    call = {"grid": {"part": [0.1, 0.2, 0.3]}, "bars": funds, "costs": costs, "train": 1_000, "test": 600}
    with pytest.raises(KeyboardInterrupt):
        walk_forward(trapped, **call)
    assert "Stopped after 2 of 3 combinations" in capsys.readouterr().err
    assert queued()[0]["parameters"]["sweep"]["count"] == 2 * 3
    monkeypatch.setitem(TRAPPED, "set", False)
    walked = walk_forward(trapped, **call)
    assert walked.search["outcome"].eq("finished").all()  # 0.2 was not evaluated again: it would have crashed
    assert not list(home.glob("sweeps/*"))
    partial, whole, _ = queued()
    assert whole["parameters"]["sweep"]["count"] == 3 * 3
    assert partial["parameters"]["sweep"]["sweep"] == whole["parameters"]["sweep"]["sweep"]


def test_a_combination_that_crashes_is_counted_and_never_chosen(home, queued, funds, costs):
    def fragile(bars, part):
        if part > 0.5:
            raise ValueError("too much")
        return bars.close * 0.0 + part / len(bars.symbols)

    walked = walk_forward(fragile, {"part": [0.9, 0.4]}, funds, costs=costs, train=1_000, test=600)
    assert walked.search["outcome"].tolist() == ["crashed", "finished"]
    assert set(walked.folds["part"]) == {0.4}
    assert queued()[0]["parameters"]["sweep"]["crashed"] == 3


def test_what_cannot_be_walked_is_refused_before_anything_runs(queued, funds, costs):
    with pytest.raises(SpecError, match="2500 rows to train"):
        walk_forward(MovingAverageCross, GRID, funds, costs=costs, train=2_500, test=10)
    with pytest.raises(SpecError, match="also a column of the results"):
        walk_forward(
            lambda bars, score: bars.close * score, {"score": [1]}, funds, costs=costs, train=9, test=9
        )
    with pytest.raises(SpecError, match="1 of 6 folds"):
        walk_forward(
            MovingAverageCross, GRID, funds, costs=costs, train=504, test=252, cross_folds=6, test_folds=1
        )
    assert queued() == []
    with pytest.raises(DataError, match="No trial has a score from 2014-01-03"):
        walk_forward(MovingAverageCross, GRID, funds, costs=costs, train=10, test=252)
