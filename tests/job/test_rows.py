"""What a night computed becomes rows: one end an order, ids that repeat, figures that add up."""

from pathlib import Path

import pandas as pd
import pytest

from framework.job import spec
from framework.job.rows import Tonight, as_order
from framework.job.settlement import Settled
from framework.ledger.rows import Book, WorthRow
from framework.trading.marking import Carry
from framework.trading.orders import Fill, Order

DECIDED, TRADED, LATER = (pd.Timestamp(f"2022-12-{day}") for day in (23, 27, 28))
ORDER = Order(symbol="KO", quantity=10.0, reference_price=100.0, session=DECIDED, run_id="r1")


@pytest.fixture
def job():
    return spec.load("dual_momentum", Path(__file__).parents[2])


def filled(quantity: float, session=TRADED) -> Fill:
    return Fill(
        order=ORDER, session=session, quantity=quantity, price=101.0, commission_usd=0.1, spread_usd=0.2
    )


def events(job, fill, session=TRADED):
    rows = Tonight(job, session, "r2").event_rows([fill])
    return [(row.event, row.quantity, row.price) for row in rows], rows


def test_an_order_that_filled_has_one_event(job):
    told, (row,) = events(job, filled(10.0))
    assert told == [("filled", 10.0, 101.0)]
    assert (row.commission_usd, row.spread_usd, row.detail) == (0.1, 0.2, {"traded_in": "2022-12-27"})
    assert f"{row.known_at:%Y-%m-%d %H:%M}" == "2022-12-27 21:00"


def test_an_order_cut_short_traded_in_part_and_expired(job):
    told, _ = events(job, filled(4.0))
    assert told == [("partially_filled", 4.0, 101.0), ("expired", 0.0, None)]


def test_an_order_that_could_not_trade_expired_at_no_cost(job):
    nothing = Fill(
        order=ORDER, session=TRADED, quantity=0.0, price=float("nan"), commission_usd=0.0, spread_usd=0.0
    )
    told, _ = events(job, nothing)
    assert told == [("expired", 0.0, None)]


def test_a_fill_that_is_settled_late_was_known_when_it_traded(job):
    _, (row,) = events(job, filled(10.0), session=LATER)
    assert row.session == LATER
    assert row.detail == {"traded_in": "2022-12-27", "settled_late_in": "2022-12-28"}
    assert f"{row.known_at:%Y-%m-%d}" == "2022-12-27"


def test_an_order_comes_back_from_the_record_as_it_was(job):
    tonight = Tonight(job, DECIDED, "r1")
    (row,) = tonight.order_rows([ORDER], pd.Series({"KO": 0.4}))
    assert as_order(row) == ORDER
    assert row.target_weight == 0.4


def test_ids_depend_on_the_decision_and_not_on_the_run(job):
    one = Tonight(job, DECIDED, "r1").order_id(ORDER)
    assert Tonight(job, LATER, "another").order_id(ORDER) == one
    others = [
        Tonight(job.model_copy(update={"name": "other"}), DECIDED, "r1").order_id(ORDER),
        Tonight(job.model_copy(update={"mode": "live"}), DECIDED, "r1").order_id(ORDER),
        Tonight(job, DECIDED, "r1").order_id(as_order_with(symbol="PG")),
        Tonight(job, DECIDED, "r1").order_id(as_order_with(session=LATER)),
    ]
    assert len({one, *others}) == 5


def as_order_with(**changed) -> Order:
    fields = {"symbol": "KO", "quantity": 10.0, "reference_price": 100.0, "session": DECIDED} | changed
    return Order(**fields)


def test_the_figures_of_a_night_add_up(job):
    settled = Settled((filled(10.0),), (Carry(0.0, 0.7),), pd.Series([2_000.0], index=[TRADED]))
    before = WorthRow(
        strategy=job.name,
        mode="paper",
        session=DECIDED,
        run_id="r1",
        worth_usd=2_020.0,
        cash_usd=2_020.0,
        holdings={},
        prices={},
        snapshot_hash="",
        known_at=Tonight(job, DECIDED, "r1").known_at,
        backfilled=True,
    )
    row = Tonight(job, TRADED, "r2").worth_row(
        settled,
        Book(cash=2_020.0, holdings={}, last=before),
        cash=1_500.0,
        holdings={"KO": 10.0, "PG": -5.0},
        marks={"KO": 100.0, "PG": 100.0, "MRK": 1.0},
        snapshot_hash="h",
        backfilled=True,
    )
    assert row.prices == {"KO": 100.0, "PG": 100.0}
    assert row.exposure == (1_000.0 + 500.0) / 2_000.0
    assert row.turnover == 1_010.0 / 2_020.0
    assert row.costs_usd == pytest.approx(0.1 + 0.2 + 0.7)
