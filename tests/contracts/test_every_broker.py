"""What every broker promises, whatever goes wrong at its venue: no order twice, none lost, none of somebody else's.

The suite finds its subjects itself, so that none can weaken it: each has a loopback venue in ``tests/venues/<name>.py``
that its vendor's own client talks to, with an `account` whose orders a test fills and ends by hand.
"""

import logging
import subprocess
import sys
import traceback
from dataclasses import replace
from importlib import import_module
from math import inf, isnan, nan
from pathlib import Path

import pandas as pd
import pytest
from venues import reach
from venues.account import Stage
from venues.faults import AFTER_THE_DEED, INSTEAD, ON_THE_WIRE, Fault

from framework.access import Access, keys
from framework.broker import client_id, find, names, resolved
from framework.broker.base import Broker, State, Timing
from framework.errors import AccountRefused, OrderRefused, SpecError, VenueDown
from framework.trading.orders import Order

FOLDER = Path(__file__).parents[2] / "framework" / "broker"
FILES = sorted(
    file.stem
    for file in FOLDER.glob("*.py")
    if file.stem not in {"base", "paper"} and not file.stem.startswith("_")
)
SDKS = {"alpaca", "binance_sdk_spot", "binance_common", "ib_async", "ib_insync"}
SESSION = pd.Timestamp("2024-03-14")

pytestmark = pytest.mark.parametrize("name", FILES)


@pytest.fixture
def module(name):
    return import_module(f"venues.{name}")


@pytest.fixture
def venue(module):
    with module.Venue() as standing:
        yield standing


@pytest.fixture
def account(venue):
    return venue.account


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def broker(venue, tmp_path, slept) -> Broker:
    return reach.broker(venue, tmp_path, slept)


@pytest.fixture
def order(module) -> Order:
    return an_order(module)


def an_order(module, quantity: float = 5.0, **changes) -> Order:
    symbol = changes.pop("symbol", module.TRADED[0])
    return Order(
        symbol=symbol, quantity=quantity, reference_price=float(module.PRICE), session=SESSION, **changes
    )


def an_id(order: Order, strategy: str = "momentum") -> str:
    return client_id(strategy, order)


def send(broker: Broker, order: Order, timing: Timing = Timing.NOW):
    return broker.submit(order, client_id=an_id(order), timing=timing)


def look(broker: Broker, order: Order):
    return broker.order(an_id(order), order.symbol)


# --- finding it ---------------------------------------------------------------------------------------------------


def test_it_is_found_by_the_name_of_its_file(name, broker):
    assert name in names()
    assert isinstance(broker, Broker)
    assert broker.name == name


def test_a_misspelt_name_is_told_the_right_one(name, venue, tmp_path):
    with pytest.raises(SpecError, match=f"Did you mean '{name}'"):
        find(name + "x", reach.access(venue, tmp_path))


def test_its_sdk_is_imported_when_it_is_used(name):
    code = f"import sys, framework.broker.{name}; print({SDKS} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


# --- what the account holds ---------------------------------------------------------------------------------------


def test_cash_and_holdings_are_the_venues(broker, account, venue):
    assert broker.cash() == float(account.cash)
    assert broker.holdings() == venue.held()
    assert len(broker.holdings()) > 1


def test_quotes_are_the_venues_and_a_side_without_anybody_is_no_price(broker, module, venue):
    both, one_sided = module.TRADED
    quotes = broker.quotes([both, one_sided])
    assert (quotes[both].bid, quotes[both].ask) == tuple(map(float, venue.quoted[both]))
    assert quotes[one_sided].bid == float(venue.quoted[one_sided][0])
    assert isnan(quotes[one_sided].ask)


# --- an order's life ----------------------------------------------------------------------------------------------


def test_a_purchase_is_acknowledged_then_filled_in_parts(broker, account, venue, order):
    assert send(broker, order).state is State.ACKNOWLEDGED
    (placed,) = account.orders
    assert (placed.client_id, placed.symbol, placed.size, placed.is_sale) == (
        an_id(order),
        order.symbol,
        5,
        False,
    )
    assert placed.limit is None
    account.fill(placed, "2", "60.20")
    partly = look(broker, order)
    assert (partly.state, partly.filled, len(partly.executions)) == (State.PARTIALLY_FILLED, 2.0, 1)
    account.fill(placed, "3", "60.30")
    done = look(broker, order)
    assert (done.state, done.ordered, done.filled) == (State.FILLED, 5.0, 5.0)
    assert [(each.quantity, each.price) for each in done.executions] == [(2.0, 60.20), (3.0, 60.30)]
    assert done.average_price == pytest.approx((2 * 60.20 + 3 * 60.30) / 5, rel=1e-12)
    assert done.executions[0] == partly.executions[0]  # told again, it is the same trade
    assert len({each.venue_id for each in done.executions}) == 2
    assert len(venue.order_messages) == 1


def test_a_sale_is_below_zero_in_all_its_parts(broker, account, module):
    order = an_order(module, -5.0)
    assert send(broker, order).ordered == -5.0
    (placed,) = account.orders
    assert placed.is_sale
    account.fill(placed, "5", "60.20")
    done = look(broker, order)
    assert (done.ordered, done.filled, done.executions[0].quantity) == (-5.0, -5.0, -5.0)
    assert done.average_price == pytest.approx(60.20, rel=1e-12)


def test_a_limit_reaches_the_venue_and_is_not_made_worse(broker, account, module):
    send(broker, an_order(module, limit=60.129999))
    assert account.orders[0].limit <= 60.13
    assert float(account.orders[0].limit) == pytest.approx(60.12, abs=0.01)


@pytest.mark.parametrize("timing", Timing)
def test_a_timing_reaches_the_venue_or_is_refused_by_name(timing, broker, account, module, venue, order):
    if timing in module.TIMINGS:
        assert send(broker, order, timing).state is State.ACKNOWLEDGED
        assert account.orders[0].timing == module.TIMINGS[timing]
    else:
        with pytest.raises(OrderRefused, match=timing.value):
            send(broker, order, timing)
        assert not venue.order_messages


def test_an_order_that_expires_keeps_what_has_traded(broker, account, order):
    send(broker, order)
    account.fill(account.orders[0], "2", "60.20")
    account.end(account.orders[0], Stage.EXPIRED)
    done = look(broker, order)
    assert (done.state, done.filled) == (State.EXPIRED, 2.0)


def test_an_order_that_the_venue_refuses_is_rejected_in_its_words(broker, account, venue, order):
    account.refuses = "insufficient balance"
    report = send(broker, order)
    assert (report.state, report.filled) == (State.REJECTED, 0.0)
    assert "insufficient balance" in report.said
    assert len(venue.order_messages) == 1


# --- cancelling ---------------------------------------------------------------------------------------------------


def test_a_cancelled_order_keeps_what_has_traded(broker, account, order):
    send(broker, order)
    account.fill(account.orders[0], "2", "60.20")
    done = broker.cancel(an_id(order), order.symbol)
    assert (done.state, done.filled, len(done.executions)) == (State.CANCELLED, 2.0, 1)


def test_a_fill_after_the_wish_to_cancel_is_told(broker, account, order):
    account.cancels_slowly = True
    send(broker, order)
    assert not broker.cancel(an_id(order), order.symbol).state.is_final
    account.fill(account.orders[0], "3", "60.20")
    assert not look(broker, order).state.is_final
    account.end(account.orders[0], Stage.CANCELLED)
    done = look(broker, order)
    assert (done.state, done.filled, len(done.executions)) == (State.CANCELLED, 3.0, 1)


def test_an_order_that_was_filled_first_cannot_be_cancelled(broker, account, order):
    send(broker, order)
    account.fill(account.orders[0], "5", "60.20")
    assert broker.cancel(an_id(order), order.symbol).state is State.FILLED


# --- a reply that is lost -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", AFTER_THE_DEED, ids=lambda fault: fault.name)
def test_a_lost_reply_is_unknown_until_the_id_is_looked_up_and_nothing_is_sent_again(
    fault, venue, account, tmp_path, order
):
    broker = reach.broker(venue, tmp_path, timeout_seconds=1.0 if fault in venue.HANGS else 20.0)
    venue.failing = venue.ORDERS
    venue.faults.add(fault, times=1)
    report = send(broker, order)
    assert venue.faults.made == [fault]
    assert report.state is State.UNKNOWN
    assert isnan(report.filled)
    found = resolved(broker, an_id(order), order.symbol, reach.quick([]))
    assert (found.state, found.ordered) == (State.ACKNOWLEDGED, 5.0)
    assert len(account.orders) == 1
    assert len(venue.order_messages) == 1


@pytest.mark.parametrize("fault", INSTEAD, ids=lambda fault: fault.name)
def test_an_order_that_never_arrived_stays_unknown_and_nothing_is_sent_again(
    fault, venue, account, tmp_path, order
):
    slept = []
    broker = reach.broker(venue, tmp_path, timeout_seconds=1.0 if fault in venue.HANGS else 20.0)
    venue.failing = venue.ORDERS
    venue.faults.add(fault, times=1)
    assert send(broker, order).state is State.UNKNOWN
    assert venue.faults.made == [fault]
    assert resolved(broker, an_id(order), order.symbol, reach.quick(slept)).state is State.UNKNOWN
    assert sum(slept) == broker.visibility_seconds > 1.0
    assert not account.orders
    assert len(venue.order_messages) == 1


def test_an_order_that_the_venue_lists_late_is_unknown_until_then(venue, account, tmp_path, order):
    broker = reach.broker(venue, tmp_path)
    account.appears_after_seconds = broker.visibility_seconds - 1.0
    venue.failing = venue.ORDERS
    venue.faults.add(Fault.LOST, times=1)
    assert send(broker, order).state is State.UNKNOWN
    assert look(broker, order).state is State.UNKNOWN
    patience = replace(reach.quick([]), sleep=account.wait)
    assert resolved(broker, an_id(order), order.symbol, patience).state is State.ACKNOWLEDGED
    assert len(venue.order_messages) == len(account.orders) == 1


# --- a venue that is busy or broken -------------------------------------------------------------------------------


def test_an_order_that_was_not_taken_in_a_storm_is_sent_when_it_is_over(venue, account, broker, slept, order):
    venue.failing = venue.ORDERS
    venue.faults.add(Fault.STORM, times=2)
    assert send(broker, order).state is State.ACKNOWLEDGED
    assert len(account.orders) == 1
    assert len(slept) == 2


def test_an_order_that_is_never_taken_is_an_error_that_says_so(venue, account, broker, order):
    venue.failing = venue.ORDERS
    venue.faults.add(Fault.STORM)
    with pytest.raises(VenueDown, match="It was not taken") as caught:
        send(broker, order)
    assert an_id(order) in caught.value.what
    assert not account.orders


@pytest.mark.parametrize("fault", ON_THE_WIRE, ids=lambda fault: fault.name)
def test_a_question_that_goes_wrong_once_or_twice_is_put_again(fault, venue, account, tmp_path):
    broker = reach.broker(venue, tmp_path, timeout_seconds=1.0 if fault in venue.HANGS else 20.0)
    venue.failing = venue.QUESTIONS
    venue.faults.add(fault, times=2)
    assert broker.cash() == float(account.cash)
    assert venue.faults.made == [fault, fault]


@pytest.mark.parametrize("fault", ON_THE_WIRE, ids=lambda fault: fault.name)
def test_a_question_that_keeps_going_wrong_is_given_up(fault, venue, tmp_path, order):
    broker = reach.broker(venue, tmp_path, timeout_seconds=0.3 if fault in venue.HANGS else 20.0)
    venue.failing = venue.QUESTIONS
    venue.faults.add(fault)
    for question in (broker.cash, broker.holdings, broker.open_orders, lambda: look(broker, order)):
        with pytest.raises(VenueDown, match=f"{broker.name}: .*asked 4 of 4 times"):
            question()
    assert not venue.order_messages


# --- ids ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("filled", [False, True])
def test_a_repeated_id_is_the_same_order_and_not_a_second(filled, broker, account, order):
    send(broker, order)
    if filled:
        account.fill(account.orders[0], "5", "60.20")
    again = send(broker, replace(order, quantity=7.0, run_id="a rerun that sized it anew"))
    assert (again.state, again.ordered) == (State.FILLED if filled else State.ACKNOWLEDGED, 5.0)
    assert len(account.orders) == 1


@pytest.mark.parametrize("filled", [False, True])
def test_a_rerun_finds_the_order_that_the_run_before_it_sent(filled, venue, account, broker, tmp_path, order):
    send(broker, order)
    if filled:
        account.fill(account.orders[0], "5", "60.20")
    again = send(reach.broker(venue, tmp_path), order)
    assert (again.state, again.ordered) == (State.FILLED if filled else State.ACKNOWLEDGED, 5.0)
    assert len(account.orders) == 1


def test_an_id_that_the_venue_does_not_know_is_unknown(broker, order, venue):
    assert look(broker, order).state is State.UNKNOWN
    assert broker.cancel(an_id(order), order.symbol).state is State.UNKNOWN
    assert not venue.order_messages


# --- strangers on the account -------------------------------------------------------------------------------------


def test_orders_of_others_are_seen_and_left_alone(broker, account, module, order):
    foreign = account.place("by hand", module.TRADED[1], True, "1", "70.00", module.TIMINGS[Timing.NOW])
    send(broker, order)
    seen = {report.client_id: report for report in broker.open_orders()}
    assert set(seen) == {"by hand", an_id(order)}
    assert (seen["by hand"].symbol, seen["by hand"].ordered) == (module.TRADED[1], -1.0)
    with pytest.raises(OrderRefused, match="not an order of ours"):
        broker.cancel("by hand", module.TRADED[1])
    broker.cancel(an_id(order), order.symbol)
    assert foreign.stage is Stage.OPEN


def test_fills_belong_to_their_order_alone(broker, account, module, order):
    other = replace(order, session=SESSION + pd.Timedelta(days=1))
    foreign = account.place("by hand", order.symbol, False, "5", None, module.TIMINGS[Timing.NOW])
    send(broker, order)
    send(broker, other)
    _, ours, theirs = account.orders
    for placed, price in ((foreign, "61.00"), (theirs, "62.00"), (ours, "60.20"), (theirs, "62.10")):
        account.fill(placed, "2", price)
    assert [each.price for each in look(broker, order).executions] == [60.20]
    assert [each.price for each in look(broker, other).executions] == [62.00, 62.10]


def test_what_has_traded_is_not_told_before_its_trades_are(broker, account, order, slept):
    send(broker, order)
    account.fill(account.orders[0], "2", "60.20")
    account.lists_trades = False
    with pytest.raises(VenueDown, match="do not add up"):
        look(broker, order)
    account.lists_trades = True
    assert look(broker, order).filled == 2.0


# --- what is refused before the wire ------------------------------------------------------------------------------


@pytest.mark.parametrize("quantity", [0.0, -0.0, nan, inf, -inf, 1e-30, -1e-30, 1e9, -1e9])
def test_a_quantity_that_nobody_means_is_refused_by_name(quantity, broker, venue, module):
    with pytest.raises(OrderRefused) as caught:
        send(broker, an_order(module, quantity))
    assert broker.name in caught.value.what
    assert module.TRADED[0] in caught.value.what
    assert not venue.order_messages


def test_a_symbol_that_the_venue_does_not_trade_is_refused(broker, venue, module):
    with pytest.raises(OrderRefused, match="NOSUCH"):
        send(broker, an_order(module, symbol="NOSUCH"))
    assert not venue.order_messages


def test_an_id_of_another_making_is_refused(broker, venue, order):
    with pytest.raises(OrderRefused, match="not of our making"):
        broker.submit(order, client_id="mine", timing=Timing.NOW)
    assert not venue.order_messages


def test_money_in_another_currency_is_refused(venue, tmp_path, order):
    venue.hold_another_currency()
    with pytest.raises((AccountRefused, OrderRefused), match="EUR"):
        send(reach.broker(venue, tmp_path), order)
    assert not venue.order_messages


# --- keys ---------------------------------------------------------------------------------------------------------


def test_a_missing_key_is_named_and_nothing_is_asked(name, venue, module, tmp_path):
    if not module.TRADING_KEYS:
        pytest.skip(f"{name} has no keys of ours: another program is logged in")
    nothing = Access(venue.market.now, keys.read(tmp_path, name), reach.quick([]))
    with pytest.raises(SpecError, match=rf"{name}/\w+ is not there.*chmod 600"):
        find(name, nothing)
    assert not venue.asked


def test_a_refused_key_is_an_error_of_its_own_and_no_secret_is_told(name, venue, module, tmp_path, caplog):
    if not module.REFUSED:
        pytest.skip(f"{name} has no keys of ours: another program is logged in")
    caplog.set_level(logging.DEBUG)
    for wrong in module.REFUSED:
        venue.asked.clear()
        access = reach.access(venue, tmp_path, files=wrong)
        with pytest.raises(AccountRefused) as caught:
            find(name, access)
        assert len(venue.asked) == 1  # nobody tries a refused key again
        assert name in caught.value.what
        assert not venue.order_messages
        told = told_by(caught.value) + repr(access) + caplog.text
        assert not [secret for secret in wrong.values() if secret in told]


@pytest.mark.parametrize("fault", ON_THE_WIRE, ids=lambda fault: fault.name)
def test_no_secret_is_told_when_something_goes_wrong(fault, venue, module, tmp_path, order, caplog):
    caplog.set_level(logging.DEBUG)
    broker = reach.broker(venue, tmp_path, timeout_seconds=0.3 if fault in venue.HANGS else 20.0)
    venue.faults.add(fault)
    with pytest.raises(VenueDown) as caught:
        send(broker, order)
    told = told_by(caught.value) + caplog.text + repr(broker)
    assert not [secret for secret in module.TRADING_KEYS.values() if secret in told]


def told_by(error: BaseException) -> str:
    """All that a traceback can show from our first frame on, the locals of every frame included."""
    frame = error.__traceback__
    while frame is not None and frame.tb_frame.f_code.co_filename == __file__:
        frame = frame.tb_next  # this test's own locals hold the keys
    assert frame is not None
    told = traceback.TracebackException(type(error), error, frame, capture_locals=True)
    assert any(line.locals for line in told.stack)
    return "".join(told.format())
