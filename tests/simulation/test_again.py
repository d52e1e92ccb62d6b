"""again: the same account with one thing changed."""

import numpy as np

from framework.simulation.again import again, sharpe_of
from framework.simulation.compiled import simulate
from framework.simulation.engine import simulate as plainly
from framework.trading.costs import CostModel
from framework.trading.guard import KillSwitch

COSTS = CostModel(commission_bps=1.0, half_spread_bps=2.0)


def test_nothing_changed_is_the_same_account(make_bars, make_weights):
    bars = make_bars(1, sessions=90)
    weights = make_weights(1, bars)
    asked = {"whole_shares": True, "capital": 12_345.0, "kill_switch": KillSwitch(-0.9), "fill_at": "close"}
    result = simulate(weights, bars, COSTS, **asked)
    assert len(result.trades) > 50
    assert again(result).content_hash == result.content_hash
    assert again(result, engine=plainly).content_hash == result.content_hash


def test_what_is_given_is_what_changes(make_bars, make_weights):
    bars = make_bars(1, sessions=90)
    weights, other = make_weights(1, bars), make_weights(2, bars)
    result = simulate(weights, bars, COSTS, whole_shares=True)
    dearer, later = COSTS.times(3.0), bars.since(bars.sessions[40])
    assert (
        again(result, weights=other).content_hash
        == simulate(other, bars, COSTS, whole_shares=True).content_hash
    )
    assert (
        again(result, costs=dearer).content_hash
        == simulate(weights, bars, dearer, whole_shares=True).content_hash
    )
    cut = weights.over(later.sessions)
    assert (
        again(result, weights=cut, bars=later, settings={"capital": 7e6, "size_at": "fill"}).content_hash
        == simulate(cut, later, COSTS, capital=7e6, size_at="fill", whole_shares=True).content_hash
    )


def test_the_sharpe_ratio_is_mean_over_deviation_above_cash(make_bars, make_weights):
    bars = make_bars(1, sessions=90)
    costs = CostModel(commission_bps=1.0, half_spread_bps=2.0, cash_rate_per_year=0.0504)
    result = simulate(make_weights(1, bars), bars, costs)
    excess = result.returns - 0.0002
    assert np.isclose(sharpe_of(result), excess.mean() / excess.std(), rtol=1e-10)
