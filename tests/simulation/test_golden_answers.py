"""Figures found outside this code: a published backtest's rule, and return arithmetic on a century of months."""

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.simulation.engine import simulate
from framework.strategy.weights import TargetWeights
from framework.trading.costs import CostModel
from framework.trading.rebalance import rebalance
from framework.trading.venue import Venue

ANSWERS = Path(__file__).parents[1] / "answers"
FREE = CostModel(commission_bps=0, half_spread_bps=0)


def packaged(package, name):
    return Path(find_spec(package).submodule_search_locations[0]) / name


@pytest.fixture(scope="module")
def goog():
    """Prices as they were traded: GOOG had no split before 2014, so adjusting would only move the cents."""
    table = pd.read_csv(packaged("bokeh_sampledata", "_data/stocks.csv.gz"), parse_dates=["Date"])
    table = table[table["Ticker"] == "GOOG"].set_index("Date")
    return Bars(table[["Close"]].set_axis(["GOOG"], axis=1), open=table[["Open"]].set_axis(["GOOG"], axis=1))


@pytest.fixture(scope="module")
def crosses(goog):
    close = goog.close["GOOG"]
    above = np.sign(close.rolling(10).mean() - close.rolling(30).mean())
    crossed = (above != above.shift()) & above.shift().notna()
    return TargetWeights(above.where(crossed).to_frame())


@pytest.fixture(scope="module")
def published():
    return json.loads((ANSWERS / "goog_sma_cross.json").read_text())


def total_return(result):
    return result.worth.iloc[-1] / result.capital - 1.0


def test_goog_at_the_next_open(goog, crosses, published):
    result = simulate(crosses, goog, FREE, capital=10_000.0, size_at="fill", whole_shares=True)
    assert len(result.trades) == published["trades"]
    assert total_return(result) == pytest.approx(published["return_next_open_sized_at_fill"], abs=5e-5)
    assert (result.worth / result.worth.cummax() - 1.0).min() == pytest.approx(-0.4799, abs=5e-5)


def test_goog_at_the_next_close(goog, crosses, published):
    asked = {"capital": 10_000.0, "size_at": "fill", "whole_shares": True}
    result = simulate(crosses, goog, FREE, fill_at="close", **asked)
    assert total_return(result) == pytest.approx(published["return_next_close"], abs=1e-3)


def test_goog_sized_at_the_decision_is_cut_where_cash_runs_short(goog, crosses, published):
    """An account that may be overdrawn ends at the golden figure; ours keeps its cash and ends below it."""
    cash, held, waiting = 10_000.0, 0.0, ()
    prices = zip(goog.sessions, goog.open["GOOG"], goog.close["GOOG"], strict=True)
    for session, price, close in prices:
        bought = sum(order.quantity for order in waiting)
        cash, held = cash - bought * price, held + bought
        waiting = rebalance(
            crosses.at(session),
            session=session,
            holdings={"GOOG": held},
            prices={"GOOG": close},
            equity=cash + held * close,
            venue=Venue(lot=1.0),
        )
    overdrawn = (cash + held * close) / 10_000.0 - 1.0
    assert overdrawn == pytest.approx(published["return_next_open_sized_at_decision_overdrawn"], abs=5e-5)
    result = simulate(crosses, goog, FREE, capital=10_000.0, whole_shares=True)
    assert len(result.trades) == published["trades"]
    assert result.cash.min() >= 0.0
    assert 4.0 < total_return(result) < overdrawn


def test_no_setting_fills_on_the_bar_that_decided(goog, crosses, published):
    """The return on the deciding close is reproduced by arithmetic, and reached by no setting of ours."""
    close, open_ = goog.close["GOOG"], goog.open["GOOG"]
    cash, held = 10_000.0, 0.0
    for session, side in crosses.frame["GOOG"].dropna().items():
        wanted = np.trunc(side * (cash + held * close[session]) / close[session])
        cash, held = cash - (wanted - held) * close[session], wanted
    cheating = (cash + held * close.iloc[-1]) / 10_000.0 - 1.0
    assert cheating == pytest.approx(published["return_deciding_close"], abs=1e-3)
    for fill_at in ("open", "close"):
        for size_at in ("decision", "fill"):
            result = simulate(crosses, goog, FREE, fill_at=fill_at, size_at=size_at, whole_shares=True)
            prices = open_ if fill_at == "open" else close
            assert (result.trades["session"] > result.trades["decided"]).all()
            assert (result.trades["price"].to_numpy() == prices[result.trades["session"]].to_numpy()).all()


@pytest.fixture(scope="module")
def months():
    table = pd.read_csv(packaged("arch", "data/frenchdata/frenchdata.csv.gz"))
    table.index = pd.period_range("1926-07", periods=1109, freq="M").to_timestamp()
    cash = table["RF"] / 100.0
    return pd.DataFrame({"MKT": table["Mkt-RF"] / 100.0 + cash, "CASH": cash})


@pytest.fixture(scope="module")
def timing(months):
    """Decided from ten closes; before there are ten, in cash."""
    index = (1.0 + months["MKT"]).cumprod()
    invested = (index > index.rolling(10).mean()).astype(float)
    return TargetWeights(pd.DataFrame({"MKT": invested, "CASH": 1.0 - invested}))


def timed(result, months):
    """CAGR, Sharpe ratio and maximum drawdown of the months after the first average."""
    worth = result.worth.iloc[9:]
    returns = worth.pct_change().iloc[1:]
    excess = returns - months["CASH"].loc[returns.index]
    return {
        "cagr": (worth.iloc[-1] / worth.iloc[0]) ** (12.0 / len(returns)) - 1.0,
        "sharpe": excess.mean() / excess.std() * np.sqrt(12.0),
        "max_drawdown": (worth / worth.cummax() - 1.0).min(),
    }


@pytest.fixture(scope="module")
def faber():
    return json.loads((ANSWERS / "fama_french_ten_months.json").read_text())


@pytest.mark.parametrize("size_at", ["decision", "fill"])
def test_ten_months_held_over_the_month_after_the_decision(months, timing, faber, size_at):
    closes = (1.0 + months).cumprod()
    bars = Bars(closes, open=closes.shift().fillna(1.0))
    result = simulate(timing, bars, FREE, size_at=size_at)
    answer = faber["next_month"]
    assert len(result.worth.iloc[10:]) == faber["months"]
    held = result.positions["MKT"].iloc[10:] > 0.0
    assert held.astype(int).diff().abs().sum() == answer["switches"]
    assert timed(result, months) == pytest.approx(
        {key: answer[key] for key in ("cagr", "sharpe", "max_drawdown")}, abs=5e-7
    )
    earned = (timing.frame.shift() * months).sum(axis=1).iloc[10:]
    np.testing.assert_allclose(result.returns.loc[earned.index], earned, rtol=0.0, atol=1e-13)


def test_ten_months_on_closes_only_trade_a_month_later(months, timing, faber):
    result = simulate(timing, Bars((1.0 + months).cumprod()), FREE, size_at="fill")
    assert timed(result, months) == pytest.approx(faber["month_after_next"], abs=5e-7)
