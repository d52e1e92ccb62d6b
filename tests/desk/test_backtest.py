"""backtest: one object, replayed and counted."""

from dataclasses import replace

import pytest

from framework import CostModel, TargetWeights, backtest
from framework.errors import BadWeights, DataError, SpecError, UnknownSymbol
from framework.simulation.engine import simulate
from framework.trading.guard import Guards, KillSwitch
from framework.trading.venue import Venue
from framework.trading.volatility import VolatilityTarget
from strategies.dual_momentum import DualMomentum
from strategies.moving_average_cross import MovingAverageCross


def test_the_result_is_the_plain_engines_to_the_last_bit(home, funds, rule, costs):
    result = backtest(rule, funds, costs)
    plain = simulate(rule.weights(funds), funds, costs)
    assert len(result.trades) > 20
    assert result.worth.equals(plain.worth)
    assert result.content_hash == plain.content_hash


def test_no_database_is_needed_and_the_trial_waits_in_the_queue(queued, funds, rule, costs):
    result = backtest(rule, funds, costs)
    (trial,) = queued()
    assert trial["identity"] == result.trial.identity
    assert (trial["strategy"], trial["outcome"], trial["error"]) == ("dual_momentum", "finished", None)
    assert trial["parameters"] == {"universe": list(funds.symbols), "lookback": 252}
    assert trial["bars_hash"] == funds.content_hash
    assert trial["timing"]["fill_at"] == "close"


def test_a_trial_keeps_the_moments_of_its_returns(queued, funds, rule, costs):
    returns = backtest(rule, funds, costs).returns
    (trial,) = queued()
    assert trial["observations"] == len(returns) == len(funds) - 1
    assert trial["sharpe"] == pytest.approx(returns.mean() / returns.std(), rel=1e-12)
    assert trial["kurtosis"] == pytest.approx(
        ((returns - returns.mean()) ** 4).mean() / returns.var(ddof=0) ** 2
    )


def test_the_same_trial_has_the_same_identity_whenever_it_runs(home, funds, costs):
    first = backtest(DualMomentum(), funds, costs).trial.identity
    assert backtest(DualMomentum(lookback=252), funds, costs).trial.identity == first
    whole_numbers = CostModel(commission_bps=1, half_spread_bps=2)
    assert backtest(DualMomentum(), funds, whole_numbers, capital=100_000).trial.identity == first


def test_whatever_could_change_the_result_changes_the_identity(home, funds, rule, costs):
    trials = [
        backtest(rule, funds, costs),
        backtest(replace(rule, lookback=251), funds, costs),
        backtest(rule, funds.until("2022-12-27"), costs),
        backtest(rule, funds, costs.times(2.0)),
        backtest(rule, funds, costs, capital=50_000.0),
        backtest(rule, funds, costs, whole_shares=True),
        backtest(rule, funds, costs, size_at="fill"),
        backtest(rule, funds, costs, kill_switch=KillSwitch()),
        backtest(rule, funds, costs, venue=Venue(band=0.01)),
        backtest(rule, funds, costs, guards=Guards(stop_loss=0.1)),
        backtest(rule, funds, costs, guards=Guards(volatility=VolatilityTarget(per_year=0.1))),
    ]
    assert len({result.trial.identity for result in trials}) == len(trials)


def test_rules_that_were_not_asked_for_are_not_part_of_a_trial(queued, funds, rule, costs):
    backtest(rule, funds, costs)
    (trial,) = queued()
    assert set(trial["timing"]) == {"capital", "fill_at", "kill_switch", "size_at", "whole_shares"}
    assert "impact" not in trial["costs"]


def test_rules_that_were_asked_for_are_on_the_trial_and_on_the_result(queued, funds, rule, costs):
    result = backtest(rule, funds, costs, venue=Venue(lot=10.0), guards=Guards(time_stop=20))
    (trial,) = queued()
    assert trial["timing"]["venue"] == {"lot": 10.0, "minimum_usd": 0.0, "band": 0.0}
    assert trial["timing"]["guards"]["time_stop"] == 20
    assert (result.positions % 10.0 == 0.0).all(axis=None)
    assert (result.positions != 0.0).any(axis=None)


def test_symbols_beyond_the_universe_change_nothing(home, funds, costs):
    narrow = DualMomentum(universe=("MTUM", "QUAL"))
    wide, exact = backtest(narrow, funds, costs), backtest(narrow, funds_of(funds, "MTUM", "QUAL"), costs)
    assert wide.trial.identity == exact.trial.identity
    assert wide.worth.equals(exact.worth)


def funds_of(bars, *symbols):
    return replace(bars, close=bars.close[list(symbols)])


def test_a_function_and_its_answer_come_to_the_same_account(home, funds, costs):
    def half(bars):
        return bars.close * 0.0 + 0.5 / len(bars.symbols)

    by_rule, by_weights = backtest(half, funds, costs), backtest(TargetWeights(half(funds)), funds, costs)
    assert len(by_rule.trades) > len(funds)
    assert by_rule.worth.equals(by_weights.worth)


SHARE = 0.1


def shared(bars):
    return bars.close * 0.0 + SHARE


def test_a_function_that_reads_a_variable_is_another_trial_once_that_changed(home, funds, costs, monkeypatch):
    first = backtest(shared, funds, costs).trial
    monkeypatch.setitem(globals(), "SHARE", 0.2)
    second = backtest(shared, funds, costs).trial
    assert first.code_hash == second.code_hash
    assert first.identity != second.identity


def test_a_crash_is_counted_as_a_crash_and_goes_on(queued, funds, costs):
    with pytest.raises(ZeroDivisionError):
        backtest(lambda bars: len(bars) / 0, funds, costs)
    with pytest.raises(BadWeights):
        backtest(lambda bars: bars.close, funds, costs)
    first, second = queued()
    assert (first["outcome"], first["error"]) == ("crashed", "ZeroDivisionError: division by zero")
    assert second["error"].startswith("BadWeights: Gross weight at 2014-01-02")
    assert first["sharpe"] is None


def test_what_did_not_run_is_no_trial(queued, funds, costs):
    with pytest.raises(DataError, match="dual_momentum decides for the first time after 253"):
        backtest(DualMomentum(), funds.until("2014-12-31"), costs)
    with pytest.raises(UnknownSymbol, match="Load it too"):
        backtest(MovingAverageCross(), funds, costs)
    with pytest.raises(SpecError, match="Make an instance"):
        backtest(DualMomentum, funds, costs)
    assert queued() == []


def test_nothing_is_counted_when_recording_is_off(queued, funds, rule, costs, monkeypatch):
    monkeypatch.setenv("OPENBOOK_RECORD", "0")
    assert len(backtest(rule, funds, costs).trades) > 20
    assert queued() == []


def test_a_flat_account_is_a_trial_without_a_sharpe_ratio(queued, funds, costs):
    backtest(lambda bars: bars.close * 0.0, funds, costs)
    (trial,) = queued()
    assert (trial["sharpe"], trial["kurtosis"], trial["observations"]) == (None, None, len(funds) - 1)


def test_a_result_says_what_it_is_in_one_line(home, funds, rule, costs):
    text = repr(backtest(rule, funds, costs))
    assert "\n" not in text
    assert "100,000.00 -> 172,462.05 USD, 51 trades" in text
