"""Planted leaks, each of which must be caught, and honest rules, which must not be.

Five seeded truncations find nearly all of them alone. Four need the invented futures: `survivors` on bars where all
survive, `never_crashes`, `best_symbols_in_hindsight` where five cuts happen to agree, and any leak of a
single bit in a single symbol. One needs the truncations: `last_session_of_the_month`, which decides
on the last row there is.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.errors import DataError, LooksAhead, StrategyError
from framework.strategy.causality import check_causal
from framework.strategy.weights import TargetWeights

SHARE = 1.0 / 6.0
Signal = Callable[[Bars], pd.DataFrame]


@dataclass(frozen=True)
class Planted:
    """An equal share in each symbol whose signal is true; `signal` may leak."""

    signal: Signal
    universe: tuple[str, ...] = ()
    warmup: int = 30

    def weights(self, bars: Bars) -> TargetWeights:
        signal = self.signal(bars)
        wanted = signal.astype("f8") * SHARE
        listed = bars.close.notna() & (np.arange(len(bars)) >= self.warmup - 1)[:, None]
        return TargetWeights(wanted.where(listed | wanted.isna(), 0.0))


def returns(bars: Bars) -> pd.DataFrame:
    return bars.close.pct_change(fill_method=None)


def month_of(bars: Bars) -> pd.Series:
    return pd.Series(bars.sessions.to_period("M"), index=bars.sessions)


def only_on(rows: pd.Series, signal: pd.DataFrame) -> pd.DataFrame:
    """The signal in the rows that are true, hold in the others."""
    return signal.astype("f8")[rows.to_numpy()].reindex(signal.index)


# --- leaks -----------------------------------------------------------------------------------------------------


def tomorrows_price(bars: Bars) -> pd.DataFrame:
    return bars.close.shift(-1) > bars.close


def tomorrows_price_or_todays(bars: Bars) -> pd.DataFrame:
    return bars.close.shift(-1).fillna(bars.close) > bars.close


def tomorrows_feature(bars: Bars) -> pd.DataFrame:
    return bars.features["mood"].shift(-1) > 0.0


def negative_shift_of_a_slow_signal(bars: Bars) -> pd.DataFrame:
    return (bars.close > bars.close.rolling(20).mean()).shift(-5, fill_value=False)


def difference_to_the_next_row(bars: Bars) -> pd.DataFrame:
    return bars.close.diff(-1) < 0.0


def full_sample_mean(bars: Bars) -> pd.DataFrame:
    return bars.close > bars.close.mean()


def full_sample_z_score(bars: Bars) -> pd.DataFrame:
    return (returns(bars) - returns(bars).mean()) / returns(bars).std() < -0.5


def full_sample_quantile(bars: Bars) -> pd.DataFrame:
    return bars.close < bars.close.quantile(0.3)


def min_max_scaling(bars: Bars) -> pd.DataFrame:
    low, high = bars.close.min(), bars.close.max()
    return (bars.close - low) / (high - low) < 0.5


def full_sample_covariance(bars: Bars) -> pd.DataFrame:
    spread = pd.Series(np.diag(returns(bars).cov()) ** -0.5, index=bars.close.columns).fillna(0.0)
    return pd.DataFrame(1.0, bars.sessions, bars.close.columns) * (spread / spread.sum())


def trend_fitted_on_the_whole_sample(bars: Bars) -> pd.DataFrame:
    time = np.arange(len(bars))
    fits = {}
    for symbol, column in bars.close.items():
        known = column.notna().to_numpy()
        fits[symbol] = (
            np.polyval(np.polyfit(time[known], column[known], 1), time) if known.sum() > 2 else np.nan
        )
    return bars.close < pd.DataFrame(fits, index=bars.sessions)


def centred_window(bars: Bars) -> pd.DataFrame:
    return bars.close > bars.close.rolling(21, center=True, min_periods=1).mean()


def reversed_rolling(bars: Bars) -> pd.DataFrame:
    return bars.close < bars.close[::-1].rolling(10, min_periods=1).mean()[::-1]


def smoothed_in_both_directions(bars: Bars) -> pd.DataFrame:
    return bars.close < bars.close.ewm(span=10).mean()[::-1].ewm(span=10).mean()[::-1]


def back_fill(bars: Bars) -> pd.DataFrame:
    weekly = (bars.close > bars.close.shift(5)).iloc[::5].astype("f8")
    return weekly.reindex(bars.sessions).bfill().fillna(0.0)


def interpolation(bars: Bars) -> pd.DataFrame:
    return bars.close.iloc[::10].reindex(bars.sessions).interpolate() > bars.close


def month_end_stamped_on_its_beginning(bars: Bars) -> pd.DataFrame:
    return bars.close.resample("MS").last().reindex(bars.sessions, method="ffill") > bars.close


def month_end_filled_backward(bars: Bars) -> pd.DataFrame:
    return bars.close.resample("ME").last().reindex(bars.sessions, method="bfill") > bars.close


def rank_down_the_wrong_axis(bars: Bars) -> pd.DataFrame:
    return bars.close.rank(axis=0, pct=True) > 0.5


def join_off_by_one(bars: Bars) -> pd.DataFrame:
    moved = returns(bars).iloc[1:].set_axis(bars.sessions[:-1])
    return moved.reindex(bars.sessions) > 0.0


def tomorrows_price_once_a_month(bars: Bars) -> pd.DataFrame:
    month = month_of(bars)
    return only_on(month != month.shift(), tomorrows_price_or_todays(bars))


def last_session_of_the_month(bars: Bars) -> pd.DataFrame:
    """Its price is honest, its date is not: the next row tells that the month is over."""
    month = month_of(bars)
    return only_on(month != month.shift(-1), bars.close > bars.close.shift(21))


def last_session_of_the_month_if_another_follows(bars: Bars) -> pd.DataFrame:
    month = month_of(bars)
    return only_on((month != month.shift(-1)) & month.shift(-1).notna(), bars.close > bars.close.shift(21))


def best_symbols_in_hindsight(bars: Bars) -> pd.DataFrame:
    gain = bars.close.ffill().iloc[-1] / bars.close.bfill().iloc[0]
    return bars.close.notna() & (gain.rank() > 3.0)


def out_at_the_highest_close_of_all(bars: Bars) -> pd.DataFrame:
    return bars.close < bars.close.max()


def scaled_by_the_last_price(bars: Bars) -> pd.DataFrame:
    return bars.close / bars.close.ffill().iloc[-1] < 1.0


def out_before_the_end_of_the_sample(bars: Bars) -> pd.DataFrame:
    rows = (np.arange(len(bars)) < len(bars) - 3)[:, None]
    return bars.close.notna() & rows


def survivors(bars: Bars) -> pd.DataFrame:
    return bars.close.notna() & bars.close.iloc[-1].notna()


def never_crashes(bars: Bars) -> pd.DataFrame:
    """Owns what will not lose a third of its value within 21 sessions, which is rare in history."""
    lowest = bars.close[::-1].rolling(21, min_periods=1).min()[::-1]
    return lowest > bars.close * 0.67


LEAKS = [
    tomorrows_price,
    tomorrows_price_or_todays,
    tomorrows_feature,
    negative_shift_of_a_slow_signal,
    difference_to_the_next_row,
    full_sample_mean,
    full_sample_z_score,
    full_sample_quantile,
    min_max_scaling,
    full_sample_covariance,
    trend_fitted_on_the_whole_sample,
    centred_window,
    reversed_rolling,
    smoothed_in_both_directions,
    back_fill,
    interpolation,
    month_end_stamped_on_its_beginning,
    month_end_filled_backward,
    rank_down_the_wrong_axis,
    join_off_by_one,
    tomorrows_price_once_a_month,
    last_session_of_the_month,
    last_session_of_the_month_if_another_follows,
    best_symbols_in_hindsight,
    out_at_the_highest_close_of_all,
    scaled_by_the_last_price,
    out_before_the_end_of_the_sample,
    survivors,
    never_crashes,
]


@pytest.mark.parametrize("leak", LEAKS, ids=lambda leak: leak.__name__)
@pytest.mark.parametrize("kind", ["plain_bars", "late_bars"])
def test_a_planted_leak_is_caught_whatever_the_seed(leak, kind, request):
    bars = request.getfixturevalue(kind)
    for seed in range(4):
        with pytest.raises(LooksAhead, match="once later bars exist"):
            check_causal(Planted(leak), bars, seed=seed)


def test_a_leak_of_one_bit_in_one_symbol_is_caught_whatever_the_seed(plain_bars):
    alone = Bars(plain_bars.close[["A"]])
    for seed in range(20):
        with pytest.raises(LooksAhead):
            check_causal(Planted(tomorrows_price_or_todays), alone, seed=seed)


@pytest.mark.parametrize("leak", [survivors, never_crashes], ids=lambda leak: leak.__name__)
def test_no_truncation_at_all_could_have_found_a_leak_that_agrees_with_history(leak, plain_bars):
    rule = Planted(leak)
    wanted = rule.weights(plain_bars).frame
    assert wanted.abs().sum(axis=None) > 0.0
    for session in plain_bars.sessions[::25]:
        cut = rule.weights(plain_bars.until(session)).frame
        pd.testing.assert_frame_equal(cut, wanted.loc[:session], check_freq=False)
    with pytest.raises(LooksAhead):
        check_causal(rule, plain_bars)


# --- honest rules ----------------------------------------------------------------------------------------------


def above_its_mean(bars: Bars) -> pd.DataFrame:
    return bars.close > bars.close.rolling(20).mean()


def above_its_expanding_mean(bars: Bars) -> pd.DataFrame:
    return bars.close > bars.close.expanding().mean()


def low_expanding_z_score(bars: Bars) -> pd.DataFrame:
    return (returns(bars) - returns(bars).expanding().mean()) / returns(bars).expanding().std() < -0.5


def at_its_highest_so_far(bars: Bars) -> pd.DataFrame:
    return bars.close == bars.close.cummax()


def exponentially_smoothed(bars: Bars) -> pd.DataFrame:
    return bars.close > bars.close.ewm(span=15).mean()


def best_of_the_session(bars: Bars) -> pd.DataFrame:
    return (bars.close / bars.close.shift(10)).rank(axis=1) > 3.0


def yesterdays_feature(bars: Bars) -> pd.DataFrame:
    return bars.features["mood"].shift(1) > 0.0


def first_session_of_the_month(bars: Bars) -> pd.DataFrame:
    month = month_of(bars)
    return only_on(month != month.shift(), above_its_mean(bars))


def on_a_change_only(bars: Bars) -> pd.DataFrame:
    above = above_its_mean(bars)
    return only_on((above != above.shift()).any(axis=1), above)


HONEST = [
    above_its_mean,
    above_its_expanding_mean,
    low_expanding_z_score,
    at_its_highest_so_far,
    exponentially_smoothed,
    best_of_the_session,
    yesterdays_feature,
    first_session_of_the_month,
    on_a_change_only,
]


@pytest.mark.parametrize("honest", HONEST, ids=lambda honest: honest.__name__)
@pytest.mark.parametrize("kind", ["plain_bars", "late_bars"])
def test_an_honest_rule_passes_at_many_cuts(honest, kind, request):
    bars = request.getfixturevalue(kind)
    assert Planted(honest).weights(bars).frame.abs().sum(axis=None) > 1.0
    report = check_causal(Planted(honest), bars, cuts=40)
    assert len(report.cuts) >= 41
    assert report.rows_compared > 40 * Planted(honest).warmup


# --- the proof itself ------------------------------------------------------------------------------------------


def test_the_error_names_symbol_session_and_both_opinions(plain_bars):
    with pytest.raises(LooksAhead) as caught:
        check_causal(Planted(tomorrows_price), plain_bars)
    assert re.fullmatch(
        r"planted wanted 0\.0000 of [A-F] at the close of 20\d\d-\d\d-\d\d, but wants 0\.1667 for that same close"
        r" once later bars exist\. Look for a centred window, a back-fill, or a statistic taken over the whole"
        r" sample\.",
        str(caught.value),
    )


def test_a_hold_that_becomes_a_decision_is_named_as_such(plain_bars):
    with pytest.raises(LooksAhead, match="but wants to hold for that same close"):
        check_causal(Planted(last_session_of_the_month), plain_bars)


def test_half_the_cuts_are_decisions_and_half_are_holds(plain_bars):
    rule = Planted(first_session_of_the_month)
    report = check_causal(rule, plain_bars, cuts=10)
    decided = rule.weights(plain_bars).frame.notna().all(axis=1)
    seeded = report.cuts[:-1]
    assert decided[list(seeded)].sum() in {5, 6}  # the last decision is looked at too
    assert report.cuts[-1] == plain_bars.sessions[-1]
    assert min(report.cuts) >= plain_bars.sessions[rule.warmup - 1]


def test_a_rule_without_a_warm_up_is_cut_from_its_first_row_on(plain_bars):
    short = plain_bars.until(plain_bars.sessions[4])
    report = check_causal(Planted(at_its_highest_so_far, warmup=0), short, cuts=4)
    assert report.cuts == tuple(short.sessions)


def test_the_same_seed_proves_the_same_thing_and_another_one_another(plain_bars):
    first, again, other = (check_causal(Planted(above_its_mean), plain_bars, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.cuts != other.cuts


def test_a_rule_that_relabels_its_bars_cannot_reach_the_callers(plain_bars):
    @dataclass(frozen=True)
    class Vandal:
        universe: tuple[str, ...] = ()
        warmup: int = 1

        def weights(self, bars: Bars) -> TargetWeights:
            answer = TargetWeights(bars.close.notna() * SHARE)
            bars.close.columns = [name.lower() for name in bars.symbols]
            return answer

    check_causal(Vandal(), plain_bars)
    assert plain_bars.symbols == ("A", "B", "C", "D", "E", "F")


def test_a_rule_that_fails_on_a_shorter_past_is_told_where(plain_bars):
    def needs_all(bars: Bars) -> pd.DataFrame:
        if len(bars) < 500:
            raise DataError("Too short.", "500 rows are needed.", "Give more.")
        return bars.close.notna()

    with pytest.raises(StrategyError, match=r"planted fails on bars that end at 20\d\d-.*Too short"):
        check_causal(Planted(needs_all), plain_bars)


def test_too_few_sessions_prove_nothing(plain_bars):
    with pytest.raises(DataError, match="31 sessions are too few to prove planted causal"):
        check_causal(Planted(above_its_mean), plain_bars.until(plain_bars.sessions[30]))
