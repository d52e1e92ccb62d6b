"""sweep: each row is the backtest it stands for, all of them are one trial, and nothing done is lost."""

import json
from dataclasses import dataclass

import pandas as pd
import pytest

from framework import TargetWeights, backtest, sweep
from framework.desk import work
from framework.errors import DataError, LooksAhead, SpecError
from framework.trading.guard import Guards
from framework.trading.venue import Venue
from strategies.dual_momentum import DualMomentum
from strategies.moving_average_cross import MovingAverageCross

GRID = {"fast": [5, 20, 50], "slow": [20, 100]}


def ordered(fast, slow):
    return fast < slow


@pytest.fixture
def swept(home, funds, costs):
    return sweep(MovingAverageCross, GRID, funds, costs=costs, where=ordered)


def test_each_row_is_the_backtest_that_it_stands_for(swept, funds, costs):
    assert swept[["fast", "slow"]].to_numpy().tolist() == [[5, 20], [5, 100], [20, 100], [50, 100]]
    for row in swept.itertuples():
        alone = backtest(MovingAverageCross(row.fast, row.slow, funds.symbols), funds, costs)
        assert row.trades == len(alone.trades) > 10
        assert (row.sharpe, row.skewness, row.kurtosis) == (
            alone.trial.sharpe,
            alone.trial.skewness,
            alone.trial.kurtosis,
        )
        assert row.total_return == alone.worth.iloc[-1] / alone.capital - 1.0
        assert row.costs_usd == pytest.approx(alone.costs_paid.sum(), rel=1e-12)
    assert swept["outcome"].eq("finished").all()
    assert swept.attrs["complete"]


def test_rules_of_the_account_hold_for_each_combination_and_are_recorded_as_a_backtests(queued, funds, costs):
    rules = {"venue": Venue(band=0.02), "guards": Guards(stop_loss=0.1)}
    table = sweep(MovingAverageCross, GRID, funds, costs=costs, where=ordered, **rules)
    bare = sweep(MovingAverageCross, GRID, funds, costs=costs, where=ordered)
    assert table["outcome"].eq("finished").all()
    assert (table["trades"] != bare["trades"]).all()
    alone = backtest(MovingAverageCross(5, 20, funds.symbols), funds, costs, **rules)
    assert table["sharpe"].iloc[0] == alone.trial.sharpe
    swept, without, single = queued()
    assert swept["timing"] == single["timing"]
    assert set(swept["timing"]) - set(without["timing"]) == {"venue", "guards"}


def test_a_sweep_is_one_trial_with_count_distribution_and_best(swept, queued):
    (trial,) = queued()
    found = trial["parameters"]["sweep"]
    best = swept.loc[swept["sharpe"].idxmax()]
    assert trial["strategy"] == "moving_average_cross"
    assert trial["identity"] == swept.attrs["trial"]
    assert (found["count"], found["crashed"]) == (4, 0)
    assert found["grid"] == {"fast": [5, 20, 50], "slow": [20, 100]}
    assert found["best"] == {"fast": best["fast"], "slow": best["slow"]}
    assert trial["sharpe"] == best["sharpe"]
    assert found["sharpe"]["variance"] == pytest.approx(swept["sharpe"].var())
    assert found["sharpe"]["quantiles"]["0.5"] == swept["sharpe"].median()


def test_the_same_sweep_is_the_same_trial_and_another_grid_another(swept, funds, costs):
    again = sweep(MovingAverageCross, GRID, funds, costs=costs, where=ordered)
    pd.testing.assert_frame_equal(again, swept)
    assert again.attrs == swept.attrs
    wider = sweep(MovingAverageCross, {**GRID, "slow": [20, 100, 150]}, funds, costs=costs, where=ordered)
    assert wider.attrs["trial"] != swept.attrs["trial"]


def test_the_best_come_first_where_only_those_are_asked_for(swept, funds, costs):
    top = sweep(MovingAverageCross, GRID, funds, costs=costs, where=ordered, top=2)
    assert top["sharpe"].tolist() == sorted(swept["sharpe"], reverse=True)[:2]
    assert top.attrs["trial"] == swept.attrs["trial"]


def test_a_strategy_is_swept_over_its_own_universe(home, funds, costs):
    rule = DualMomentum(universe=("MTUM", "QUAL"))
    (row,) = sweep(rule, {"lookback": [126]}, funds, costs=costs).itertuples()
    alone = backtest(DualMomentum(universe=("MTUM", "QUAL"), lookback=126), funds, costs)
    assert row.sharpe == alone.trial.sharpe


def share(bars, part):
    return bars.close * 0.0 + part / len(bars.symbols)


def test_a_function_of_bars_and_parameters_can_be_swept(queued, funds, costs):
    table = sweep(share, {"part": [0.5, 1.0]}, funds, costs=costs)
    assert table["traded_usd"].is_monotonic_increasing
    alone = backtest(lambda bars: share(bars, 0.5), funds, costs)
    assert table["sharpe"].iloc[0] == alone.trial.sharpe
    assert "figures_hash" in queued()[0]["parameters"]["sweep"]


@dataclass(frozen=True)
class Fragile:
    """Fails in one setting, and cannot be made in another."""

    part: float
    universe: tuple[str, ...] = ()
    warmup: int = 0

    def __post_init__(self):
        if self.part < 0.0:
            raise ValueError("below zero")

    def weights(self, bars):
        return TargetWeights(bars.close * 0.0 + self.part)


def test_a_crash_is_a_row_that_says_why_and_counts(queued, funds, costs):
    table = sweep(Fragile, {"part": [-1.0, 0.1, 9.0, 0.2]}, funds, costs=costs)
    assert table["outcome"].tolist() == ["crashed", "finished", "crashed", "finished"]
    assert table["error"].iloc[0] == "ValueError: below zero"
    assert table["error"].iloc[2].startswith("BadWeights: Gross weight at 2014-01-02")
    assert table["sharpe"].isna().tolist() == [True, False, True, False]
    (trial,) = queued()
    assert trial["outcome"] == "finished"
    assert (trial["parameters"]["sweep"]["count"], trial["parameters"]["sweep"]["crashed"]) == (4, 2)


def test_a_sweep_in_which_all_crash_is_a_crash(queued, funds, costs):
    sweep(Fragile, {"part": [9.0, 8.0]}, funds, costs=costs)
    (trial,) = queued()
    assert (trial["outcome"], trial["sharpe"]) == ("crashed", None)
    assert trial["error"].startswith("BadWeights")


@dataclass(frozen=True)
class Interrupted:
    """Stops the sweep in one setting, as Ctrl-C would, until the file that says so is gone."""

    part: float
    universe: tuple[str, ...] = ()
    trap: str = ""
    warmup: int = 0

    def weights(self, bars):
        from pathlib import Path

        if self.part == 0.3 and Path(self.trap).exists():
            raise KeyboardInterrupt
        if not Path(self.trap).exists() and self.part == 0.2:
            raise RuntimeError("evaluated again")
        return TargetWeights(bars.close * 0.0 + self.part / len(bars.symbols))


def test_an_interrupted_sweep_returns_what_is_done_and_resumes(queued, home, funds, costs, capsys):
    trap = home / "trap"
    trap.write_text("")
    grid = {"part": [0.1, 0.2, 0.3, 0.4], "trap": [str(trap)]}
    partial = sweep(Interrupted, grid, funds, costs=costs)
    assert partial["part"].tolist() == [0.1, 0.2]
    assert not partial.attrs["complete"]
    assert "Stopped after 2 of 4 combinations" in capsys.readouterr().err
    trap.unlink()
    whole = sweep(Interrupted, grid, funds, costs=costs)
    assert whole["part"].tolist() == [0.1, 0.2, 0.3, 0.4]
    assert whole["outcome"].eq("finished").all()  # 0.2 was not evaluated again: it would have crashed
    pd.testing.assert_frame_equal(whole.head(2), partial)
    assert not list(home.glob("sweeps/*"))
    first, second = queued()
    assert (first["parameters"]["sweep"]["count"], second["parameters"]["sweep"]["count"]) == (2, 4)
    assert first["parameters"]["sweep"]["sweep"] == second["identity"] != first["identity"]


PARTS = {"a": 0.2, "b": 0.3, "c": KeyboardInterrupt}


def named_part(bars, name):
    if PARTS[name] is KeyboardInterrupt:
        raise KeyboardInterrupt
    return bars.close * 0.0 + PARTS[name] / len(bars.symbols)


def test_what_was_kept_is_not_resumed_once_the_rule_answers_otherwise(home, funds, costs, monkeypatch):
    first = sweep(named_part, {"name": ["a", "b", "c"]}, funds, costs=costs)
    assert first["name"].tolist() == ["a", "b"]
    for name in PARTS:
        monkeypatch.setitem(PARTS, name, 0.4)
    second = sweep(named_part, {"name": ["a", "b", "c"]}, funds, costs=costs)
    assert second["name"].tolist() == ["a", "b", "c"]
    assert set(second["traded_usd"]) == {second["traded_usd"].iloc[0]}


def test_a_random_search_draws_from_the_grid(home, funds, costs):
    table = sweep(share, {"part": [i / 100 for i in range(1, 100)]}, funds, costs=costs, samples=5, seed=3)
    assert len(table) == 5
    assert table["part"].is_monotonic_increasing


def test_what_cannot_run_is_refused_before_anything_runs(queued, funds, costs):
    with pytest.raises(SpecError, match="Did you mean 'fast'"):
        sweep(MovingAverageCross, {"fasst": [5]}, funds, costs=costs)
    with pytest.raises(SpecError, match="None of the grid's 1 combinations"):
        sweep(MovingAverageCross, {"fast": [5], "slow": [3]}, costs=costs, bars=funds, where=ordered)
    with pytest.raises(DataError, match="decides for the first time after 9000"):
        sweep(MovingAverageCross, {"fast": [5], "slow": [20, 9_000]}, funds, costs=costs)
    with pytest.raises(SpecError, match="limit given"):
        sweep(MovingAverageCross, GRID, funds, costs=costs, memory="100KiB")
    with pytest.raises(SpecError, match="also a column of the results"):
        sweep(lambda bars, trades: bars.close * trades, {"trades": [1]}, funds, costs=costs)
    for accounts in ("together", "each", "columns"):
        with pytest.raises(SpecError, match="no open"):
            sweep(MovingAverageCross, GRID, funds, costs=costs, fill_at="open", accounts=accounts)
    with pytest.raises(SpecError, match="cannot be swept"):
        sweep("moving_average_cross", {"fast": [1]}, funds, costs=costs)
    assert queued() == []


def test_an_account_for_each_symbol_is_the_backtest_of_that_symbol(queued, funds, costs):
    table = sweep(MovingAverageCross, GRID, funds, costs=costs, where=ordered, accounts="each")
    assert table.columns[:3].tolist() == ["fast", "slow", "symbol"]
    assert table["symbol"].tolist() == list(funds.symbols) * 4
    assert table.attrs["path"] == "banks"
    for row in table.iloc[[0, 7, 19]].itertuples():
        alone = backtest(MovingAverageCross(row.fast, row.slow, (row.symbol,)), funds, costs)
        assert row.trades == len(alone.trades) > 5
        assert row.sharpe == pytest.approx(alone.trial.sharpe, rel=1e-9)
        assert row.total_return == pytest.approx(alone.worth.iloc[-1] / alone.capital - 1.0, rel=1e-9)
        assert row.costs_usd == pytest.approx(alone.costs_paid.sum(), rel=1e-9)
    (trial,) = [one for one in queued() if "sweep" in one["parameters"]]
    found = trial["parameters"]["sweep"]
    assert (found["count"], found["accounts"], found["sharpe"]["count"]) == (4, "each", 20)
    best = table.loc[table["sharpe"].idxmax()]
    assert found["best"] == {"fast": best["fast"], "slow": best["slow"], "symbol": best["symbol"]}


@dataclass(frozen=True)
class ByItself(MovingAverageCross):
    """The same rule with weights of its own, which no bank can stand for."""

    def weights(self, bars):
        return super().weights(bars)


@pytest.mark.parametrize("asked", [{"size_at": "fill"}, {"size_at": "decision"}, {"whole_shares": True}])
def test_the_path_that_is_taken_changes_no_figure(home, funds, costs, asked):
    asked = {"costs": costs, "where": ordered, "accounts": "each", **asked}
    declared, own = (sweep(rule, GRID, funds, **asked) for rule in (MovingAverageCross, ByItself))
    assert own.attrs["path"] == "any rule"
    assert declared.attrs["path"] == ("any rule: whole_shares is set" if "whole_shares" in asked else "banks")
    pd.testing.assert_series_equal(declared["trades"], own["trades"])
    pd.testing.assert_frame_equal(declared, own, rtol=1e-9, atol=1e-12)


def sides(bars, fast, slow):
    averages = (bars.close.rolling(window).mean() for window in (fast, slow))
    above = next(averages) > next(averages) * (1.0 + 1e-11)
    return above.astype(float).where(above != above.shift())


def test_a_column_of_a_functions_answer_is_an_account(home, funds, costs):
    columns = sweep(sides, GRID, funds, costs=costs, where=ordered, accounts="columns")
    each = sweep(MovingAverageCross, GRID, funds, costs=costs, where=ordered, accounts="each")
    assert columns.attrs["path"] == "any rule"
    pd.testing.assert_frame_equal(columns, each, rtol=1e-9, atol=1e-12)


def ahead(bars, shift):
    later = bars.close.shift(-shift)
    return (later > bars.close).astype(float).where(later.notna(), 0.0)


def test_a_rule_that_looks_ahead_is_refused_and_counts_nothing(queued, funds, costs):
    for accounts in ("each", "columns"):
        with pytest.raises(LooksAhead):
            sweep(ahead, {"shift": [1, 2]}, funds, costs=costs, accounts=accounts)
    assert queued() == []


def test_a_declared_combination_that_cannot_be_made_is_a_crash(queued, funds, costs):
    table = sweep(MovingAverageCross, {"fast": [0, 5], "slow": [20]}, funds, costs=costs, accounts="each")
    assert table["outcome"].tolist() == ["crashed"] * 5 + ["finished"] * 5
    assert table["error"].iloc[0].startswith("SpecError: The window is 0")
    assert queued()[0]["parameters"]["sweep"]["crashed"] == 1


def test_an_interrupted_sweep_on_banks_keeps_its_chunks_and_resumes(home, funds, costs, monkeypatch):
    asked = {"costs": costs, "where": ordered, "accounts": "each"}
    whole = sweep(MovingAverageCross, GRID, funds, **asked)
    evaluated, calls = work.Work.evaluated, []

    def twice(self, chunk):
        calls.append(len(chunk))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return evaluated(self, chunk)

    monkeypatch.setattr(work, "CHUNK", 1)
    monkeypatch.setattr(work.Work, "evaluated", twice)
    partial = sweep(MovingAverageCross, GRID, funds, **asked)
    assert (len(partial), partial.attrs["complete"]) == (10, False)
    resumed = sweep(MovingAverageCross, GRID, funds, **asked)
    pd.testing.assert_frame_equal(resumed, whole)
    assert calls == [1, 1, 1, 1, 1, 1]  # two, the interruption; the first once more, and the other two


def test_nothing_is_counted_when_recording_is_off(queued, funds, costs, monkeypatch):
    monkeypatch.setenv("OPENBOOK_RECORD", "0")
    assert len(sweep(MovingAverageCross, GRID, funds, costs=costs, where=ordered)) == 4
    assert queued() == []


def test_the_trial_is_plain_json(swept, queued):
    assert json.loads(json.dumps(queued()[0])) == queued()[0]
