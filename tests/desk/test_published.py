"""Published figures, reached through the function that a notebook calls."""

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from framework import Bars, CostModel, backtest

ANSWERS = Path(__file__).parents[1] / "answers"
FREE = CostModel(commission_bps=0.0, half_spread_bps=0.0)


def packaged(package, name):
    return Path(find_spec(package).submodule_search_locations[0]) / name


def answers(name):
    return json.loads((ANSWERS / f"{name}.json").read_text())


def crossing(bars):
    """Long above, short below, trading only where the 10 and 30 session averages cross."""
    side = np.sign(bars.close.rolling(10).mean() - bars.close.rolling(30).mean())
    return side.where((side != side.shift()) & side.shift().notna())


def ten_months(bars):
    """The market above its ten-month average, else cash."""
    above = (bars.close["MKT"] > bars.close["MKT"].rolling(10).mean()).astype(float)
    return pd.DataFrame({"MKT": above, "CASH": 1.0 - above})


def test_goog_crossing_averages_filled_at_the_next_open(home):
    table = pd.read_csv(packaged("bokeh_sampledata", "_data/stocks.csv.gz"), parse_dates=["Date"])
    table = table[table["Ticker"] == "GOOG"].set_index("Date")
    bars = Bars(table[["Close"]].set_axis(["GOOG"], axis=1), open=table[["Open"]].set_axis(["GOOG"], axis=1))
    result = backtest(crossing, bars, FREE, capital=10_000.0, size_at="fill", whole_shares=True)
    published = answers("goog_sma_cross")
    assert len(result.trades) == published["trades"]
    earned = result.worth.iloc[-1] / result.capital - 1.0
    assert earned == pytest.approx(published["return_next_open_sized_at_fill"], abs=5e-5)


def test_a_century_of_months_timed_by_their_ten_month_average(home):
    table = pd.read_csv(packaged("arch", "data/frenchdata/frenchdata.csv.gz"))
    table.index = pd.period_range("1926-07", periods=1109, freq="M").to_timestamp()
    months = pd.DataFrame({"MKT": table["Mkt-RF"] + table["RF"], "CASH": table["RF"]}) / 100.0
    closes = (1.0 + months).cumprod()
    worth = backtest(ten_months, Bars(closes, open=closes.shift().fillna(1.0)), FREE).worth.iloc[9:]
    published = answers("fama_french_ten_months")
    years = (len(worth) - 1) / 12.0
    assert len(worth) - 1 == published["months"]
    growth = (worth.iloc[-1] / worth.iloc[0]) ** (1.0 / years) - 1.0
    assert growth == pytest.approx(published["next_month"]["cagr"], abs=1e-6)
    assert (worth / worth.cummax() - 1.0).min() == pytest.approx(
        published["next_month"]["max_drawdown"], abs=1e-6
    )
