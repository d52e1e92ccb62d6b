"""Whatever an account is asked to do, all engines do the same, and the laws of accounts hold.

Hypothesis makes bars (late listings, delistings, halts, splits, dividends, gaps, ties), weights, costs, venues, guards
and settings. The compiled engine is held to the plain one to the last bit, vectorbt to 1e-9 of the capital where it
follows.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, assume, find, given, settings
from hypothesis import strategies as st

from framework.data.bars import Bars
from framework.errors import SimulationError
from framework.simulation import compiled, engine, vectorbt_bridge
from framework.strategy.weights import TargetWeights
from framework.trading.costs import CostModel
from framework.trading.guard import Guards, KillSwitch
from framework.trading.quotes import NEEDED, quotes
from framework.trading.venue import Venue
from framework.trading.volatility import VolatilityTarget

MONEY = ("worth", "cash", "borrow_usd", "interest_usd", "dividends_usd")
quick = settings(deadline=None, max_examples=100)
SEEDS = st.integers(0, 2**32 - 1)
BPS = st.sampled_from([0.0, 1.0, 7.3, 250.0])
RATES = st.sampled_from([0.0, 0.01, 0.3])


class Account(NamedTuple):
    """One backtest, as the engines take it."""

    weights: TargetWeights
    bars: Bars
    costs: CostModel
    asked: dict[str, Any]

    def run(self, simulate=engine.simulate):
        """The result, or what was said of the account's ruin."""
        try:
            return simulate(self.weights, self.bars, self.costs, **self.asked)
        except SimulationError as ruined:
            return str(ruined)


@st.composite
def markets(draw):
    sessions, symbols = draw(st.integers(1, 30)), draw(st.integers(1, 4))
    shape, rng = (sessions, symbols), np.random.default_rng(draw(SEEDS))
    split = np.ones(shape)
    if draw(st.booleans()):
        split = rng.choice([1.0, 2.0, 1.5, 0.1], shape, p=[0.85, 0.05, 0.05, 0.05])
    jumps = rng.normal(0.0, draw(st.sampled_from([0.0, 0.01, 0.2])), shape)
    level = draw(st.sampled_from([0.07, 20.0, 4_000.0]))
    closes = np.round(level * np.exp(jumps.cumsum(axis=0)) / split.cumprod(axis=0) + 0.01, 2)
    opens = np.round(closes * np.exp(rng.normal(0.0, 0.03, shape)) + 0.01, 2)
    fields = {
        "open": opens,
        "high": np.maximum(opens, closes) * 1.01,
        "low": np.minimum(opens, closes) * 0.99,
        "volume": np.round(rng.uniform(1.0, 1e5, shape)) * rng.choice([0.0, 1.0], shape, p=[0.15, 0.85]),
        "dividend": np.round(closes * rng.choice([0.0, 0.05], shape, p=[0.9, 0.1]), 2),
        "split": split,
    }
    index, names = pd.bdate_range("2020-01-01", periods=sessions), [f"S{column}" for column in range(symbols)]
    lives = np.zeros(shape, dtype=bool)
    for column in range(symbols):
        first = draw(st.integers(0, sessions - 1))
        last = draw(st.integers(first, sessions - 1))
        lives[first : last + 1, column] = True
        fields["volume"][first, column] = 500.0  # a symbol that never trades is refused
    chosen = [name for name in ("open", "high", "low", "volume", "dividend") if draw(st.booleans())]
    chosen += ["split"] if (split != 1.0).any() else []
    frames = {name: pd.DataFrame(np.where(lives, fields[name], np.nan), index, names) for name in chosen}
    return Bars(pd.DataFrame(np.where(lives, closes, np.nan), index, names), **frames)


@st.composite
def wishes(draw, bars):
    """Weights that hold, rebalance, reverse, close, borrow, repeat themselves or want almost nothing."""
    rng, shape = np.random.default_rng(draw(SEEDS)), bars.close.shape
    gross = draw(st.sampled_from([1e-10, 0.5, 1.0, 2.5]))
    raw = rng.random(shape) * rng.choice([0.0, 1.0], shape, p=[0.3, 0.7])
    if draw(st.booleans()):
        raw[:] = raw[0] + 0.1
    if draw(st.booleans()):
        raw *= rng.choice([-1.0, 1.0], shape[1]) if draw(st.booleans()) else rng.choice([-1.0, 1.0], shape)
    rows = gross * raw / np.maximum(np.abs(raw).sum(axis=1, keepdims=True), 1e-300)
    rows[bars.close.isna().to_numpy()] = 0.0
    rows[rng.random(shape[0]) < draw(st.sampled_from([0.0, 0.4, 0.9]))] = np.nan
    return TargetWeights(pd.DataFrame(rows, bars.sessions, list(bars.symbols)), max_gross=max(1.0, gross))


@st.composite
def costs_of(draw, bars):
    return CostModel(
        commission_bps=draw(BPS),
        half_spread_bps=draw(BPS),
        borrow_rate_per_year=draw(RATES),
        cash_rate_per_year=draw(RATES),
        impact=draw(st.sampled_from([0.0, 0.0, 0.7, 30.0])) if bars.has("volume") else 0.0,
    )


MAYBE = st.none() | st.sampled_from([0.02, 0.1, 0.4])
VENUES = st.none() | st.builds(
    Venue,
    lot=st.sampled_from([0.0, 1.0, 7.0, 0.1]),
    minimum_usd=st.sampled_from([0.0, 1.0, 300.0]),
    band=st.sampled_from([0.0, 0.02, 0.3]),
)
TARGETS = st.builds(
    VolatilityTarget,
    per_year=st.sampled_from([0.05, 0.3]),
    sessions=st.sampled_from([2, 5]),
    max_gross=st.sampled_from([1.0, 2.0]),
)
GUARDS = st.none() | st.builds(
    Guards,
    stop_loss=MAYBE,
    trailing_stop=MAYBE,
    take_profit=MAYBE,
    time_stop=st.none() | st.integers(1, 5),
    volatility=st.none() | TARGETS,
)


@st.composite
def accounts(draw):
    bars = draw(markets())
    venue = draw(VENUES)
    asked = {
        "capital": draw(st.sampled_from([5.0, 1_000.0, 123_456.78])),
        "fill_at": draw(
            st.sampled_from([at for at, needed in NEEDED.items() if set(needed) <= set(bars.fields)])
        ),
        "size_at": draw(st.sampled_from(["decision", "fill"])),
        "whole_shares": draw(st.booleans()) and (venue is None or venue.lot != 0.1),
        "kill_switch": draw(st.sampled_from([None, None, KillSwitch(-0.02), KillSwitch(-0.5)])),
        "venue": venue,
        "guards": draw(GUARDS),
    }
    return Account(draw(wishes(bars)), bars, draw(costs_of(bars)), asked)


def differ(account, **changes):
    """Whether the account comes to something else once these settings are changed."""
    one, other = account.run(), account._replace(asked=account.asked | changes).run()
    return not isinstance(one, str) and not isinstance(other, str) and one.content_hash != other.content_hash


@pytest.mark.parametrize(
    "matters",
    [
        lambda account: differ(account, guards=None),
        lambda account: differ(account, venue=None),
        lambda account: differ(account, kill_switch=None),
        lambda account: account.asked["fill_at"] == "mean" and differ(account, fill_at="close"),
        lambda account: account.costs.impact and account.run().costs_paid["impact"] > 0.0,
        lambda account: (account.run().dividends_usd < 0.0).any(),
        lambda account: account.bars.has("split") and (account.run().positions != 0.0).any(axis=None),
        lambda account: "was worth" in str(account.run()),
    ],
    ids=["guards", "venue", "kill switch", "mean", "impact", "dividends of shorts", "splits", "ruin"],
)
def test_accounts_are_generated_in_which_each_rule_matters(matters):
    def holds(account):
        try:
            return bool(matters(account))
        except AttributeError:  # ruined: there is no result to look at
            return False

    first = settings(max_examples=5_000, deadline=None, database=None, phases=[Phase.generate])
    find(accounts(), holds, settings=first)


@quick
@given(accounts())
def test_the_compiled_engine_does_the_same_to_the_last_bit(account):
    expected, found = account.run(), account.run(compiled.simulate)
    if isinstance(expected, str):
        assert found == expected
        return
    for name in MONEY:
        pd.testing.assert_series_equal(getattr(found, name), getattr(expected, name), check_exact=True)
    pd.testing.assert_frame_equal(found.positions, expected.positions, check_exact=True)
    pd.testing.assert_frame_equal(found.trades, expected.trades, check_exact=True)
    assert found.killed_at == expected.killed_at
    assert found.engine.startswith("compiled")


@quick
@given(accounts())
def test_vectorbt_agrees_or_says_what_it_does_not_know(account):
    result = account._replace(asked=account.asked | {"kill_switch": None}).run()
    assume(not isinstance(result, str))
    unknown = account.costs.impact or account.bars.has("split") or (result.guards and result.guards.stops)
    if unknown:
        with pytest.raises(SimulationError, match=r"vectorbt was asked for .* the plain engine stand alone"):
            vectorbt_bridge.agree(result)
    else:
        assert vectorbt_bridge.agree(result, tolerance=1e-9) <= 1e-9


@quick
@given(accounts())
def test_worth_changes_by_prices_dividends_interest_and_costs_and_by_nothing_else(account):
    result = account.run()
    assume(not isinstance(result, str))
    bars, trades = account.bars, result.trades
    rows, columns = (
        bars.sessions.get_indexer(trades["session"]),
        pd.Index(bars.symbols).get_indexer(trades["symbol"]),
    )
    marks = bars.close.ffill().fillna(0.0).to_numpy()
    traded, earned = np.zeros(marks.shape), np.zeros(len(bars))
    quantity = trades["quantity"].to_numpy()
    mids = quotes(bars, account.asked["fill_at"])[rows, columns]
    costs = trades[["commission_usd", "spread_usd", "impact_usd"]].sum(axis=1).to_numpy()
    np.add.at(traded, (rows, columns), quantity)
    np.add.at(earned, rows, quantity * (marks[rows, columns] - mids) - costs)
    held = result.positions.to_numpy()
    kept = held - traded  # after the splits, before the fills
    earned[1:] += (kept[1:] * marks[1:] - held[:-1] * marks[:-1]).sum(axis=1)
    earned += result.dividends_usd + result.interest_usd - result.borrow_usd
    size = account.asked["capital"] + np.abs(held * marks).sum() + (np.abs(quantity) * mids).sum()
    np.testing.assert_allclose(np.diff(result.worth), earned[1:], rtol=0.0, atol=1e-11 * size)


@quick
@given(accounts(), st.integers(-3, 3))
def test_another_currency_is_the_same_account(account, power):
    """Prices, dividends, capital and least order in units of another size: exactly so for a power of two."""
    unit, venue, bars = 2.0**power, account.asked["venue"], account.bars
    priced = [name for name in bars.fields if name not in {"volume", "split"}]
    twin = account._replace(
        bars=replace(bars, **{name: getattr(bars, name) * unit for name in priced}),
        asked=account.asked
        | {
            "capital": account.asked["capital"] * unit,
            "venue": venue and replace(venue, minimum_usd=venue.minimum_usd * unit),
        },
    )
    one, other = account.run(), twin.run()
    assume(not isinstance(one, str))
    assert (other.worth == one.worth * unit).all()
    assert (other.positions == one.positions).all(axis=None)


@quick
@given(accounts(), st.integers(1, 30))
def test_later_bars_change_nothing_in_the_past(account, cut):
    result = account.run()
    assume(not isinstance(result, str))
    bars = account.bars.until(account.bars.sessions[min(cut, len(account.bars)) - 1])
    weights = TargetWeights(
        account.weights.frame.loc[: bars.sessions[-1]], max_gross=account.weights.max_gross
    )
    past = account._replace(bars=bars, weights=weights).run()
    for name in MONEY:
        assert getattr(past, name).to_list() == getattr(result, name).iloc[: len(bars)].to_list()
    assert len(past.trades) == (result.trades["session"] <= bars.sessions[-1]).sum()


@quick
@given(accounts())
def test_an_account_that_does_not_plan_to_borrow_does_not(account):
    """Neither a halt nor a split, a lot, an impact or a stop takes its cash below zero."""
    gross = np.nansum(np.abs(account.weights.frame), axis=1).max(initial=0.0)
    assume(gross <= 1.0 and not (account.weights.frame < 0.0).any(axis=None))
    guards = account.asked["guards"]
    assume(guards is None or guards.volatility is None or guards.volatility.max_gross <= 1.0)
    result = account.run()
    assert result.cash.min() >= 0.0
