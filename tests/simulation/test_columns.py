"""Each column an account: the same whether compiled at once or replayed one by one."""

import numpy as np
import pandas as pd
import pytest

from framework.errors import BadWeights
from framework.simulation.columns import Columns, check_columns, only
from framework.simulation.sweep import Replayer
from framework.strategy.weights import TargetWeights
from framework.trading.costs import CostModel

COSTS = CostModel(commission_bps=1, half_spread_bps=2, cash_rate_per_year=0.02)
ASKED = {
    "capital": 1_000.0,
    "fill_at": "open",
    "size_at": "decision",
    "whole_shares": False,
    "kill_switch": None,
}


def answer(bars, seed=0):
    rng = np.random.default_rng(seed)
    wanted = rng.choice([0.0, 0.5, 1.0], bars.close.shape)
    wanted[rng.random(wanted.shape) < 0.6] = np.nan
    return bars.close * 0.0 + np.where(bars.close.isna(), 0.0, wanted)


def test_columns_are_accounts_of_their_own(make_bars):
    bars = make_bars(3, sessions=200)
    targets = check_columns(answer(bars), bars)
    found, errors = Columns(bars, COSTS, ASKED).figures(targets)
    assert errors == [""] * 4
    for column, symbol in enumerate(bars.symbols):
        alone = only(bars, symbol)
        expected = Replayer(alone, COSTS, **ASKED).figures(TargetWeights(answer(bars)[[symbol]]))
        assert found[column, 6] == expected.trades > 20
        np.testing.assert_allclose(found[column], expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("change", [{"whole_shares": True}, {"capital": 1_000.0}])
def test_settings_and_lives_that_need_the_replay_get_it(change, make_bars):
    bars = make_bars(3, sessions=200, lives="capital" in change)
    targets = np.where(bars.close.isna(), 0.0, answer(make_bars(3, sessions=200)))
    found, errors = Columns(bars, COSTS, ASKED | change).figures(targets)
    assert errors == [""] * 4
    weights = TargetWeights(pd.DataFrame(targets[:, [2]], bars.sessions, ["S2"]))
    assert tuple(found[2]) == Replayer(only(bars, "S2"), COSTS, **ASKED | change).figures(weights)


def test_a_ruin_is_told_of_its_column_only(three_days):
    targets = np.array([[30.0, 0.5], [np.nan, np.nan], [np.nan, np.nan]])
    found, errors = Columns(three_days, COSTS, ASKED).figures(targets)
    assert errors[0].startswith("SimulationError: The account was worth")
    assert "2024-01-03" in errors[0]
    assert errors[1] == ""
    assert np.isnan(found[0]).all()
    assert np.isfinite(found[1, 0])


def test_columns_that_no_account_could_follow_are_refused(three_days):
    with pytest.raises(BadWeights, match=r"weight of B at 2024-01-03 is 1\.5000"):
        check_columns(
            (three_days.close * 0.0).replace({"B": {0.0: 1.0}}).assign(B=[1.0, 1.5, 0.0]), three_days
        )
    with pytest.raises(BadWeights, match="columns A"):
        check_columns(three_days.close[["A"]] * 0.0, three_days)
