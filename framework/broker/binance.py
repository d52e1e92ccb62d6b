"""Binance: spot pairs through its own SDK, unpatched.

Keys: ``api_key`` and ``api_secret`` in the folder ``binance``, of a key that may read and trade spot and nothing else;
besides, if wanted, ``currency`` (``USDT``), in which cash is counted and all pairs are quoted, and ``trading_address``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from math import nan
from typing import Any

from framework.access import Access
from framework.access.patience import Again, Lost
from framework.broker._asking import Answer, hand_over, learn, understood
from framework.broker._binance_wire import Wire
from framework.broker._binance_words import execution, message, pair_rules, report
from framework.broker._orders import Rules, Ticket, about, check, check_cancel, written
from framework.broker.base import Permissions, Quote, Report, State, Timing
from framework.errors import AccountRefused, BrokerError, OrderRefused, VenueDown
from framework.trading.orders import Order

TESTNET = "testnet."  # its keys open nothing but play money, and it does not say what they may
MOST_ORDERS, MOST_TRADES = 1000, 1000  # that it lists at once
NO_SUCH_ORDER, NO_SUCH_SYMBOL = -2013, {-1121, -1100}


class BinanceBroker:
    """A spot account at Binance.

    It takes an id a second time once the first order under it has ended, and may list an order late. So an id is looked
    up before it is sent, and one that was sent by this object is never sent by it again. It knows no sessions: a limit
    order stays until it is cancelled, and there is no auction.
    """

    name = "binance"
    visibility_seconds = 60.0

    def __init__(self, access: Access) -> None:
        self._access, self._wire = access, Wire(access)
        self._rules: dict[tuple[str, bool], Rules] = {}
        self._sent: dict[str, float] = {}  # what went out, by its id

    @property
    def currency(self) -> str:
        """What cash is counted in, and all pairs are quoted in."""
        return self._access.keys.option("currency", "USDT")

    def permissions(self) -> Permissions:
        """What Binance says that the key may do."""
        is_simulated = TESTNET in self._wire.address
        key = {} if is_simulated else self._restrictions()
        account = self._account()
        may_trade = bool(account["canTrade"]) and bool(key.get("enableSpotAndMarginTrading", is_simulated))
        return Permissions(
            account=str(account["uid"]),
            currency=self.currency,
            may_trade=may_trade,
            may_withdraw=key.get("enableWithdrawals"),
            may_transfer=None
            if is_simulated
            else key["enableInternalTransfer"] or key["permitsUniversalTransfer"],
            is_simulated=is_simulated,
            why_not="" if may_trade else "the key may not trade spot, or the account may not",
        )

    def cash(self) -> float:
        """Money in `currency`, what open orders hold included."""
        return self._balances().get(self.currency, 0.0)

    def holdings(self) -> Mapping[str, float]:
        """Coins by their pair with `currency`, what open orders hold included."""
        cash = self.currency
        return {f"{asset}{cash}": size for asset, size in self._balances().items() if asset != cash and size}

    def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        """The best prices in the book."""

        def found(answer: Answer) -> dict[str, Quote]:
            return {
                each["symbol"]: Quote(bid=float(each["bidPrice"]) or nan, ask=float(each["askPrice"]) or nan)
                for each in answer.body
                if each["symbol"] in symbols
            }

        return self._wire.public("/api/v3/ticker/bookTicker", found, {}, what="binance: quotes")

    def submit(self, order: Order, *, client_id: str, timing: Timing) -> Report:
        """Send an order, unless it is there or was sent already."""
        check(self.name, order, client_id)
        what = about(self.name, order, client_id)
        if timing is not Timing.NOW:
            raise OrderRefused(
                f"{what}: it is to trade {timing.value}.",
                "Binance has no auctions.",
                "Nothing was sent. Trade now.",
            )
        known = self.order(client_id, order.symbol)
        if known.state is not State.UNKNOWN or client_id in self._sent:
            return known if known.venue_id else replace(known, ordered=self._sent[client_id])
        ticket = written(self.name, order, client_id, self._rules_of(order, client_id))
        return self._handed_over(order.symbol, ticket, client_id, what)

    def order(self, client_id: str, symbol: str) -> Report:
        """Look an order up by our id, with what has traded of it."""
        what = f"binance: {symbol} ({client_id})"

        def found(answer: Answer) -> Report | None:
            if answer.said and answer.status != NO_SUCH_ORDER and answer.status not in NO_SUCH_SYMBOL:
                raise Again(answer.said)
            return None if answer.said else self._with_executions(report(answer.body))

        question = {"symbol": symbol, "origClientOrderId": client_id}
        looked_up = self._wire.read("/api/v3/order", found, question, what=what, may_say_no=True)
        return looked_up or self._forgotten(client_id, symbol, what)

    def open_orders(self) -> tuple[Report, ...]:
        """All orders that may still trade."""

        def found(answer: Answer) -> tuple[Report, ...]:
            return tuple(report(each) for each in answer.body)

        return self._wire.read("/api/v3/openOrders", found, what="binance: open orders")

    def cancel(self, client_id: str, symbol: str) -> Report:
        """Cancel one of our orders, and look what became of it."""
        check_cancel(self.name, client_id, symbol)
        before = self.order(client_id, symbol)
        if before.state is State.UNKNOWN or before.state.is_final:
            return before
        which = {"symbol": symbol, "orderId": before.venue_id}
        what = f"binance: cancel {symbol} ({client_id})"
        learn(partial(self._wire.request, "DELETE", "/api/v3/order", which), self._access, about=what)
        return self.order(client_id, symbol)

    def _restrictions(self) -> dict[str, bool]:
        names = ("enableSpotAndMarginTrading", "enableWithdrawals", "enableInternalTransfer")

        def found(answer: Answer) -> dict[str, bool]:
            return {name: bool(answer.body[name]) for name in (*names, "permitsUniversalTransfer")}

        return self._wire.read("/sapi/v1/account/apiRestrictions", found, what="binance: what the key may do")

    def _account(self) -> dict[str, Any]:
        def found(answer: Answer) -> dict[str, Any]:
            return {name: answer.body[name] for name in ("uid", "canTrade", "balances")}

        return self._wire.read(
            "/api/v3/account", found, {"omitZeroBalances": "true"}, what="binance: account"
        )

    def _balances(self) -> dict[str, float]:
        balances = self._account()["balances"]
        return {each["asset"]: float(Decimal(each["free"]) + Decimal(each["locked"])) for each in balances}

    def _handed_over(self, symbol: str, ticket: Ticket, client_id: str, what: str) -> Report:
        self._sent[client_id] = ticket.quantity
        try:
            answer = hand_over(
                partial(self._one, message(symbol, ticket, client_id)), self._access, about=what
            )
        except Lost as lost:
            return Report.unknown(client_id, symbol, ticket.quantity, why=lost.why)
        except (VenueDown, AccountRefused):
            del self._sent[client_id]  # it was not taken
            raise
        if not answer.said:
            return report(answer.body)
        known = self.order(client_id, symbol)
        if known.state is not State.UNKNOWN or "Duplicate" in answer.said:
            return replace(known, said=known.said or answer.said)
        return replace(known, ordered=ticket.quantity, state=State.REJECTED, filled=0.0, said=answer.said)

    def _one(self, told: dict[str, str]) -> Answer:
        answer = self._wire.request("POST", "/api/v3/order", told)
        with understood():
            if not answer.said and report(answer.body).client_id != told["newClientOrderId"]:
                raise Lost("an answer about another order")
        return answer

    def _forgotten(self, client_id: str, symbol: str, what: str) -> Report:
        """An order whose id is not looked up any more, found in the list of all of the pair."""

        def found(answer: Answer) -> tuple[Report, ...]:
            if answer.said and answer.status not in NO_SUCH_SYMBOL:
                raise Again(answer.said)
            reports = () if answer.said else tuple(report(each) for each in answer.body)
            return tuple(self._with_executions(each) for each in reports if each.client_id == client_id)

        question = {"symbol": symbol, "limit": MOST_ORDERS}
        reports = self._wire.read("/api/v3/allOrders", found, question, what=what, may_say_no=True)
        if len(reports) > 1:
            raise BrokerError(
                f"{what}: Binance has {len(reports)} orders under that id.",
                "It takes an id again after a fill; we never send one twice.",
                "Nothing was sent. Look at the account: another program makes such ids, or ran beside this one.",
            )
        return (
            reports[0]
            if reports
            else Report.unknown(client_id, symbol, nan, why="Binance lists no such order")
        )

    def _with_executions(self, told: Report) -> Report:
        """The order with its trades; `Again` while they do not add up to what has traded."""
        if not told.filled or told.state is State.UNKNOWN:
            return told
        question = {"symbol": told.symbol, "orderId": told.venue_id, "limit": MOST_TRADES}
        trades = self._wire.request("GET", "/api/v3/myTrades", question).body
        executions = tuple(execution(each) for each in trades if str(each["orderId"]) == told.venue_id)
        if sum(Decimal(repr(each.quantity)) for each in executions) != Decimal(repr(told.filled)):
            raise Again(f"its trades do not add up to the {told.filled:g} that have traded")
        return replace(told, executions=executions)

    def _rules_of(self, order: Order, client_id: str) -> Rules:
        kept = (order.symbol, order.limit is None)
        if kept not in self._rules:
            what = about(self.name, order, client_id)
            self._rules[kept] = pair_rules(
                self._pair(order.symbol, what), self.currency, what, is_market=kept[1]
            )
        return self._rules[kept]

    def _pair(self, symbol: str, what: str) -> dict[str, Any]:
        def found(answer: Answer) -> dict[str, Any]:
            if answer.said and answer.status not in NO_SUCH_SYMBOL:
                raise Again(answer.said)
            return {} if answer.said else dict(answer.body["symbols"][0])

        return self._wire.public("/api/v3/exchangeInfo", found, {"symbol": symbol}, what=what)


BROKER = BinanceBroker
