"""The simulated half of a strategy's page: a backtest row as what the templates print."""

from collections.abc import Mapping
from math import isnan
from typing import Any

import pandas as pd

from framework.ledger.rows import BacktestRow
from framework.page.charts import Line, drawdown_chart, line_chart, sparkline
from framework.page.heat import heat
from framework.page.numbers import Origin, day
from framework.page.statistic import statistic_view
from framework.statistics.drawdown import drawdowns
from framework.statistics.reason import Reason
from framework.statistics.returns import monthly_returns
from framework.statistics.tearsheet import Tearsheet
from framework.statistics.verdict import Verdict

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HEADLINE = ("cagr", "sharpe_ratio", "max_drawdown", "annual_volatility", "turnover", "costs_per_year")
_GATES = {
    "deflated_sharpe": ("Deflated Sharpe ratio, every trial counted", "probability"),
    "effective_trials": ("Deflated Sharpe ratio, near copies counted once", "probability"),
    "probabilistic_sharpe": ("Probability that the Sharpe ratio is above zero", "probability"),
    "track_record": ("Length of the track record, returns", "sessions"),
    "backtest_length": ("Length of the backtest, years", "ratio"),
    "overfitting": ("Probability of overfitting", "probability"),
    "snooping": ("Search beats cash, p-value", "probability"),
    "plateau": ("Neighbouring parameters keep the Sharpe ratio", "fraction"),
    "beats_benchmark": ("Return beats the benchmark's at higher costs", "fraction"),
    "costs": ("Return at much higher costs", "fraction"),
    "sessions": ("Length of the sample, sessions", "sessions"),
    "causality": ("Does not look ahead", "count"),
    "engines": ("Second engine agrees, difference over capital", "tiny"),
}
_COSTS = {
    "commission_bps": ("Commission, basis points of value", "ratio"),
    "half_spread_bps": ("Half-spread, basis points of value", "ratio"),
    "borrow_rate_per_year": ("Borrow fee on shorts, a year", "fraction"),
    "cash_rate_per_year": ("Interest on cash, a year", "fraction"),
}


def origin_of(backtest: BacktestRow) -> Origin:
    """Of every simulated number: the run that judged it, or the hash of the result where no run did."""
    return Origin(strategy=backtest.strategy, series="simulated", run=backtest.run_id or backtest.result_hash)


def simulated_view(backtest: BacktestRow) -> dict[str, Any]:
    """Everything of the section but its charts."""
    origin = origin_of(backtest)
    sheet = Tearsheet.from_dict(backtest.tearsheet)
    return {
        "span": _span(backtest),
        "headline": [statistic_view(sheet[key], origin) for key in _HEADLINE],
        "legend": _legend(backtest, origin),
        "months": months_view(backtest.worth_usd, origin),
        "tearsheet": {"rows": [statistic_view(row, origin) for row in sheet]},
        "costs": [
            {"label": label, "number": origin.stated(f"assumed.{key}", float(backtest.costs[key]), unit)}
            for key, (label, unit) in _COSTS.items()
            if key in backtest.costs
        ],
        "holdings": _holdings(backtest, origin),
        "caveat": backtest.caveat,
        "licence": backtest.licence,
    }


def simulated_charts(backtest: BacktestRow) -> dict[str, str]:
    """The worth beside the benchmark's, and the drawdown, by file name."""
    fallen = Line("Strategy", "simulated", drawdowns(backtest.worth_usd))
    return {
        "simulated-worth.svg": line_chart(
            _lines(backtest),
            unit="usd",
            name="simulated-worth",
            title="Simulated worth after costs, and the benchmark's",
        ),
        "simulated-drawdown.svg": drawdown_chart(
            [fallen], name="simulated-drawdown", title="Simulated drawdown from the highest worth so far"
        ),
    }


def verdict_view(backtest: BacktestRow) -> dict[str, Any]:
    """The word, the counts, and every gate with its value and its limit."""
    verdict, origin = Verdict.from_dict(backtest.verdict), origin_of(backtest)
    passed = sum(reason.passed for reason in verdict.reasons)
    state = "promoted" if verdict.promoted else "rejected"
    return {
        "state": state,
        "number": origin.word("verdict", state, state.capitalize()),
        "passed": origin.stated("gates_passed", float(passed), "count"),
        "gates": origin.stated("gates", float(len(verdict.reasons)), "count"),
        "trials": origin.stated("trials", float(verdict.trials), "count"),
        "reasons": [_reason(reason, origin) for reason in verdict.reasons],
    }


def index_view(backtest: BacktestRow) -> dict[str, Any]:
    """The backtest as the first page lists it."""
    origin, sheet = origin_of(backtest), Tearsheet.from_dict(backtest.tearsheet)
    sharpe = statistic_view(sheet["sharpe_ratio"], origin)
    return {
        "spark": sparkline(Line("", "simulated", backtest.worth_usd)),
        "cagr": statistic_view(sheet["cagr"], origin)["number"],
        "sharpe": sharpe["number"],
        "sharpe_interval": sharpe["interval"],
        "max_drawdown": statistic_view(sheet["max_drawdown"], origin)["number"],
    }


def months_view(worth: pd.Series, origin: Origin) -> dict[str, Any]:
    """Monthly returns, the newest year first, with a shade for each."""
    table = monthly_returns(worth).iloc[::-1]
    return {
        "names": list(MONTHS),
        "years": [
            {
                "year": str(year),
                "cells": [_month(year, month, float(row[month]), origin) for month in range(1, 13)],
                "total": origin.number(
                    f"annual_return.{year}", float(row["year"]), _plain_percent(float(row["year"]))
                ),
            }
            for year, row in table.iterrows()
        ],
    }


def _month(year: Any, month: int, value: float, origin: Origin) -> dict[str, Any]:
    if isnan(value):
        return {"heat": "", "number": None}
    number = origin.number(f"monthly_return.{year}-{month:02d}", value, _plain_percent(value))
    return {"heat": heat(value), "number": number}


def _plain_percent(value: float) -> str:
    text = f"{value * 100.0:.1f}"
    return "0.0" if text == "-0.0" else text.replace("-", "−")


def _reason(reason: Reason, origin: Origin) -> dict[str, Any]:
    label, unit = _GATES.get(reason.gate, (reason.gate.replace("_", " ").capitalize(), "ratio"))
    return {
        "label": label,
        "sentence": reason.sentence,
        "value": None if reason.value is None else origin.stated(f"gate.{reason.gate}", reason.value, unit),
        "limit": None
        if reason.limit is None
        else origin.stated(f"gate.{reason.gate}.limit", reason.limit, unit),
        "state": "passed" if reason.passed else "failed",
        "word": "Passed" if reason.passed else "Failed",
    }


def _legend(backtest: BacktestRow, origin: Origin) -> list[dict[str, Any]]:
    metrics = {"simulated": "final_worth", "benchmark": "benchmark_final_worth"}
    return [
        {
            "label": line.label,
            "ink": line.ink,
            "number": origin.stated(metrics[line.ink], float(line.points.iloc[-1]), "usd"),
        }
        for line in _lines(backtest)
    ]


def _lines(backtest: BacktestRow) -> list[Line]:
    """The strategy's worth, and the benchmark's from the same capital at the same close."""
    worth = backtest.worth_usd
    lines = [Line("Strategy", "simulated", worth)]
    if backtest.benchmark is not None:
        other: pd.Series = backtest.benchmark["worth"].reindex(worth.index).dropna()
        scaled = other / float(other.iloc[0]) * float(worth.loc[other.index[0]])
        lines.append(Line(str(backtest.benchmark["name"]), "benchmark", scaled))
    return lines


def _holdings(backtest: BacktestRow, origin: Origin) -> list[dict[str, Any]]:
    shares: Mapping[str, float] = backtest.positions_last
    weights: Mapping[str, float] = backtest.weights_last
    held = sorted(symbol for symbol in {*shares, *weights} if shares.get(symbol) or weights.get(symbol))
    return [
        {
            "symbol": symbol,
            "shares": origin.stated(f"positions_last.{symbol}", shares.get(symbol, 0.0), "shares"),
            "weight": origin.stated(f"weights_last.{symbol}", weights.get(symbol), "fraction"),
        }
        for symbol in held
    ]


def _span(backtest: BacktestRow) -> str:
    return f"{day(backtest.first_session)} to {day(backtest.last_session)}"
