"""What every file in strategies/ promises. The suite finds its subjects itself, so none can weaken it."""

import re
from dataclasses import FrozenInstanceError, fields, replace
from functools import cache
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.data.sources import find
from framework.strategy.base import Strategy
from framework.strategy.causality import check_causal
from framework.strategy.fit import check_against
from framework.strategy.identity import identity
from framework.strategy.load import load

ROOT = Path(__file__).parents[2]
NAMES = sorted(file.stem for file in (ROOT / "strategies").glob("*.py") if not file.stem.startswith("_"))
RECENT = 800  # sessions for the proofs by many cuts

pytestmark = pytest.mark.parametrize("name", NAMES)


def rule_of(name: str) -> Strategy:
    return load(f"strategies.{name}:STRATEGY")


@cache
def all_bars(name: str) -> Bars:
    return find("sample").bars(rule_of(name).universe)


@cache
def all_weights(name: str) -> pd.DataFrame:
    return rule_of(name).weights(all_bars(name)).frame


def recent_bars(name: str) -> Bars:
    bars = all_bars(name)
    return bars.since(bars.sessions[-RECENT])


def with_late_listings(bars: Bars) -> Bars:
    """The same closes, but every second symbol lists half way through, and the last one is delisted in the end."""
    close = bars.close.copy()
    close.iloc[: len(close) // 2, 1::2] = np.nan
    close.iloc[-len(close) // 10 :, -1] = np.nan
    return Bars(close)


def test_the_docstring_is_a_claim_that_can_lose(name):
    text = import_module(f"strategies.{name}").__doc__
    first, *rest = text.splitlines()
    assert re.fullmatch(r"[A-Z].*[:,].*\.", first)
    headings = [line[:13] for line in rest if line[:1].isalpha()]
    assert headings == ["Claim        ", "Source       ", "Rejected if  "]


def test_it_is_frozen_and_equal_to_its_copy(name):
    rule = rule_of(name)
    with pytest.raises(FrozenInstanceError):
        setattr(rule, fields(rule)[0].name, None)
    assert replace(rule) == rule
    assert hash(replace(rule)) == hash(rule)


def test_its_identity_names_the_file_and_every_parameter(name):
    rule = rule_of(name)
    known = identity(rule)
    assert known["name"] == name
    assert set(known["parameters"]) == {field.name for field in fields(rule)}
    assert re.fullmatch(r"[0-9a-f]{64}", known["code_hash"])


def test_its_weights_fit_its_bars(name):
    bars = all_bars(name)
    weights = rule_of(name).weights(bars)
    pd.testing.assert_frame_equal(check_against(weights, bars).frame, weights.frame)
    assert tuple(weights.frame.columns) == bars.symbols == rule_of(name).universe


def test_it_trades_on_the_sample(name):
    decided = all_weights(name).dropna()
    assert (decided.abs().sum(axis=1) > 0.0).any()
    if name != "buy_and_hold":
        assert (decided != decided.shift()).any(axis=1).sum() > 10


def test_it_wants_nothing_before_its_warm_up(name):
    wanted = all_weights(name).fillna(0.0).abs().sum(axis=1).to_numpy()
    assert not wanted[: rule_of(name).warmup - 1].any()


@pytest.mark.parametrize("sessions", [1, 2])
def test_it_can_be_asked_on_its_first_evening(name, sessions):
    bars = all_bars(name)
    weights = rule_of(name).weights(bars.until(bars.sessions[sessions - 1]))
    assert len(weights.frame) == sessions


def test_the_same_bars_give_the_same_weights(name):
    again = replace(rule_of(name)).weights(all_bars(name)).frame
    pd.testing.assert_frame_equal(again, all_weights(name), check_exact=True)


def test_it_leaves_its_bars_alone(name):
    bars = recent_bars(name)
    before = bars.since(bars.sessions[0]).content_hash
    rule_of(name).weights(bars)
    assert bars.since(bars.sessions[0]).content_hash == before


def test_prices_in_other_units_give_the_same_weights(name):
    bars = recent_bars(name)
    units = 2.0 ** (np.arange(len(bars.symbols)) % 5)  # powers of two scale without rounding
    for factor in (2.0, units):
        scaled = rule_of(name).weights(Bars(bars.close * factor)).frame
        pd.testing.assert_frame_equal(scaled, rule_of(name).weights(Bars(bars.close)).frame, check_exact=True)


def test_it_is_causal_at_many_cuts(name):
    report = check_causal(rule_of(name), recent_bars(name), cuts=25)
    assert len(report.cuts) >= 26


def test_it_is_causal_where_symbols_list_late_and_leave(name):
    bars = with_late_listings(recent_bars(name))
    report = check_causal(rule_of(name), bars, cuts=12, seed=1)
    assert report.rows_compared > 12


def test_it_is_causal_over_its_whole_history(name):
    check_causal(rule_of(name), all_bars(name))
