import dataclasses

import pandas as pd
import pytest

from framework.errors import RecordRefused

NEXT = pd.Timestamp("2022-12-28")


@pytest.fixture
def night(ledger, make_run, make_worth, make_order):
    """A first night that decided one order."""
    run = ledger.start_attempt(make_run("first"))
    assert ledger.append_night("first", worth=make_worth(run), fills=[], orders=[make_order(run)])
    ledger.append_event("first", "finished")
    return run


def test_a_book_without_a_night_holds_its_capital(ledger):
    book = ledger.book("dual_momentum", "paper", capital=100_000.0)
    assert (book.cash, book.holdings, book.last) == (100_000.0, {}, None)


def test_a_night_comes_back_to_the_last_digit(ledger, night, make_worth, make_order):
    book = ledger.book("dual_momentum", "paper")
    assert book.last == make_worth(night)
    assert (book.cash, book.holdings) == (50_000.1, {"MTUM": 500.25})
    assert ledger.open_orders("dual_momentum", "paper") == [make_order(night)]


def test_a_filled_order_is_open_no_longer(ledger, night, make_run, make_worth, make_fill):
    run = ledger.start_attempt(make_run("second", session=NEXT))
    fills = [make_fill(run)]
    assert ledger.append_night("second", worth=make_worth(run, worth_usd=1.0), fills=fills, orders=[])
    assert ledger.open_orders("dual_momentum", "paper") == []
    order = ledger.orders("dual_momentum", "paper").iloc[0]
    assert (order.event, order.filled_quantity, order.fill_price, order.event_session) == (
        "filled",
        10.5,
        100.1,
        NEXT,
    )
    assert ledger.worth("dual_momentum", "paper").worth_usd.tolist() == [100_000.1, 1.0]


def test_an_order_that_was_acknowledged_is_still_open(ledger, night, make_run, make_worth, make_fill):
    run = ledger.start_attempt(make_run("second", session=NEXT))
    fills = [make_fill(run, event="acknowledged", quantity=0.0, price=None)]
    ledger.append_night("second", worth=make_worth(run), fills=fills, orders=[])
    assert [order.order_id for order in ledger.open_orders("dual_momentum", "paper")] == ["order-1"]


def test_the_same_night_is_recorded_once(ledger, make_run, make_worth, make_order):
    run = ledger.start_attempt(make_run("dies after recording"))
    ledger.append_night(run.run_id, worth=make_worth(run), fills=[], orders=[make_order(run)])
    rerun = ledger.start_attempt(make_run("rerun"))
    rows = {"worth": make_worth(rerun), "fills": [], "orders": [make_order(rerun, "order-2")]}
    assert ledger.append_night("rerun", **rows) is False
    assert ledger.counts()["portfolio_worth"] == 1
    assert ledger.counts()["orders"] == 1


def test_a_superseded_attempt_may_not_record(ledger, make_run, make_worth):
    old = ledger.start_attempt(make_run("old"))
    ledger.start_attempt(make_run("new"))
    with pytest.raises(RecordRefused, match="superseded by run new"):
        ledger.append_night("old", worth=make_worth(old), fills=[], orders=[])
    assert ledger.counts()["portfolio_worth"] == 0


def test_an_attempt_that_has_ended_may_not_record(ledger, make_run, make_worth):
    run = ledger.start_attempt(make_run("ended"))
    ledger.append_event("ended", "failed")
    with pytest.raises(RecordRefused, match="has ended: failed"):
        ledger.append_night("ended", worth=make_worth(run), fills=[], orders=[])


def test_a_night_is_all_or_nothing(ledger, night, make_run, make_worth, make_order, make_fill):
    before = ledger.counts()
    run = ledger.start_attempt(make_run("second", session=NEXT))
    twice = [make_fill(run), make_fill(run, event="expired")]  # an order cannot end twice
    with pytest.raises(RecordRefused, match="order_events_one_end"):
        ledger.append_night("second", worth=make_worth(run), fills=twice, orders=[make_order(run, "order-2")])
    after = ledger.counts()
    changed = {table for table in after if after[table] != before[table]}
    assert changed == {"runs", "run_events"}  # the attempt itself
    assert ledger.runs("dual_momentum", "paper").status.tolist() == ["finished", "started"]


def test_a_night_refuses_the_rows_of_another(ledger, make_run, make_worth, make_order):
    run = ledger.start_attempt(make_run("mine"))
    foreign = dataclasses.replace(make_order(run), session=NEXT)
    with pytest.raises(RecordRefused, match="2022-12-28"):
        ledger.append_night("mine", worth=make_worth(run), fills=[], orders=[foreign])
    assert ledger.counts()["portfolio_worth"] == 0


def test_paper_and_live_books_are_strangers(ledger, night):
    assert ledger.book("dual_momentum", "live").last is None
    assert ledger.open_orders("dual_momentum", "live") == []
    assert ledger.worth("dual_momentum", "live").empty
    assert list(ledger.worth("dual_momentum", "live").columns) == list(
        ledger.worth("dual_momentum", "paper").columns
    )


@pytest.mark.parametrize("worth", [float("nan"), float("inf")])
def test_money_that_is_not_finite_is_refused(ledger, make_run, make_worth, worth):
    run = ledger.start_attempt(make_run("a"))
    with pytest.raises(RecordRefused, match="finite"):
        ledger.append_night("a", worth=make_worth(run, worth_usd=worth), fills=[], orders=[])
