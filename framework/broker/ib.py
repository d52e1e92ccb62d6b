"""Interactive Brokers: US stocks and funds through TWS or IB Gateway, which must run, be logged in and take orders.

No keys: the login is that program's. In the folder ``ib`` of the keys there may be ``address`` (``127.0.0.1:4002``),
``client_id_for_orders``, a number that no other program uses on it, and ``account``, where the login has several.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from math import nan

from framework.access import Access
from framework.access.patience import Again, Lost
from framework.broker._asking import Answer, hand_over
from framework.broker._ib_wire import SIMULATED, Link, Wire
from framework.broker._ib_words import adds_up, executions_of, only, report_of_open, symbol_of
from framework.broker._ib_work import Listed, Placing, all_reports, check_client, listed, open_trades, quote
from framework.broker._orders import Rules, Ticket, about, check, check_cancel, written
from framework.broker.base import Permissions, Quote, Report, State, Timing
from framework.errors import AccountRefused, BrokerError, OrderRefused, VenueDown
from framework.trading.orders import Order

CENT = Decimal("0.01")


class IBBroker:
    """An account at Interactive Brokers, in USD; whole shares; share classes with a space: ``BRK B``.

    TWS takes a reference any number of times, so that an id is looked up before it is sent, and one that was sent by
    this object is never sent by it again. It remembers for a day what has ended: look orders up on the day they trade.
    """

    name = "ib"
    currency = "USD"
    visibility_seconds = 60.0

    def __init__(self, access: Access) -> None:
        self._access, self._wire = access, Wire(access)
        self._sent: dict[str, float] = {}  # what went out, by its id

    def permissions(self) -> Permissions:
        """Whose account it is. Money cannot leave by this door; whether orders pass, TWS says with the first."""
        account, currency, _ = self._money()
        return Permissions(
            account=account,
            currency=currency,
            may_trade=True,
            may_withdraw=False,
            may_transfer=False,
            is_simulated=account.startswith(SIMULATED),
        )

    def cash(self) -> float:
        """USD; below zero where the account borrows."""
        return self._money()[2]

    def holdings(self) -> Mapping[str, float]:
        """Signed shares by symbol; what is no stock in USD by its local name."""

        async def held(link: Link) -> dict[str, float]:
            positions = [
                each for each in link.ib.positions() if each.account == link.account and each.position
            ]
            return {symbol_of(each.contract): each.position for each in positions}

        return dict(self._wire.read(held, what="ib: holdings"))

    def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        """The best prices, one snapshot a symbol; those that the account has not subscribed to are absent."""

        async def asked(link: Link) -> dict[str, Quote]:
            quotes = {symbol: await quote(link, symbol) for symbol in symbols}
            return {symbol: found for symbol, found in quotes.items() if found is not None}

        return dict(self._wire.read(asked, what="ib: quotes"))

    def submit(self, order: Order, *, client_id: str, timing: Timing) -> Report:
        """Send an order, unless it is there or was sent already."""
        check(self.name, order, client_id)
        what = about(self.name, order, client_id)
        known = self.order(client_id, order.symbol)
        if known.state is not State.UNKNOWN or client_id in self._sent:
            return known if known.venue_id else replace(known, ordered=self._sent[client_id])
        stock = self._stock(order.symbol, what)
        tick = max(stock.tick, CENT) if order.limit is None or order.limit >= 1.0 else stock.tick
        ticket = written(self.name, order, client_id, Rules(step=Decimal(1), tick=tick))
        self._sent[client_id] = ticket.quantity
        placing = Placing(self._wire, stock.contract, ticket, timing, client_id)
        try:
            answer = hand_over(placing, self._access, about=what)
        except Lost as lost:
            return Report.unknown(client_id, order.symbol, ticket.quantity, why=lost.why)
        except (VenueDown, AccountRefused):
            del self._sent[client_id]  # it was not taken
            raise
        return self._answered(answer, client_id, order.symbol, ticket)

    def order(self, client_id: str, symbol: str) -> Report:
        """Look an order up by our id, among those that are open or ended today, with its trades of today."""
        what = f"ib: {symbol} ({client_id})"

        async def looked_up(link: Link) -> Report:
            fills = await link.ib.reqExecutionsAsync(link.api.ExecutionFilter(acctCode=link.account))
            report = only(await all_reports(link), client_id, what)
            if report is None or report.state is State.UNKNOWN:
                traded = any(fill.execution.orderRef == client_id for fill in fills)
                why = "TWS lists its trades and not the order" if traded else "TWS lists no such order"
                return report or Report.unknown(client_id, symbol, nan, why=why)
            report = replace(report, executions=executions_of(fills, report.venue_id))
            if not adds_up(report):
                raise Again(f"its trades do not add up to the {report.filled:g} shares that have traded")
            return report

        report: Report = self._wire.read(looked_up, what=what)
        if report.symbol != symbol:
            raise BrokerError(
                f"{what}: with that reference TWS has an order for {report.symbol}.",
                "An id is one for a session and a symbol.",
                "Nothing was sent. Somebody else makes ids of this form on the account: give it one owner.",
            )
        return report

    def open_orders(self) -> tuple[Report, ...]:
        """All orders that may still trade."""

        async def told(link: Link) -> tuple[Report, ...]:
            return tuple(report_of_open(trade) for trade in await open_trades(link))

        return tuple(self._wire.read(told, what="ib: open orders"))

    def cancel(self, client_id: str, symbol: str) -> Report:
        """Cancel one of our orders, and look what became of it."""
        check_cancel(self.name, client_id, symbol)
        what = f"ib: cancel {symbol} ({client_id})"

        async def cancelled(link: Link) -> None:
            for trade in await open_trades(link):
                if trade.order.orderRef == client_id:
                    check_client(link, trade, what)
                    link.ib.cancelOrder(trade.order)
            await link.ib.reqAllOpenOrdersAsync()  # answered after the wish has been read

        self._wire.read(cancelled, what=what)
        return self.order(client_id, symbol)

    def _money(self) -> tuple[str, str, float]:
        async def told(link: Link) -> tuple[str, str, float]:
            rows = await link.ib.accountSummaryAsync(link.account)
            total = next((row for row in rows if row.tag == "TotalCashValue"), None)
            if total is None:
                raise Again("an account without cash")
            return link.account, total.currency, float(total.value)

        account, currency, cash = self._wire.read(told, what="ib: account")
        return account, currency, cash

    def _stock(self, symbol: str, what: str) -> Listed:
        async def found(link: Link) -> Listed | None:
            return await listed(link, symbol)

        stock: Listed | None = self._wire.read(found, what=what)
        if stock is None:
            raise OrderRefused(
                f"{what}: IB has no one stock in USD of that name.",
                "A symbol is one share that trades in dollars; its class follows a space: BRK B. No exchange is named.",
                "Nothing was sent. Look the symbol up in TWS.",
            )
        return stock

    def _answered(self, answer: Answer, client_id: str, symbol: str, ticket: Ticket) -> Report:
        if not answer.said:
            placed: Report = answer.body
            return placed
        known = self.order(client_id, symbol)
        if known.state is not State.UNKNOWN:
            return replace(known, said=answer.said)
        return replace(known, ordered=ticket.quantity, state=State.REJECTED, filled=0.0, said=answer.said)


BROKER = IBBroker
