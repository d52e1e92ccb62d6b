"""Known facts of market history by the bundled data, and backtests that others have run."""

from functools import cache, partial
from importlib.resources import files

import numpy as np
import pandas as pd

from framework.data.bars import Bars
from framework.data.sources import find
from framework.proof.reference import Reference
from framework.simulation.compiled import simulate
from framework.simulation.result import BacktestResult
from framework.statistics import deepest_drawdown, monthly_returns, sharpe_ratio
from framework.strategy.weights import TargetWeights
from framework.trading.costs import CostModel

_INDEX = "S&P Dow Jones Indices, S&P 500 closes"
_PEERS = (
    "backtesting.py's SMA 10/30 on GOOG, filled as its tests do (0.6.6), on the bundled copy of the prices"
)
_FABER = (
    "Faber (2007)'s ten-month rule on Fama and French's market, 1926 to 2018, by arithmetic on returns alone"
)
_FREE = CostModel(commission_bps=0.0, half_spread_bps=0.0)


def history() -> tuple[Reference, ...]:
    """Closes, drawdowns and years of the S&P 500; a rule on GOOG; a rule on a century of months."""
    closes = (
        ("2000-03-24", 1527.46),
        ("2007-10-09", 1565.15),
        ("2009-03-09", 676.53),
        ("2020-03-23", 2237.40),
    )
    years = ((2008, -0.3849), (2013, 0.2960))
    return (
        *(_close(day, value) for day, value in closes),
        *(_year(year, value) for year, value in years),
        Reference(
            name="Deepest fall of the S&P 500, 1990 to 2022",
            source=f"{_INDEX}: 1,565.15 on 2007-10-09 to 676.53 on 2009-03-09",
            published=676.53 / 1565.15 - 1.0,
            tolerance=1e-6,
            compute=lambda: deepest_drawdown(_sp500()).depth,
        ),
        Reference(
            name="Session of that fall's end",
            source=_INDEX,
            published="2009-03-09",
            compute=lambda: f"{deepest_drawdown(_sp500()).trough:%Y-%m-%d}",
        ),
        Reference(
            name="GOOG, next open, sized at the fill: total return",
            source=_PEERS,
            published=4.1943,
            tolerance=5e-5,
            compute=partial(_goog_return, "open"),
        ),
        Reference(
            name="GOOG, next close: total return",
            source=_PEERS,
            published=3.197,
            tolerance=1e-3,
            compute=partial(_goog_return, "close"),
        ),
        Reference(
            name="GOOG, next open: trades",
            source=_PEERS,
            published=66.0,
            compute=lambda: float(len(_goog("open").trades)),
        ),
        Reference(
            name="Ten-month rule, held over the next month: growth a year",
            source=_FABER,
            published=0.098189,
            tolerance=5e-7,
            compute=lambda: _growth_of_months(_ten_months()),
        ),
        Reference(
            name="Ten-month rule: Sharpe ratio a year",
            source=_FABER,
            published=0.549798,
            tolerance=5e-7,
            compute=lambda: _sharpe_of_months(_ten_months()),
        ),
        Reference(
            name="Ten-month rule: maximum drawdown",
            source=_FABER,
            published=-0.429673,
            tolerance=5e-7,
            compute=lambda: deepest_drawdown(_ten_months()).depth,
        ),
    )


def _close(day: str, value: float) -> Reference:
    return Reference(
        name=f"Close of the S&P 500 on {day}",
        source=_INDEX,
        published=value,
        tolerance=0.005,
        compute=lambda: float(_sp500()[day]),
    )


def _year(year: int, value: float) -> Reference:
    return Reference(
        name=f"Price return of the S&P 500 in {year}",
        source=_INDEX,
        published=value,
        tolerance=5e-5,
        compute=lambda: float(monthly_returns(_sp500())["year"][year]),
    )


@cache
def _sp500() -> pd.Series:
    return find("sample").bars(("SP500",)).close["SP500"]


@cache
def _goog(fill_at: str) -> BacktestResult:
    """Long above, short below, traded on a cross only, whole shares, no costs, at prices without adjustment."""
    table = pd.read_csv(str(files("bokeh_sampledata") / "_data/stocks.csv.gz"), parse_dates=["Date"])
    prices = table[table["Ticker"] == "GOOG"].set_index("Date")
    bars = Bars(
        prices[["Close"]].set_axis(["GOOG"], axis=1), open=prices[["Open"]].set_axis(["GOOG"], axis=1)
    )
    close = bars.close["GOOG"]
    apart = close.rolling(10).mean() - close.rolling(30).mean()
    above = pd.Series(np.sign(apart), index=close.index, name="GOOG")
    crossed = (above != above.shift()) & above.shift().notna()
    return simulate(
        TargetWeights(above.where(crossed).to_frame()),
        bars,
        _FREE,
        capital=10_000.0,
        fill_at="open" if fill_at == "open" else "close",
        size_at="fill",
        whole_shares=True,
    )


def _goog_return(fill_at: str) -> float:
    result = _goog(fill_at)
    return float(result.worth.iloc[-1] / result.capital - 1.0)


@cache
def _months() -> pd.DataFrame:
    """Returns of the market and of cash by month; the file's own index does not parse under pandas 3."""
    table = pd.read_csv(str(files("arch") / "data/frenchdata/frenchdata.csv.gz"))
    table.index = pd.period_range("1926-07", periods=len(table), freq="M").to_timestamp()
    cash = table["RF"] / 100.0
    return pd.DataFrame({"MKT": table["Mkt-RF"] / 100.0 + cash, "CASH": cash})


@cache
def _ten_months() -> pd.Series:
    """Worth since the first ten-month average: in the market above it, else in cash, from the next month on."""
    months = _months()
    closes = (1.0 + months).cumprod()
    invested = (closes["MKT"] > closes["MKT"].rolling(10).mean()).astype(float)
    weights = TargetWeights(pd.DataFrame({"MKT": invested, "CASH": 1.0 - invested}))
    bars = Bars(closes, open=closes.shift().fillna(1.0))
    return simulate(weights, bars, _FREE, size_at="fill").worth.iloc[9:]


def _growth_of_months(worth: pd.Series) -> float:
    return float((worth.iloc[-1] / worth.iloc[0]) ** (12.0 / (len(worth) - 1)) - 1.0)


def _sharpe_of_months(worth: pd.Series) -> float:
    returns = worth.pct_change().iloc[1:]
    return sharpe_ratio(returns - _months()["CASH"].loc[returns.index], periods_per_year=12.0)
