"""What a night computed, as the rows in which the ledger keeps it."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import fsum

import pandas as pd

from framework.data.sessions import close_of
from framework.job.settlement import Prices, Settled
from framework.job.spec import JobSpec
from framework.ledger.rows import Book, OrderEventRow, OrderRow, WorthRow
from framework.trading.orders import Fill, Order


@dataclass(frozen=True)
class Tonight:
    """Whose night it is: the job, the session and the run."""

    job: JobSpec
    session: pd.Timestamp
    run_id: str

    @property
    def known_at(self) -> datetime:
        """The close of the session."""
        return close_of(self.job.calendar, self.session)

    def order_id(self, order: Order) -> str:
        """The client id of an order: the same whenever the same decision is taken again."""
        text = "\x1f".join((self.job.name, self.job.mode, order.session.isoformat(), order.symbol))
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def order_rows(self, orders: Sequence[Order], target: pd.Series | None) -> list[OrderRow]:
        """The orders that were decided."""
        weights = {} if target is None else {str(symbol): float(weight) for symbol, weight in target.items()}
        return [
            OrderRow(
                order_id=self.order_id(order),
                strategy=self.job.name,
                mode=self.job.mode,
                session=self.session,
                run_id=self.run_id,
                symbol=order.symbol,
                quantity=order.quantity,
                reference_price=order.reference_price,
                known_at=self.known_at,
                limit_price=order.limit,
                target_weight=weights.get(order.symbol, 0.0),
            )
            for order in orders
        ]

    def event_rows(self, fills: Sequence[Fill]) -> list[OrderEventRow]:
        """What became of the orders that waited: what traded, and the end of the order."""
        return [row for done in fills for row in self._events(done)]

    def _events(self, done: Fill) -> Iterator[OrderEventRow]:
        if done.quantity == done.order.quantity:
            yield self._event(done, "filled", done.quantity)
            return
        if done.quantity:
            yield self._event(done, "partially_filled", done.quantity)
        yield self._event(done, "expired", 0.0)

    def _event(self, done: Fill, event: str, quantity: float) -> OrderEventRow:
        traded = bool(quantity)
        late = {} if done.session == self.session else {"settled_late_in": f"{self.session:%Y-%m-%d}"}
        return OrderEventRow(
            order_id=self.order_id(done.order),
            strategy=self.job.name,
            mode=self.job.mode,
            session=self.session,
            run_id=self.run_id,
            event=event,  # type: ignore[arg-type] # one of the three above
            known_at=close_of(self.job.calendar, done.session),
            quantity=quantity,
            price=done.price if traded else None,
            commission_usd=done.commission_usd if traded else 0.0,
            spread_usd=done.spread_usd if traded else 0.0,
            detail={"traded_in": f"{done.session:%Y-%m-%d}", **late},
        )

    def worth_row(  # noqa: PLR0913 - the figures of one night, by name
        self,
        settled: Settled,
        before: Book,
        *,
        cash: float,
        holdings: Mapping[str, float],
        marks: Prices,
        snapshot_hash: str,
        backfilled: bool,
    ) -> WorthRow:
        """What the book is worth tonight."""
        worth = float(settled.worth.iloc[-1])
        prices = {symbol: marks[symbol] for symbol in holdings}
        gross = fsum(abs(held) * prices[symbol] for symbol, held in holdings.items())
        return WorthRow(
            strategy=self.job.name,
            mode=self.job.mode,
            session=self.session,
            run_id=self.run_id,
            worth_usd=worth,
            cash_usd=cash,
            holdings=dict(holdings),
            prices=prices,
            snapshot_hash=snapshot_hash,
            known_at=self.known_at,
            backfilled=backfilled,
            costs_usd=settled.costs_usd,
            turnover=0.0 if before.last is None else settled.traded_usd / before.last.worth_usd,
            exposure=gross / worth,
        )


def as_order(row: OrderRow) -> Order:
    """The order as it was decided, read back from the record."""
    return Order(
        symbol=row.symbol,
        quantity=row.quantity,
        reference_price=row.reference_price,
        session=row.session,
        limit=row.limit_price,
        run_id=row.run_id,
    )
