"""What a night leaves behind: worth, fills and the next orders of a paper or live book."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Select, select
from sqlalchemy.dialects.postgresql import distinct_on

from framework.errors import RecordRefused
from framework.ledger.door import Door, append, first, lock_night, row_of
from framework.ledger.rows import ORDER_ENDS, Book, BookMode, OrderEventRow, OrderRow, RunRow, WorthRow
from framework.ledger.runs import append_event, refuse_unless_current, run_with
from framework.ledger.schema import order_events, orders, portfolio_worth


class Nights(Door):
    """The book of each strategy, a night at a time."""

    def append_night(
        self, run_id: str, *, worth: WorthRow, fills: Sequence[OrderEventRow], orders: Sequence[OrderRow]
    ) -> bool:
        """Append a night whole: worth, what became of earlier orders, the next orders, the event "recorded".

        Returns
        -------
        bool
            False, with nothing appended, if this session's worth is on record already.

        Raises
        ------
        RecordRefused
            The run is not the newest attempt at its session or has ended; a row is of another strategy, mode, session
            or run; an order is settled twice. Nothing is appended.
        """
        with self.transaction() as connection:
            run = run_with(connection, run_id)
            lock_night(connection, run.strategy, run.mode)
            refuse_unless_current(connection, run)
            _refuse_foreign(run, [worth, *fills, *orders])
            if first(
                connection, _worth(run.strategy, run.mode).where(portfolio_worth.c.session == run.session)
            ):
                return False
            _append(connection, worth, fills, orders)
            append_event(connection, run, "recorded", {"fills": len(fills), "orders": len(orders)})
        return True

    def open_orders(self, strategy: str, mode: BookMode) -> list[OrderRow]:
        """Orders without an end on record, in the order in which they were appended."""
        ended = select(order_events.c.order_id).where(
            order_events.c.order_id == orders.c.order_id, order_events.c.event.in_(ORDER_ENDS)
        )
        with self.transaction() as connection:
            found = connection.execute(_orders(strategy, mode).where(~ended.exists())).mappings()
            return [row_of(OrderRow, dict(row)) for row in found]

    def book(self, strategy: str, mode: BookMode, *, capital: float = 0.0) -> Book:
        """The book after its last night; one that has none holds nothing and has `capital` in cash."""
        found = self.one(_worth(strategy, mode).order_by(portfolio_worth.c.session.desc()))
        if found is None:
            return Book(cash=capital, holdings={}, last=None)
        last = row_of(WorthRow, found)
        return Book(cash=last.cash_usd, holdings=last.holdings, last=last)

    def worth(self, strategy: str, mode: BookMode) -> pd.DataFrame:
        """All nights by session: the columns of `WorthRow`, and ``recorded_at``."""
        frame = self.frame(_worth(strategy, mode).order_by(portfolio_worth.c.session))
        return frame[[*WorthRow.__dataclass_fields__, "recorded_at"]]

    def orders(self, strategy: str, mode: BookMode) -> pd.DataFrame:
        """All orders in sequence with their last event: the columns of `OrderRow`, then ``event`` and what it says."""
        last = (
            select(order_events)
            .where(order_events.c.strategy == strategy, order_events.c.mode == mode)
            .ext(distinct_on(order_events.c.order_id))
            .order_by(order_events.c.order_id, order_events.c.sequence.desc())
            .subquery()
        )
        return self.frame(
            select(
                *[orders.c[name] for name in OrderRow.__dataclass_fields__],
                last.c.event,
                last.c.session.label("event_session"),
                last.c.quantity.label("filled_quantity"),
                last.c.price.label("fill_price"),
                last.c.commission_usd,
                last.c.spread_usd,
                last.c.detail,
                orders.c.recorded_at,
            )
            .outerjoin_from(orders, last, orders.c.order_id == last.c.order_id)
            .where(orders.c.strategy == strategy, orders.c.mode == mode)
            .order_by(orders.c.sequence)
        )


def _append(
    connection: Connection, worth: WorthRow, fills: Sequence[OrderEventRow], decided: Sequence[OrderRow]
) -> None:
    append(connection, portfolio_worth, [worth])
    append(connection, order_events, fills)
    append(connection, orders, decided)


def _refuse_foreign(run: RunRow, rows: Sequence[WorthRow | OrderEventRow | OrderRow]) -> None:
    own = (run.strategy, run.mode, run.session, run.run_id)
    for row in rows:
        other = (row.strategy, row.mode, row.session, row.run_id)
        if other != own:
            raise RecordRefused(
                f"A {type(row).__name__} of {other[0]} ({other[1]}, {other[2]:%Y-%m-%d}, run {other[3]}) is among "
                f"the rows of {own[0]} ({own[1]}, {own[2]:%Y-%m-%d}, run {own[3]}).",
                "A night belongs to one strategy, mode, session and run.",
                "Append each to its own run.",
            )


def _worth(strategy: str, mode: str) -> Select[Any]:
    return select(portfolio_worth).where(
        portfolio_worth.c.strategy == strategy, portfolio_worth.c.mode == mode
    )


def _orders(strategy: str, mode: str) -> Select[Any]:
    return (
        select(orders).where(orders.c.strategy == strategy, orders.c.mode == mode).order_by(orders.c.sequence)
    )
