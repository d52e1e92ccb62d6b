"""The paper half of a strategy's page: recorded nights as what the templates print."""

from typing import Any

import pandas as pd

from framework.ledger.rows import SuspensionRow
from framework.page.charts import Line, line_chart
from framework.page.data import PaperRecord, StrategyRecord
from framework.page.numbers import Origin, day, moment
from framework.page.statistic import statistic_view
from framework.statistics.tearsheet import Tearsheet, tearsheet_of_worth

NIGHTS, ORDERS = 10, 30  # what is listed; the record has them all
_ENOUGH = 21  # sessions, about a month, before a statistic is worth a line
_PROMPT = pd.Timedelta(days=1)  # of its close, for a night that was not run after the fact
_HEADLINE = ("total_return", "max_drawdown", "costs_paid")


def paper_view(record: StrategyRecord) -> dict[str, Any] | None:
    """Everything of the section but its chart; None without a night on record."""
    paper = record.paper
    if paper is None:
        return None
    last = Origin(strategy=record.name, series="paper", run=str(paper.nights["run_id"].iloc[-1]))
    sheet = _sheet(paper)
    worth = last.stated("final_worth", float(paper.worth.iloc[-1]), "usd")
    return {
        "span": f"{day(paper.worth.index[0])} to {day(paper.worth.index[-1])}",
        "promise": promise(paper.nights),
        "headline": [
            {"label": "Sessions", "number": last.stated("sessions", float(len(paper.nights)), "count")},
            *(statistic_view(sheet[key], last) for key in _HEADLINE if sheet),
        ],
        "legend": [{"label": "Paper account", "ink": "paper", "number": worth}],
        "nights": _nights(record.name, paper),
        "positions": _positions(paper, last, is_closed=record.is_closed),
        "tearsheet": {"rows": [statistic_view(row, last) for row in sheet if row.value is not None]}
        if sheet and len(paper.nights) >= _ENOUGH
        else None,
        "too_short": f"Statistics are listed from {_ENOUGH} sessions on; nothing shorter than a year is annualised.",
        "is_closed": record.is_closed,
        "orders": [
            _order(record.name, order, is_closed=record.is_closed)
            for _, order in _latest(paper.orders).iterrows()
        ],
        "left_out": _left_out(paper.orders),
    }


def paper_charts(record: StrategyRecord) -> dict[str, str]:
    """The worth of the recorded nights, by file name."""
    if record.paper is None:
        return {}
    line = Line("Paper account", "paper", record.paper.worth)
    drawing = line_chart(
        [line], unit="usd", name="paper-worth", title="Worth of the paper account", height=240
    )
    return {"paper-worth.svg": drawing}


def paper_index_view(record: StrategyRecord) -> dict[str, Any] | None:
    """The paper record as the first page lists it."""
    if record.paper is None:
        return None
    nights = record.paper.nights
    origin = Origin(strategy=record.name, series="paper", run=str(nights["run_id"].iloc[-1]))
    return {
        "since": day(record.paper.worth.index[0]),
        "sessions": origin.stated("sessions", float(len(nights)), "count"),
    }


def suspension_view(suspension: SuspensionRow | None) -> dict[str, str] | None:
    """Since when, why and by whose word a strategy may not trade; None while it may."""
    if suspension is None:
        return None
    return {
        "since": moment(suspension.known_at),
        "reason": suspension.reason,
        "reviewer": suspension.reviewer,
    }


def _sheet(paper: PaperRecord) -> Tearsheet | None:
    """The statistics of the nights; None for an account that was ruined, which has no returns."""
    if (paper.worth <= 0.0).any():
        return None
    nights = paper.nights.set_axis(paper.worth.index, axis=0)
    return tearsheet_of_worth(
        paper.worth,
        costs_usd=float(nights["costs_usd"].sum()),
        turnover=nights["turnover"].astype("f8"),
        exposure=nights["exposure"].astype("f8"),
    )


def promise(nights: pd.DataFrame) -> str:
    """When the nights were run, which is what a paper record is worth.

    A night that says of itself that it was backfilled, or that the server recorded more than a day after its close,
    was run after the fact.
    """
    delay = pd.to_datetime(nights["recorded_at"], utc=True) - pd.to_datetime(nights["known_at"], utc=True)
    late, count = int((nights["backfilled"].astype(bool) | (delay > _PROMPT)).sum()), len(nights)
    money = "Fills are simulated at the prices that followed; no money is at risk."
    if late == 0:
        return f"Each night was recorded within a day of its close. {money}"
    which = "Every night" if late == count else f"{late:,} of {count:,} nights"
    verb = "were" if 1 < late < count else "was"
    return f"{which} {verb} backfilled: run after the fact, from the bars known at the time. {money}"


def trouble(runs: pd.DataFrame) -> str:
    """What the newest run came to, where that was not a finished night."""
    if runs.empty or runs["status"].iloc[-1] in ("finished", "recorded"):
        return ""
    last = runs.iloc[-1]
    return f"The last run, for {day(last['session'])}, is on record as {last['status']}."


def _nights(strategy: str, paper: PaperRecord) -> list[dict[str, Any]]:
    nights = paper.nights.assign(change=paper.nights["worth_usd"].astype("f8").pct_change())
    return [_night(strategy, night) for _, night in nights.iloc[::-1].head(NIGHTS).iterrows()]


def _night(strategy: str, night: pd.Series) -> dict[str, Any]:
    origin = Origin(strategy=strategy, series="paper", run=str(night["run_id"]))
    session = day(night["session"])
    change = None if pd.isna(night["change"]) else float(night["change"])
    return {
        "session": session,
        "worth": origin.stated(f"worth.{session}", float(night["worth_usd"]), "usd"),
        "change": None if change is None else origin.stated(f"return.{session}", change, "fraction"),
        "cash": origin.stated(f"cash.{session}", float(night["cash_usd"]), "usd"),
        "recorded": moment(pd.Timestamp(night["recorded_at"]).tz_convert("UTC")),
    }


def _positions(paper: PaperRecord, origin: Origin, *, is_closed: bool) -> list[dict[str, Any]]:
    prices = paper.book.last.prices if paper.book.last else {}
    held = sorted((symbol, quantity) for symbol, quantity in paper.book.holdings.items() if quantity)
    return [
        {
            "symbol": symbol,
            "shares": origin.stated(f"position.{symbol}", quantity, "shares"),
            "value": None
            if is_closed
            else origin.stated(f"position_value.{symbol}", quantity * prices[symbol], "usd"),
        }
        for symbol, quantity in held
    ]


def _latest(orders: pd.DataFrame) -> pd.DataFrame:
    return orders.iloc[::-1].head(ORDERS)


def _left_out(orders: pd.DataFrame) -> str:
    return f"The last {ORDERS} of {len(orders):,} orders on record." if len(orders) > ORDERS else ""


def _order(strategy: str, order: pd.Series, *, is_closed: bool) -> dict[str, Any]:
    """An order and its fill; what a price follows from (price, reference, costs in basis points) only where it may."""
    origin = Origin(strategy=strategy, series="paper", run=str(order["run_id"]))
    identity = str(order["order_id"])
    settled = pd.notna(order["event"])
    traded = settled and float(order["filled_quantity"]) != 0.0
    priced = traded and not is_closed
    costs = float(order["commission_usd"]) + float(order["spread_usd"]) if priced else None
    return {
        "decided": day(order["session"]),
        "symbol": order["symbol"],
        "quantity": origin.stated(f"order.{identity}.quantity", float(order["quantity"]), "shares"),
        "reference": None
        if is_closed
        else origin.stated(f"order.{identity}.reference_price", float(order["reference_price"]), "usd"),
        "outcome": str(order["event"]).replace("_", " ") if settled else "open",
        "settled": day(order["event_session"]) if settled else "",
        "filled": origin.stated(f"order.{identity}.filled", float(order["filled_quantity"]), "shares")
        if traded
        else None,
        "price": origin.stated(f"order.{identity}.price", float(order["fill_price"]), "usd")
        if priced
        else None,
        "costs": None if costs is None else origin.stated(f"order.{identity}.costs", costs, "usd"),
    }
