"""Alpaca: US stocks and funds through alpaca-py's client, unpatched.

Keys: ``key_id`` and ``secret_key`` in the folder ``alpaca``; besides, if wanted, ``trading_address`` (the paper
account's unless it is written), and ``address`` and ``feed`` of the quotes, as the source of bars has them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from math import nan
from typing import Any
from urllib.parse import quote

import pandas as pd

from framework.access import Access
from framework.access.patience import Again, Lost
from framework.broker._alpaca_wire import Wire
from framework.broker._asking import Answer, hand_over, learn, read, understood
from framework.broker._orders import Rules, Ticket, about, check, check_cancel, written
from framework.broker.base import Execution, Permissions, Quote, Report, State, Timing, open_state, signed
from framework.errors import BrokerError, OrderRefused
from framework.trading.orders import Order

QUOTES = "https://data.alpaca.markets"
BLOCKS = ("account_blocked", "trading_blocked", "trade_suspended_by_user")
FILLS_A_PAGE, ORDERS_AT_ONCE = 100, 500
DUPLICATE = "client_order_id must be unique"
TIMES = {Timing.NOW: "day", Timing.OPEN: "opg", Timing.CLOSE: "cls"}
STATES = {
    "filled": State.FILLED,
    "canceled": State.CANCELLED,
    "replaced": State.CANCELLED,  # by somebody else's order, which is not ours
    "expired": State.EXPIRED,
    "rejected": State.REJECTED,
}
OPEN = {
    "new",
    "accepted",
    "pending_new",
    "accepted_for_bidding",
    "partially_filled",
    "done_for_day",
    "held",
} | {*("pending_cancel", "pending_replace", "pending_review", "stopped", "suspended", "calculated")}


class AlpacaBroker:
    """An account at Alpaca, in USD.

    Shares of fractions trade during the session only; in the auctions, whole ones.
    """

    name = "alpaca"
    currency = "USD"
    visibility_seconds = 30.0  # it lists orders at once, but a request that timed out may still be under way

    def __init__(self, access: Access) -> None:
        self._access, self._wire = access, Wire(access)
        self._assets: dict[str, dict[str, Any]] = {}

    def permissions(self) -> Permissions:
        """What Alpaca says of the account; it does not say what else the key opens."""
        account = self._account()
        blocks = [name for name in BLOCKS if account[name]]
        status = [] if account["status"] == "ACTIVE" else [f"status {account['status']}"]
        return Permissions(
            account=account["account_number"],
            currency=account["currency"],
            may_trade=not (blocks or status),
            may_withdraw=None,
            may_transfer=None,
            is_simulated=account["account_number"].startswith("PA"),
            why_not=", ".join(status + blocks),
        )

    def cash(self) -> float:
        """USD; below zero where the account borrows."""
        return float(self._account()["cash"])

    def holdings(self) -> Mapping[str, float]:
        """Signed shares by symbol."""

        def found(answer: Answer) -> dict[str, float]:
            return {
                each["symbol"]: signed(abs(float(each["qty"])), is_sale=each["side"] == "short")
                for each in answer.body
            }

        return self._wire.read("/positions", found, what="alpaca: holdings")

    def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        """The best prices of the feed."""
        question = {"symbols": ",".join(symbols), "feed": self._access.keys.option("feed", "sip")}

        def found(answer: Answer) -> dict[str, Quote]:
            quotes = answer.body["quotes"]
            return {
                symbol: Quote(bid=float(each["bp"]) or nan, ask=float(each["ap"]) or nan)
                for symbol, each in quotes.items()
            }

        at = self._access.keys.option("address", QUOTES)
        request = partial(self._wire.request, "get", "/stocks/quotes/latest", question, at)
        return read(request, found, self._access, about="alpaca: quotes")

    def submit(self, order: Order, *, client_id: str, timing: Timing) -> Report:
        """Send an order once; an id that Alpaca has seen before is that order."""
        check(self.name, order, client_id)
        ticket = written(self.name, order, client_id, self._rules(order, client_id, timing))
        what, message = about(self.name, order, client_id), _message(order.symbol, ticket, client_id, timing)
        try:
            answer = hand_over(partial(self._sent, message), self._access, about=what)
        except Lost as lost:
            return Report.unknown(client_id, order.symbol, ticket.quantity, why=lost.why)
        if not answer.said:
            return _report(answer.body)
        known = self.order(client_id, order.symbol)
        if known.state is not State.UNKNOWN or DUPLICATE in answer.said:
            return replace(known, said=known.said or answer.said)
        return replace(known, ordered=ticket.quantity, state=State.REJECTED, filled=0.0, said=answer.said)

    def order(self, client_id: str, symbol: str) -> Report:
        """Look an order up by our id, with what has traded of it."""

        def found(answer: Answer) -> Report:
            if answer.status == 404:
                return Report.unknown(client_id, symbol, nan, why="Alpaca knows no such order")
            if answer.said:
                raise Again(answer.said)
            return self._with_executions(_report(answer.body), str(answer.body["created_at"]))

        what = f"alpaca: {symbol} ({client_id})"
        report = self._wire.read(
            "/orders:by_client_order_id", found, {"client_order_id": client_id}, what=what, may_say_no=True
        )
        if report.symbol != symbol:
            raise BrokerError(
                f"{what}: under that id Alpaca has an order for {report.symbol}.",
                "An id is one for a session and a symbol.",
                "Nothing was sent. Somebody else makes ids of this form on the account: give it one owner.",
            )
        return report

    def open_orders(self) -> tuple[Report, ...]:
        """All orders that may still trade, up to 500 of them."""
        question = {"status": "open", "limit": ORDERS_AT_ONCE, "direction": "asc"}

        def found(answer: Answer) -> tuple[Report, ...]:
            return tuple(_report(each) for each in answer.body)

        reports = self._wire.read("/orders", found, question, what="alpaca: open orders")
        if len(reports) >= ORDERS_AT_ONCE:
            raise BrokerError(
                f"alpaca: there are {len(reports)} open orders or more.",
                f"It lists {ORDERS_AT_ONCE} at once, and the rest would be missed.",
                "Cancel some, or trade from an account of its own.",
            )
        return reports

    def cancel(self, client_id: str, symbol: str) -> Report:
        """Cancel one of our orders, and look what became of it."""
        check_cancel(self.name, client_id, symbol)
        report = self.order(client_id, symbol)
        if report.state is State.UNKNOWN or report.state.is_final:
            return report
        what = f"alpaca: cancel {symbol} ({client_id})"
        learn(
            partial(self._wire.request, "delete", f"/orders/{report.venue_id}", None),
            self._access,
            about=what,
        )
        return self.order(client_id, symbol)

    def _account(self) -> dict[str, Any]:
        def found(answer: Answer) -> dict[str, Any]:
            return {
                name: answer.body[name] for name in ("account_number", "currency", "cash", "status", *BLOCKS)
            }

        return self._wire.read("/account", found, what="alpaca: account")

    def _rules(self, order: Order, client_id: str, timing: Timing) -> Rules:
        asset = self._asset(order.symbol)
        if not asset.get("tradable"):
            raise OrderRefused(
                f"{about(self.name, order, client_id)}: {asset.get('said') or 'it does not trade there'}.",
                "Alpaca trades US stocks and funds; share classes with a point: BRK.B.",
                "Nothing was sent. Look the symbol up on Alpaca's page.",
            )
        fractions = asset["fractionable"] and timing is Timing.NOW
        dollars = order.limit is None or order.limit >= 1.0
        return Rules(
            step=Decimal("0.000000001") if fractions else Decimal(1),
            tick=Decimal("0.01" if dollars else "0.0001"),
        )

    def _asset(self, symbol: str) -> dict[str, Any]:
        def found(answer: Answer) -> dict[str, Any]:
            if answer.said:
                return {"said": answer.said}
            return {"tradable": answer.body["tradable"], "fractionable": answer.body["fractionable"]}

        if not self._assets.get(symbol, {}).get("tradable"):
            self._assets[symbol] = self._wire.read(
                f"/assets/{quote(symbol, safe='')}", found, what=f"alpaca: {symbol}", may_say_no=True
            )
        return self._assets[symbol]

    def _with_executions(self, report: Report, created: str) -> Report:
        """The order with its trades, which Alpaca lists by account; `Again` while they do not add up."""
        if not report.filled or report.state is State.UNKNOWN:
            return report
        executions = tuple(
            Execution(
                venue_id=each["id"],
                quantity=signed(float(each["qty"]), is_sale=each["side"].startswith("sell")),
                price=float(each["price"]),
                at=each["transaction_time"],
            )
            for each in self._fills(pd.Timestamp(created))
            if each["order_id"] == report.venue_id
        )
        if sum(Decimal(repr(each.quantity)) for each in executions) != Decimal(repr(report.filled)):
            raise Again(f"its trades do not add up to the {report.filled:g} shares that have traded")
        return replace(report, executions=executions)

    def _fills(self, created: pd.Timestamp) -> Iterator[dict[str, Any]]:
        """All trades of the account since the day before, oldest first."""
        token = None
        after = f"{created - pd.Timedelta(days=1):%Y-%m-%d}"
        while True:
            question = {"after": after, "direction": "asc", "page_size": FILLS_A_PAGE, "page_token": token}
            page = self._wire.request("get", "/account/activities/FILL", question).body
            yield from page
            if len(page) < FILLS_A_PAGE:
                return
            token = page[-1]["id"]

    def _sent(self, message: dict[str, str]) -> Answer:
        answer = self._wire.request("post", "/orders", message)
        with understood():
            if not answer.said and _report(answer.body).client_id != message["client_order_id"]:
                raise Lost("an answer about another order")
        return answer


BROKER = AlpacaBroker


def _message(symbol: str, ticket: Ticket, client_id: str, timing: Timing) -> dict[str, str]:
    limit = {} if ticket.limit is None else {"limit_price": f"{ticket.limit:f}"}
    return {
        "symbol": symbol,
        "qty": f"{ticket.size:f}",
        "side": "sell" if ticket.is_sale else "buy",
        "type": "limit" if limit else "market",
        "time_in_force": TIMES[timing],
        "client_order_id": client_id,
        **limit,
    }


def _report(body: Any) -> Report:
    status, is_sale = body["status"], body["side"] == "sell"
    filled = signed(float(body["filled_qty"] or 0.0), is_sale=is_sale)
    state = open_state(filled) if status in OPEN else STATES.get(status, State.UNKNOWN)
    return Report(
        client_id=body["client_order_id"],
        venue_id=body["id"],
        symbol=body["symbol"],
        ordered=nan if body["qty"] is None else signed(float(body["qty"]), is_sale=is_sale),
        state=state,
        filled=nan if state is State.UNKNOWN else filled,
        said=status,
    )
