"""judge: the whole evidence, the count of trials, and one row on record."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from framework import CostModel, backtest, judge, load_bars, sweep, trials, walk_forward
from framework.desk.backtest import count, identified
from framework.desk.record import known_at
from framework.errors import DatabaseMissing, DataError, LooksAhead, SpecError
from framework.ledger.rows import RunRow
from framework.simulation.engine import simulate
from framework.statistics import (
    Gates,
    Tearsheet,
    Verdict,
    deflated_sharpe_ratio,
    effective_trials,
    expected_maximum_sharpe,
    probability_of_backtest_overfitting,
    superior_predictive_ability,
)
from framework.statistics.significance import moments
from framework.trading.guard import Guards, KillSwitch
from strategies.buy_and_hold import BuyAndHold
from strategies.dual_momentum import DualMomentum
from strategies.moving_average_cross import MovingAverageCross


@pytest.fixture
def record(home: Path, ledger, database_url: str, monkeypatch: pytest.MonkeyPatch):
    """The ledger, and an environment that names its database."""
    monkeypatch.setenv("OPENBOOK_DATABASE_URL", database_url)
    return ledger


@pytest.fixture(scope="session")
def market():
    return load_bars("SP500")


def gate(judgement, name):
    (found,) = (reason for reason in judgement.verdict.reasons if reason.gate == name)
    return found


def test_a_backtest_of_another_strategy_is_a_benchmark(record, funds, costs):
    rival = backtest(BuyAndHold(universe=funds.symbols), funds, costs)
    judgement = judge(backtest(DualMomentum(), funds, costs), benchmark=rival)
    assert gate(judgement, "beats_benchmark").limit == rival.worth.iloc[-1] / rival.worth.iloc[0] - 1.0
    row = record.latest_backtest("dual_momentum")
    assert (row.benchmark["name"], row.benchmark["source"]) == ("buy_and_hold", "simulated")
    assert list(row.benchmark["worth"]) == list(rival.worth)


def test_every_distinct_trial_of_the_strategy_counts_and_repetitions_do_not(record, funds, costs, market):
    for lookback in (63, 126, 126, 252):
        result = backtest(DualMomentum(lookback=lookback), funds, costs)
    with pytest.raises(ZeroDivisionError):
        backtest(lambda bars: len(bars) / 0, funds, costs)  # another strategy's
    judgement = judge(result, benchmark=market)
    assert judgement.verdict.trials == 3
    assert sorted(row["lookback"] for row in trials("dual_momentum")["parameters"]) == [63, 126, 252]


def test_the_sharpe_ratio_is_deflated_by_the_trials_that_were_made(record, funds, costs, market):
    results = [backtest(DualMomentum(lookback=lookback), funds, costs) for lookback in (63, 126, 252)]
    sharpes = pd.Series([result.returns.mean() / result.returns.std() for result in results])
    last = results[-1].returns
    expected = deflated_sharpe_ratio(
        sharpes.iloc[-1],
        trials=3,
        trials_variance=sharpes.var(),
        observations=len(last),
        skewness=last.skew() * (len(last) - 2) / (len(last) * (len(last) - 1)) ** 0.5,
        kurtosis=((last - last.mean()) ** 4).mean() / last.var(ddof=0) ** 2,
    )
    judged = gate(judge(results[-1], benchmark=market), "deflated_sharpe")
    assert judged.value == pytest.approx(expected, rel=1e-9)
    alone = deflated_sharpe_ratio(
        sharpes.iloc[-1], trials=1, trials_variance=0.0, observations=len(last), skewness=0.0, kurtosis=3.0
    )
    assert expected_maximum_sharpe(3, trials_variance=sharpes.var()) > 0.0
    assert judged.value < alone


def test_a_crashed_trial_counts_without_a_sharpe_ratio(record, funds, rule, costs, market):
    result = backtest(rule, funds, costs)
    with pytest.raises((TypeError, ValueError)):
        backtest(replace(rule, lookback=2.5), funds, costs)
    assert judge(result, benchmark=market).verdict.trials == 2
    assert list(trials("dual_momentum")["outcome"]) == ["finished", "crashed"]


def test_the_judgement_is_on_record_once_however_often_it_is_made(record, funds, rule, costs, market):
    result = backtest(rule, funds, costs)
    first = judge(result, benchmark=market)
    again = judge(backtest(rule, funds, costs), benchmark=market)
    assert first.recorded
    assert again.recorded
    assert record.counts()["backtest_results"] == 1
    assert record.counts()["snapshots"] == 1
    assert record.counts()["trials"] == 1
    judge(result, benchmark=market, gates=Gates(deflated_sharpe=0.5))
    assert record.counts()["backtest_results"] == 2


def test_the_row_on_record_is_enough_to_show_and_to_recompute(record, funds, rule, costs, market):
    result = backtest(rule, funds, costs)
    judgement = judge(result, benchmark=market)
    row = record.latest_backtest("dual_momentum")
    assert row.result_hash == result.content_hash
    assert row.snapshot_hash == funds.content_hash
    assert row.trial_identity == result.trial.identity
    assert row.worth_usd.to_numpy().tobytes() == result.worth.to_numpy().tobytes()
    assert Tearsheet.from_dict(row.tearsheet) == judgement.tearsheet
    assert Verdict.from_dict(row.verdict) == judgement.verdict
    assert row.benchmark["name"] == "SP500"
    assert row.benchmark["worth"].iloc[-1] == market.close.iloc[-1, 0]
    assert row.settings["claim"]["title"] == "Dual momentum: hold the strongest risky asset, or nothing."
    assert (row.settings["fill_at"], row.settings["size_at"], row.settings["capital"]) == (
        "close",
        "decision",
        1e5,
    )
    assert row.positions_last == {"USMV": result.positions["USMV"].iloc[-1]}
    assert row.weights_last == {"USMV": 1.0}
    assert (row.first_session, row.last_session) == (funds.sessions[0], funds.sessions[-1])
    assert row.known_at == datetime(2022, 12, 28, 21, tzinfo=UTC)
    assert row.caveat == funds.caveat
    assert row.run_id is None
    assert row.second_engine.startswith("vectorbt")
    assert row.second_engine_difference < 1e-9


def test_a_run_judges_under_its_id(record, funds, rule, costs, market, monkeypatch):
    record.start_attempt(
        RunRow(
            run_id="run-1",
            strategy="dual_momentum",
            job="dual_momentum",
            session=funds.sessions[-1],
            mode="research",
            as_of=datetime(2022, 12, 29, tzinfo=UTC),
            git_sha="0" * 40,
            git_dirty=False,
            image_tag=None,
            lock_hash="l",
            code_hash="c",
            parameters={},
        )
    )
    monkeypatch.setenv("OPENBOOK_RUN_ID", "run-1")
    judge(backtest(rule, funds, costs), benchmark=market)
    assert record.latest_backtest("dual_momentum").run_id == "run-1"


def test_the_net_return_is_that_of_a_simulation_at_twice_the_costs(record, funds, rule, costs, market):
    judged = gate(judge(backtest(rule, funds, costs), benchmark=market), "beats_benchmark")
    doubled = CostModel(commission_bps=2.0, half_spread_bps=4.0)
    worth = simulate(rule.weights(funds), funds, doubled).worth
    index = market.close["SP500"].loc[funds.sessions]
    assert judged.value == worth.iloc[-1] / worth.iloc[0] - 1.0
    assert judged.limit == pytest.approx(index.iloc[-1] / index.iloc[0] - 1.0, rel=1e-14)
    assert len(trials("dual_momentum")) == 1


def test_without_a_benchmark_that_gate_is_not_passed(record, funds, rule, costs):
    judged = gate(judge(backtest(rule, funds, costs)), "beats_benchmark")
    assert not judged.passed
    assert "no benchmark to beat" in judged.sentence


def test_a_series_is_a_benchmark_too(record, funds, rule, costs, market):
    prices = market.close["SP500"]
    by_bars, by_series = (judge(backtest(rule, funds, costs), benchmark=one) for one in (market, prices))
    assert by_series.tearsheet == by_bars.tearsheet
    assert by_series.benchmark.name == "SP500"


def test_a_benchmark_that_lacks_a_session_is_refused(record, funds, rule, costs, market):
    result = backtest(rule, funds, costs)
    with pytest.raises(DataError, match="no price at 2022-12-28"):
        judge(result, benchmark=market.until("2022-12-27"))
    with pytest.raises(SpecError, match="The benchmark has 5 symbols"):
        judge(result, benchmark=funds)
    assert record.latest_backtest("dual_momentum") is None


def test_a_rule_that_looks_ahead_is_refused_and_nothing_is_recorded_but_the_trial(
    record, funds, costs, market
):
    def knowing(bars):
        after_the_fill = bars.close.shift(-2) / bars.close.shift(-1)
        return (after_the_fill.rank(axis=1, ascending=False, method="first") == 1.0).astype(float)

    result = backtest(knowing, funds, costs)
    assert result.worth.iloc[-1] > 2.0 * result.worth.iloc[0]
    with pytest.raises(LooksAhead):
        judge(result, benchmark=market)
    assert record.latest_backtest("knowing") is None


def test_given_weights_cannot_be_proven_and_the_gate_says_so(record, funds, rule, costs, market):
    judged = gate(judge(backtest(rule.weights(funds), funds, costs), benchmark=market), "causality")
    assert not judged.passed
    assert "there is no rule to cut" in judged.sentence


def test_where_vectorbt_cannot_follow_the_plain_engine_does_and_it_is_said_why(record, market, costs):
    bars = load_bars("SPX", start="2006-01-03", end="2010-12-31")
    result = backtest(lambda bars: bars.close * 0.0 + 1.0, bars, costs, kill_switch=KillSwitch())
    assert result.killed_at is not None
    judgement = judge(result, benchmark=market)
    assert gate(judgement, "engines").passed
    assert judgement.second_engine.difference == 0.0  # to the last bit
    assert str(judgement.second_engine).startswith(
        "plain engine, at most 0.0e+00 of the capital apart (vectorbt"
    )
    assert "kill switch fired" in str(judgement.second_engine)
    row = record.latest_backtest("unnamed")
    assert (row.second_engine, row.second_engine_difference) == ("plain engine", 0.0)
    assert row.engine.startswith("compiled")


def test_with_stops_the_plain_engine_seconds_and_costs_are_multiplied_under_them(record, market, costs):
    bars = load_bars("SPX", start="2006-01-03", end="2010-12-31")
    result = backtest(lambda bars: bars.close * 0.0 + 1.0, bars, costs, guards=Guards(stop_loss=0.2))
    assert len(result.trades) == 2  # bought, stopped, and out for good: the wish never changed
    judgement = judge(result, benchmark=market)
    assert judgement.second_engine.name == "plain engine"
    assert judgement.second_engine.difference == 0.0
    assert "stops" in str(judgement.second_engine)
    doubled = simulate(result.weights, bars, costs.times(2.0), guards=result.guards).worth
    assert gate(judgement, "beats_benchmark").value == doubled.iloc[-1] / doubled.iloc[0] - 1.0
    assert record.latest_backtest("unnamed").settings["guards"]["stop_loss"] == 0.2


def test_a_sweep_counts_as_all_that_it_tried(record, funds, costs, market):
    table = sweep(DualMomentum(), {"lookback": [21, 63, 126, 252]}, funds, costs=costs)
    result = backtest(DualMomentum(lookback=int(table["lookback"][table["sharpe"].idxmax()])), funds, costs)
    judged = judge(result, benchmark=market)
    assert judged.verdict.trials == 5  # the backtest of the winner is a trial of its own
    sharpes = [*table["sharpe"], result.trial.sharpe]
    measured = moments(result.returns)
    assert gate(judged, "deflated_sharpe").value == pytest.approx(
        deflated_sharpe_ratio(
            measured.sharpe,
            trials=5,
            trials_variance=pd.Series(sharpes).var(),
            observations=measured.observations,
            skewness=measured.skewness,
            kurtosis=measured.kurtosis,
        ),
        rel=1e-9,
    )


def test_the_choice_is_held_against_the_returns_of_all_that_was_searched(record, funds, costs, market):
    grid = {"slow": [50, 100, 200], "fast": [5, 20]}  # the record keeps keys in another order
    table = sweep(MovingAverageCross, grid, funds, costs=costs)
    best = table.loc[table["sharpe"].idxmax()]
    result = backtest(MovingAverageCross(int(best["fast"]), int(best["slow"]), funds.symbols), funds, costs)
    record_off = {"capital": result.capital, "fill_at": "close"}
    returns = {
        row.Index: simulate(
            MovingAverageCross(row.fast, row.slow, funds.symbols).weights(funds), funds, costs, **record_off
        ).returns
        for row in table.itertuples()
    }
    searched = pd.DataFrame(returns)
    judged = judge(result, benchmark=market)
    assert judged.verdict.trials == 7
    assert gate(judged, "overfitting").value == probability_of_backtest_overfitting(searched)
    cash = pd.Series(0.0, index=searched.index)
    assert gate(judged, "snooping").value == superior_predictive_ability(searched, benchmark=cash)
    clusters = effective_trials(searched)
    assert gate(judged, "effective_trials").sentence.startswith(
        f"The 7 trials amount to {clusters.count} that differ; "
    )


def test_trials_of_other_code_or_other_bars_are_counted_and_not_known(record, funds, costs, market):
    result = backtest(DualMomentum(), funds, costs)
    backtest(DualMomentum(lookback=63), funds.since("2015-01-02"), costs)
    count(identified(replace(result.trial, code_hash="0" * 64)))
    count(
        identified(replace(result.trial, parameters={**result.trial.parameters, "lookback": 100}, sharpe=9.9))
    )
    judged = judge(result, benchmark=market)
    assert judged.verdict.trials == 4
    assert gate(judged, "overfitting").sentence == (
        "The returns of 1 of the 4 trials are known, and those of 50% are needed to say anything about the choice: "
        "1 on other bars, 1 that come out otherwise now, 1 with other code."
    )


def test_the_neighbours_of_the_parameters_are_looked_at_and_not_counted(record, funds, costs, market):
    judged = judge(backtest(DualMomentum(lookback=100), funds, costs), benchmark=market)
    around = [simulate(DualMomentum(lookback=n).weights(funds), funds, costs).returns for n in (80, 120)]
    own = judged.result.trial.sharpe
    middle = sum(each.mean() / each.std() for each in around) / 2.0
    assert gate(judged, "plateau").value == pytest.approx(middle / own, rel=1e-9)
    assert len(trials("dual_momentum")) == 1
    plain = judge(backtest(BuyAndHold(universe=funds.symbols), funds, costs), benchmark=market)
    assert "no number that could have been chosen" in gate(plain, "plateau").sentence
    function = judge(backtest(lambda bars: bars.close.notna() * 0.2, funds, costs), benchmark=market)
    assert "only a dataclass would name" in gate(function, "plateau").sentence


def test_a_walk_forward_is_judged_with_every_fold_and_combination_counted(record, funds, costs, market):
    walked = walk_forward(DualMomentum(), {"lookback": [63, 252]}, funds, costs=costs, train=504, test=252)
    judged = judge(walked, benchmark=market)
    assert judged.verdict.trials == 2 * 7 + 1
    assert 0.0 <= gate(judged, "overfitting").value <= 1.0  # of the two combinations
    assert gate(judged, "plateau").value is not None  # both choices, a fifth shorter and longer
    assert gate(judged, "causality").passed
    assert gate(judged, "sessions").value == len(walked.worth) - 1 == len(funds) - 1 - 504
    row = record.latest_backtest("dual_momentum")
    assert row.first_session == walked.worth.index[0]
    assert len(row.parameters["walk_forward"]["turns"]) == 7


def test_another_name_is_recorded_but_does_not_shake_off_trials(record, funds, costs, market):
    for lookback in (63, 252):
        result = backtest(DualMomentum(lookback=lookback), funds, costs)
    judgement = judge(result, benchmark=market, name="fresh_start")
    assert judgement.verdict.trials == 2
    assert record.latest_backtest("fresh_start").verdict["trials"] == 2


def test_nothing_is_recorded_when_recording_is_off(record, funds, rule, costs, market, monkeypatch):
    counted = backtest(replace(rule, lookback=63), funds, costs)
    judge(counted, benchmark=market)
    before = record.counts()
    monkeypatch.setenv("OPENBOOK_RECORD", "0")
    judgement = judge(backtest(rule, funds, costs), benchmark=market)
    assert not judgement.recorded
    assert judgement.verdict.trials == 2
    assert record.counts() == before


def test_without_a_database_nothing_is_lost(home, queued, funds, rule, costs, market):
    result = backtest(rule, funds, costs)
    with pytest.raises(DatabaseMissing):
        judge(result, benchmark=market)
    assert len(queued()) == 1


def test_only_what_backtest_returned_can_be_judged(record, funds, rule, costs):
    with pytest.raises(SpecError, match=r"Pass what framework\.backtest returned"):
        judge(simulate(rule.weights(funds), funds, costs))


def test_a_judgement_says_what_it_is_in_one_line(record, funds, rule, costs, market):
    said = repr(judge(backtest(rule, funds, costs), benchmark=market))
    assert said == (
        "Judgement(dual_momentum: rejected by deflated_sharpe, probabilistic_sharpe, track_record, "
        "beats_benchmark; 1 trial)"
    )


def test_a_result_on_a_day_without_a_session_is_known_at_its_end():
    assert known_at(pd.Timestamp("2022-11-25")) == datetime(2022, 11, 25, 18, tzinfo=UTC)  # a half day
    assert known_at(pd.Timestamp("2022-12-31")) == datetime(2023, 1, 1, tzinfo=UTC)  # a Saturday
    assert known_at(pd.Timestamp("1926-07-31")) == datetime(1926, 8, 1, tzinfo=UTC)  # before any calendar
