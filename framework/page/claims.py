"""What the rows of a bundle say of the numbers on a page: metric by metric, as the page names them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from framework.ledger.bundle import MALFORMED, malformed
from framework.ledger.unbundle import ProvenRow
from framework.page.numbers import SERIES

type Key = tuple[str, str, str, str]
"""Metric, strategy, series and run."""
type Claim = float | str | None

ANY_RUN: Final = ""
"""The run of a backtest stands among the columns that are skipped: its numbers are known by metric and strategy."""
WORDS: Final = ("content_hash", "git_sha", "verdict")
"""Metrics whose value is a word."""


def claims(rows: Iterable[ProvenRow]) -> dict[Key, Claim]:
    """What each number must be that follows from one of the rows alone.

    Raises
    ------
    NotVerified
        A row holds something that no row of its table holds.
    """
    every = sorted(rows, key=lambda row: row.sequence)  # of several ends of an order, the last one stands
    ordered = {
        str(row.values["order_id"]): str(row.values["run_id"]) for row in every if row.table == "orders"
    }
    found: dict[Key, Claim] = {}
    for row in every:
        if row.table not in SAYING:
            continue
        try:
            said = {
                (metric, row.strategy, *of): claim for metric, of, claim in SAYING[row.table](row, ordered)
            }
        except MALFORMED as error:
            raise malformed(
                f"row {row.sequence} of {row.table} says nothing that a page shows ({error})"
            ) from error
        found |= said
    return found


type Said = Iterator[tuple[str, tuple[str, str], Claim]]


def _backtest(row: ProvenRow, _: Mapping[str, str]) -> Said:
    of = ("simulated", ANY_RUN)
    for statistic in _json(row, "tearsheet")["rows"]:
        key = statistic["key"]
        yield key, of, _number(statistic["value"])
        yield f"{key}.n", of, _number(statistic["n"])
        for end in ("low", "high"):
            yield f"{key}.{end}", of, _number(statistic[end])
    verdict = _json(row, "verdict")
    reasons = verdict["reasons"]
    for reason in reasons:
        yield f"gate.{reason['gate']}", of, _number(reason["value"])
        yield f"gate.{reason['gate']}.limit", of, _number(reason["limit"])
    yield "gates", of, float(len(reasons))
    yield "gates_passed", of, float(sum(reason["passed"] is True for reason in reasons))
    yield "trials", of, _number(verdict["trials"])
    yield "verdict", of, "promoted" if verdict["promoted"] is True else "rejected"
    shares, weights = _json(row, "positions_last"), _json(row, "weights_last")
    for symbol in {*shares, *weights}:
        yield f"positions_last.{symbol}", of, _number(shares.get(symbol, 0.0))
        yield f"weights_last.{symbol}", of, _number(weights.get(symbol))


def _night(row: ProvenRow, _: Mapping[str, str]) -> Said:
    of = (SERIES[_text(row, "mode")], _text(row, "run_id"))
    session, worth = _text(row, "session"), float(_text(row, "worth_usd"))
    yield f"worth.{session}", of, worth
    yield "final_worth", of, worth
    yield f"cash.{session}", of, float(_text(row, "cash_usd"))
    prices = _json(row, "prices")
    for symbol, held in _json(row, "holdings").items():
        yield f"position.{symbol}", of, float(held)
        yield f"position_value.{symbol}", of, float(held) * float(prices[symbol])


def _order(row: ProvenRow, _: Mapping[str, str]) -> Said:
    of, identity = (SERIES[_text(row, "mode")], _text(row, "run_id")), _text(row, "order_id")
    for metric in ("quantity", "reference_price"):
        yield f"order.{identity}.{metric}", of, float(_text(row, metric))


def _end(row: ProvenRow, ordered: Mapping[str, str]) -> Said:
    identity = _text(row, "order_id")
    if identity not in ordered:
        return
    of, costs = (SERIES[_text(row, "mode")], ordered[identity]), ("commission_usd", "spread_usd")
    yield f"order.{identity}.filled", of, float(_text(row, "quantity"))
    yield f"order.{identity}.costs", of, sum(float(_text(row, column)) for column in costs)
    if row.values["price"] is not None:
        yield f"order.{identity}.price", of, float(_text(row, "price"))


def _run(row: ProvenRow, _: Mapping[str, str]) -> Said:
    yield "git_sha", (SERIES[_text(row, "mode")], _text(row, "run_id")), _text(row, "git_sha")


def _notebook(row: ProvenRow, _: Mapping[str, str]) -> Said:
    of = (SERIES[_text(row, "kind")], row.values["run_id"] or "none")
    yield "content_hash", of, _text(row, "content_hash")


SAYING: Final = {
    "backtest_results": _backtest,
    "portfolio_worth": _night,
    "orders": _order,
    "order_events": _end,
    "runs": _run,
    "notebooks": _notebook,
}


def _json(row: ProvenRow, column: str) -> Any:
    return json.loads(_text(row, column))


def _text(row: ProvenRow, column: str) -> str:
    value = row.values[column]
    if value is None:
        raise ValueError(f"its {column} is missing")
    return value


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
