"""Invented futures leave the past alone, and matter to whoever sees them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.strategy.invented import SESSIONS, fall, rise

FUTURES = pytest.mark.parametrize("future", [rise, fall], ids=["rise", "fall"])


@FUTURES
def test_the_past_is_what_it_was(future, late_bars):
    told = future(late_bars)
    assert len(told) == len(late_bars) + SESSIONS
    assert told.until(late_bars.sessions[-1]).content_hash == late_bars.content_hash


@FUTURES
def test_every_price_moves_every_session_one_way(future, plain_bars):
    ahead = future(plain_bars).close.iloc[len(plain_bars) - 1 :]
    moves = np.diff(np.log(ahead.to_numpy()), axis=0)
    moves = moves[~np.isnan(moves)]
    assert (np.sign(moves) == (1.0 if future is rise else -1.0)).all()
    assert np.abs(moves).max() <= 0.1 + 1e-12


def test_leaders_become_laggards(plain_bars):
    past = plain_bars.close.iloc[-1] / plain_bars.close.iloc[0]
    ahead = rise(plain_bars).close.iloc[-1] / plain_bars.close.iloc[-1]
    assert ahead.idxmax() == past.idxmin()
    assert ahead.idxmin() == past.idxmax()


def test_in_a_rise_what_was_not_listed_lists_and_the_dead_stay_dead(late_bars):
    early = late_bars.until(late_bars.sessions[200])  # F is not listed yet
    told = rise(early).close.iloc[len(early) :]
    assert told["F"].notna().any()
    assert rise(late_bars).close["A"].iloc[len(late_bars) :].isna().all()


def test_in_a_fall_one_symbol_is_delisted(plain_bars):
    assert fall(plain_bars).close.iloc[-1].isna().sum() == 1
    alone = fall(Bars(plain_bars.close[["A"]]))
    assert alone.close.notna().all(axis=None)


@FUTURES
def test_all_fields_and_features_go_on(future, plain_bars):
    close = plain_bars.close
    full = Bars(
        close,
        open=close,
        high=close * 1.01,
        low=close * 0.99,
        volume=close,
        dividend=close * 0.0,
        split=close * 0.0 + 1.0,
        features={"mood": close},
    )
    told = future(full)
    assert len(told.features["mood"]) == len(told)
    assert (told.high >= told.low).where(told.close.notna(), other=True).all(axis=None)
    for field in (told.volume, told.dividend, told.split):
        assert field.notna().equals(told.close.notna())
    assert told.until(plain_bars.sessions[-1]).content_hash == full.content_hash


@FUTURES
def test_every_symbol_splits_once_and_pays_once_where_bars_say_so(future, late_bars):
    silent = replace(late_bars, dividend=late_bars.close * 0.0, split=late_bars.close * 0.0 + 1.0)
    told = future(silent)
    alive = told.close.iloc[-1].notna()
    ahead = {name: getattr(told, name).iloc[len(silent) :].loc[:, alive] for name in ("dividend", "split")}
    assert alive.sum() > 2
    assert ((ahead["dividend"] > 0.0).sum() == 1).all()
    assert ((ahead["split"] != 1.0).sum() == 1).all()
    assert future(late_bars).dividend is None


@FUTURES
def test_a_seed_repeats_and_another_differs(future, plain_bars):
    assert future(plain_bars, seed=3).content_hash == future(plain_bars, seed=3).content_hash
    assert future(plain_bars, seed=3).content_hash != future(plain_bars, seed=4).content_hash


@FUTURES
def test_one_session_is_past_enough(future, plain_bars):
    assert len(future(plain_bars.until(plain_bars.sessions[0]))) == 1 + SESSIONS


def test_sessions_go_on_at_their_own_step():
    def told(index: pd.DatetimeIndex) -> pd.DatetimeIndex:
        return rise(Bars(pd.DataFrame({"A": np.arange(1.0, len(index) + 1)}, index=index))).sessions

    weekdays = told(pd.bdate_range("2024-01-01", periods=30))
    assert (weekdays.day_of_week < 5).all()
    minutes = told(pd.date_range("2024-01-01 09:30", periods=30, freq="min"))
    assert minutes[30] - minutes[29] == pd.Timedelta(minutes=1)
    everyday = told(pd.date_range("2024-01-01", periods=30))
    assert (np.diff(everyday) == pd.Timedelta(days=1)).all()
