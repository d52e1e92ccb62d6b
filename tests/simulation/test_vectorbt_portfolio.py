"""A result as vectorbt's Portfolio, and vectorbt's indicators in a rule."""

import re
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import strategies
from framework.errors import SimulationError
from framework.simulation import vectorbt_bridge
from framework.simulation.engine import simulate
from framework.strategy.causality import check_causal
from framework.trading.costs import CostModel
from framework.trading.guard import Guards, KillSwitch


def test_a_portfolio_has_the_same_orders_and_the_same_worth(make_bars, make_weights):
    bars = make_bars(5, sessions=120, symbols=4, lives=True)
    costs = CostModel(commission_bps=3.0, half_spread_bps=4.0)
    result = simulate(make_weights(5, bars), bars, costs, kill_switch=KillSwitch(-0.9))
    portfolio = result.to_vectorbt()
    np.testing.assert_allclose(portfolio.value(), result.worth, rtol=0.0, atol=1e-9 * result.capital)
    np.testing.assert_allclose(portfolio.cash(), result.cash, rtol=0.0, atol=1e-6)
    records = portfolio.orders.records
    assert len(records) == len(result.trades) > 100
    assert [bars.symbols[column] for column in records["col"]] == result.trades["symbol"].tolist()
    assert bars.sessions[records["idx"]].tolist() == result.trades["session"].tolist()
    signed = np.where(records["side"] == 0, records["size"], -records["size"])
    np.testing.assert_allclose(signed, result.trades["quantity"], rtol=1e-9, atol=1e-9)
    assert portfolio.value().name == vectorbt_bridge.ENGINE


def test_its_plots_and_statistics_work(make_bars, make_weights):
    bars = make_bars(5, sessions=300)
    costs = CostModel(commission_bps=3.0, half_spread_bps=4.0)
    result = simulate(make_weights(5, bars), bars, costs)
    portfolio = result.to_vectorbt()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # vectorbt's own, of pandas
        stats = portfolio.stats(settings={"year_freq": "252 days"})
        drawn = portfolio.plot()
    assert stats["Sharpe Ratio"] == pytest.approx(
        result.returns.reindex(bars.sessions, fill_value=0.0).mean()
        / result.returns.reindex(bars.sessions, fill_value=0.0).std()
        * 252**0.5,
        rel=1e-6,
    )
    assert len(drawn.data) > 2


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (
            {"costs": CostModel(commission_bps=1, half_spread_bps=2, cash_rate_per_year=0.02)},
            "USD of interest",
        ),
        ({"guards": Guards(stop_loss=0.05)}, "asked for stops"),
        ({"kill_switch": KillSwitch(-0.01)}, "kill switch fired at"),
    ],
)
def test_what_a_portfolio_has_no_place_for_is_refused(make_bars, make_weights, asked, words):
    bars = make_bars(5, sessions=120)
    given = {"costs": CostModel(commission_bps=1, half_spread_bps=2)} | asked
    result = simulate(make_weights(5, bars), bars, **given)
    with pytest.raises(SimulationError, match=words):
        result.to_vectorbt()


def test_a_result_that_vectorbt_does_not_come_to_is_refused(make_bars, make_weights):
    bars = make_bars(5, sessions=120)
    result = simulate(make_weights(5, bars), bars, CostModel(commission_bps=1, half_spread_bps=2))
    with pytest.raises(SimulationError, match="comes to another account"):
        replace(result, worth=result.worth * (1.0 + 1e-6)).to_vectorbt()


def test_the_examples_of_the_document_run_and_the_rule_is_causal(monkeypatch):
    text = (Path(strategies.__path__[0]).parent / "docs" / "vectorbt.md").read_text()
    first, second = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    monkeypatch.setenv("OPENBOOK_RECORD", "0")
    names: dict[str, object] = {"__name__": "__main__"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # vectorbt's own, of pandas
        exec(first, names)  # noqa: S102 - our own document
        assert len(names["result"].trades) > 100
        exec(second, names)  # noqa: S102
        check_causal(names["result"].subject.rule, names["bars"])
    assert len(names["portfolio"].orders.records) == len(names["result"].trades)
