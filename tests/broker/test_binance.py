"""Binance's own ways: ids that are taken again, orders that are listed late, filters, keys that may do too much."""

import socket
from decimal import Decimal

import pandas as pd
import pytest
from venues import reach
from venues.binance import REFUSED, Venue
from venues.faults import Fault
from venues.http import Reply

from framework.broker import client_id, find
from framework.broker.base import State, Timing
from framework.errors import AccountRefused, BrokerError, OrderRefused, VenueDown
from framework.trading.orders import Order


@pytest.fixture
def venue():
    with Venue() as standing:
        yield standing


@pytest.fixture
def broker(venue, tmp_path):
    return reach.broker(venue, tmp_path)


def order(quantity: float = 5.0, **changes) -> Order:
    given = {
        "symbol": "BTCUSDT",
        "reference_price": 60.25,
        "session": pd.Timestamp("2024-03-14"),
        **changes,
    }
    return Order(quantity=quantity, **given)


def send(broker, wanted: Order):
    return broker.submit(wanted, client_id=client_id("momentum", wanted), timing=Timing.NOW)


def look(broker, wanted: Order):
    return broker.order(client_id("momentum", wanted), wanted.symbol)


def replying(venue, monkeypatch, method: str, reply: Reply, *, times: int, is_done: bool = False) -> None:
    """Let the venue say something else to the next requests of this method, having done what they ask or not."""
    answer, left = venue.answer, [times]

    def otherwise(request):
        if request.method != method or not left[0]:
            return answer(request)
        left[0] -= 1
        if is_done:
            answer(request)
        return reply

    monkeypatch.setattr(venue, "answer", otherwise)


# --- keys ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("permission", "said"),
    [
        ("enableWithdrawals", "the key may withdraw"),
        ("enableInternalTransfer", "the key may transfer"),
        ("permitsUniversalTransfer", "the key may transfer"),
    ],
)
def test_a_key_by_which_money_can_leave_is_refused_at_the_start(venue, tmp_path, permission, said):
    venue.permitted[permission] = True
    with pytest.raises(
        AccountRefused, match=rf"{said}.*Make a key that may read and trade, and nothing else"
    ):
        reach.broker(venue, tmp_path)
    assert not venue.order_messages


def test_a_key_that_may_not_trade_is_refused_at_the_start(venue, tmp_path):
    venue.permitted["enableSpotAndMarginTrading"] = False
    with pytest.raises(AccountRefused, match="354937868 may not trade: the key may not trade spot"):
        reach.broker(venue, tmp_path)


def test_an_answer_that_leaves_a_permission_out_is_not_taken_for_a_no(venue, tmp_path):
    del venue.permitted["permitsUniversalTransfer"]
    with pytest.raises(VenueDown, match="what the key may do: an answer in another form"):
        reach.broker(venue, tmp_path)


def test_a_wrong_secret_is_told_from_a_wrong_key(venue, tmp_path):
    for wrong, code in zip(REFUSED, ("-2015", "-1022"), strict=True):
        with pytest.raises(AccountRefused, match=rf"refuses the key \({code}"):
            find("binance", reach.access(venue, tmp_path, files=wrong))


def test_on_the_testnet_nobody_asks_what_the_key_may_do(venue, tmp_path, monkeypatch):
    to_loopback = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", venue.port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: to_loopback)
    keys = venue.keys
    at = {"trading_address": f"http://testnet.binance.vision:{venue.port}"}
    monkeypatch.setattr(venue, "keys", lambda files: keys(files) | at)
    key = reach.broker(venue, tmp_path).permissions()
    assert key.is_simulated
    assert (key.may_trade, key.may_withdraw, key.may_transfer) == (True, None, None)
    assert not [each for each in venue.asked if each.path.startswith("/sapi")]


# --- ids ----------------------------------------------------------------------------------------------------------


def test_a_filled_order_that_is_not_listed_yet_is_not_sent_again(broker, venue):
    venue.account.appears_after_seconds = 10.0
    venue.failing = "POST"
    venue.faults.add(Fault.LOST, times=1)
    assert send(broker, order()).state is State.UNKNOWN
    venue.account.fill(venue.account.orders[0], "5", "60.20")  # Binance would now take the id again
    again = send(broker, order(7.0))
    assert (again.state, again.ordered) == (State.UNKNOWN, 5.0)
    venue.account.wait(10.0)
    assert send(broker, order(7.0)).state is State.FILLED
    assert len(venue.order_messages) == len(venue.account.orders) == 1


def test_an_order_that_was_never_taken_may_be_submitted_again(broker, venue):
    venue.failing = "POST"
    venue.faults.add(Fault.STORM, times=4)
    with pytest.raises(VenueDown, match="It was not taken"):
        send(broker, order())
    assert send(broker, order()).state is State.ACKNOWLEDGED
    assert len(venue.account.orders) == 1


def test_a_duplicate_that_is_not_listed_yet_is_unknown_and_not_rejected(broker, venue, tmp_path):
    send(broker, order())
    venue.account.appears_after_seconds = 10.0
    again = send(reach.broker(venue, tmp_path), order())
    assert (again.state, "Duplicate" in again.said) == (State.UNKNOWN, False)
    assert len(venue.account.orders) == 1


def test_two_orders_under_one_id_are_an_error_and_neither_is_chosen(broker, venue):
    for _ in range(2):
        placed = venue.account.place(client_id("momentum", order()), "BTCUSDT", False, "5", None, "GTC")
        venue.account.fill(placed, "5", "60.20")
    with pytest.raises(BrokerError, match="2 orders under that id"):
        look(broker, order())


def test_an_id_of_another_pair_is_not_found(broker):
    send(broker, order())
    assert broker.order(client_id("momentum", order()), "ETHUSDT").state is State.UNKNOWN
    assert broker.order(client_id("momentum", order()), "NOSUCH").state is State.UNKNOWN


def test_an_order_whose_key_was_refused_may_be_submitted_again(broker, venue, monkeypatch):
    said = Reply({"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}, 401)
    replying(venue, monkeypatch, "POST", said, times=1)
    with pytest.raises(AccountRefused, match="-2015"):
        send(broker, order())
    assert send(broker, order()).state is State.ACKNOWLEDGED
    assert len(venue.account.orders) == 1


# --- what it says -------------------------------------------------------------------------------------------------


def test_a_status_that_it_does_not_know_itself_is_unknown_to_us(broker, venue, monkeypatch):
    said = Reply({"code": -1007, "msg": "Timeout waiting for response. Send status unknown."}, 400)
    replying(venue, monkeypatch, "POST", said, times=1, is_done=True)
    assert send(broker, order()).state is State.UNKNOWN
    assert look(broker, order()).state is State.ACKNOWLEDGED
    assert len(venue.order_messages) == 1


@pytest.mark.parametrize("status", [403, 500, 503])
def test_an_error_of_its_gates_is_no_refusal_of_the_order(broker, venue, monkeypatch, status):
    replying(venue, monkeypatch, "POST", Reply("<html></html>", status), times=1, is_done=True)
    assert send(broker, order()).state is State.UNKNOWN
    assert look(broker, order()).state is State.ACKNOWLEDGED


def test_an_order_that_was_signed_too_early_was_not_taken_and_is_signed_again(broker, venue, monkeypatch):
    said = Reply(
        {"code": -1021, "msg": "Timestamp for this request was 1000ms ahead of the server's time."}, 400
    )
    replying(venue, monkeypatch, "POST", said, times=2)
    assert send(broker, order()).state is State.ACKNOWLEDGED
    assert len(venue.account.orders) == 1


def test_a_ban_that_lasts_longer_than_patience_is_given_up_at_once(venue, tmp_path):
    slept = []
    broker = reach.broker(venue, tmp_path, slept)
    venue.banned_for = 3600
    venue.faults.add(Fault.STORM)
    with pytest.raises(VenueDown, match="asks for a pause of 3600 s"):
        broker.cash()
    assert slept == []


def test_neither_key_nor_signature_is_told_when_the_network_fails(tmp_path):
    with Venue() as gone:
        access = reach.access(gone, tmp_path, files=gone.TRADING_KEYS)
    with pytest.raises(VenueDown, match=r"no whole answer \(NetworkError\)") as caught:
        find("binance", access)
    assert "signature" not in str(caught.value)


def test_what_a_trade_cost_is_told_with_its_currency(broker, venue):
    send(broker, order())
    venue.account.fill(venue.account.orders[0], "5", "60.20")
    (execution,) = look(broker, order()).executions
    assert (execution.commission, execution.commission_currency) == (0.301, "USDT")


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("PENDING_CANCEL", State.ACKNOWLEDGED),
        ("EXPIRED_IN_MATCH", State.EXPIRED),
        ("REJECTED", State.REJECTED),
        ("A_NEW_WORD", State.UNKNOWN),
    ],
)
def test_its_words_for_states(broker, venue, monkeypatch, word, state):
    from venues import binance
    from venues.account import Stage

    send(broker, order())
    monkeypatch.setitem(binance.WORDS, Stage.OPEN, word)
    assert look(broker, order()).state is state


# --- filters ------------------------------------------------------------------------------------------------------


def test_a_quantity_is_cut_to_the_lot_and_a_limit_to_the_tick(broker, venue):
    send(broker, order(1.23456789, limit=60.129))
    placed = venue.account.orders[0]
    assert (placed.size, placed.limit) == (Decimal("1.2345"), Decimal("60.12"))


@pytest.mark.parametrize(
    ("quantity", "limit", "said"),
    [
        (0.00009, None, r"takes 0\.0001\d* or more"),
        (0.08, None, r"worth 4\.82\d*\..*worth 5\.0+ or more"),
        (901.0, None, r"takes 900\.0 at most"),
        (9001.0, 60.25, r"takes 9000\.0 at most"),
    ],
)
def test_what_its_filters_refuse_is_refused_before_the_wire(broker, venue, quantity, limit, said):
    with pytest.raises(OrderRefused, match=said):
        send(broker, order(quantity, limit=limit))
    assert not venue.order_messages


def test_a_limit_order_may_be_larger_than_one_at_the_market(broker, venue):
    send(broker, order(901.0, limit=60.25))
    assert venue.account.orders[0].size == 901


def test_the_filters_of_a_pair_are_asked_once_for_each_kind_of_order(broker, venue):
    for day in ("2024-03-13", "2024-03-14"):
        send(broker, order(session=pd.Timestamp(day)))
    assert sum(each.path == "/api/v3/exchangeInfo" for each in venue.asked) == 1


def test_a_pair_that_does_not_trade_now_is_refused(broker, venue, monkeypatch):
    answer = venue.answer

    def on_a_break(request):
        reply = answer(request)
        for pair in reply.content["symbols"] if request.path == "/api/v3/exchangeInfo" else []:
            pair["status"] = "BREAK"
        return reply

    monkeypatch.setattr(venue, "answer", on_a_break)
    with pytest.raises(OrderRefused, match=r"does not trade \(BREAK\)"):
        send(broker, order())
