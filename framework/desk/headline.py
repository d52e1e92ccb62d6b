"""The few figures that are shown of every backtest, without intervals: `judge` gives those."""

from framework.desk.backtest import excess_returns
from framework.simulation.result import BacktestResult
from framework.statistics.drawdown import max_drawdown
from framework.statistics.ratios import annual_volatility, sharpe_ratio
from framework.statistics.returns import ONE_YEAR_DAYS, cagr, span_days, total_return
from framework.trading.costs import SESSIONS_PER_YEAR


def headline(result: BacktestResult) -> tuple[tuple[str, float | None, str], ...]:
    """(label, value, unit) of each figure; None for what a span below one year does not give."""
    worth, long_enough = result.worth, span_days(result.worth) >= ONE_YEAR_DAYS
    excess = excess_returns(result)
    year = float(SESSIONS_PER_YEAR)
    return (
        ("Worth at the end", float(worth.iloc[-1]), "usd"),
        ("Total return", total_return(worth), "fraction"),
        ("Return a year (CAGR)", cagr(worth) if long_enough else None, "fraction"),
        (
            "Volatility a year",
            annual_volatility(result.returns, periods_per_year=year) if long_enough else None,
            "fraction",
        ),
        ("Sharpe ratio", sharpe_ratio(excess, periods_per_year=year) if long_enough else None, "ratio"),
        ("Deepest drawdown", max_drawdown(worth), "fraction"),
        ("Trades", float(len(result.trades)), "count"),
        ("Turnover a year", float(result.turnover.mean() * year) if long_enough else None, "fraction"),
        ("Costs paid", float(result.costs_paid.sum()), "usd"),
    )
