"""Alpaca's own ways: fractions by day, auctions in whole shares, ids for ever, trades listed by account."""

from decimal import Decimal

import pandas as pd
import pytest
from venues import reach
from venues.account import Stage
from venues.alpaca import EXPIRED, SYMBOLS, Venue
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


def order(symbol: str = "KO", quantity: float = 5.0, **changes) -> Order:
    given = {"reference_price": 60.25, "session": pd.Timestamp("2024-03-14"), **changes}
    return Order(symbol=symbol, quantity=quantity, **given)


def send(broker, wanted: Order, timing: Timing = Timing.NOW):
    return broker.submit(wanted, client_id=client_id("momentum", wanted), timing=timing)


def look(broker, wanted: Order):
    return broker.order(client_id("momentum", wanted), wanted.symbol)


@pytest.mark.parametrize(
    ("symbol", "timing", "quantity", "size"),
    [
        ("KO", Timing.NOW, 0.1 + 0.2, "0.300000000"),
        ("KO", Timing.NOW, 1.23456789876, "1.234567898"),
        ("KO", Timing.OPEN, 3.9, "3"),
        ("KO", Timing.CLOSE, -3.9, "3"),
        ("BRK.B", Timing.NOW, 3.9, "3"),  # not in fractions
    ],
)
def test_fractions_trade_in_the_session_and_whole_shares_in_the_auctions(
    broker, venue, symbol, timing, quantity, size
):
    send(broker, order(symbol, quantity), timing)
    assert venue.account.orders[0].size == Decimal(size)


@pytest.mark.parametrize(
    ("limit", "quantity", "told"), [(0.51239, 5.0, "0.5123"), (0.51231, -5.0, "0.5124"), (1.239, 5.0, "1.23")]
)
def test_prices_are_in_cents_and_below_a_dollar_in_hundredths_of_one(broker, venue, limit, quantity, told):
    send(broker, order(quantity=quantity, reference_price=0.5, limit=limit))
    assert venue.account.orders[0].limit == Decimal(told)


def test_a_repeated_id_that_it_does_not_list_yet_is_unknown_and_not_rejected(broker, venue):
    send(broker, order())
    venue.account.appears_after_seconds = 10.0
    again = send(broker, order())
    assert again.state is State.UNKNOWN
    assert len(venue.account.orders) == 1


def test_an_order_is_not_sent_again_by_its_client_after_a_gateways_timeout(broker, venue, monkeypatch):
    answer = venue.answer

    def through_a_slow_gateway(request):
        reply = answer(request)
        return Reply({"message": "timed out"}, 504) if request.method == "POST" else reply

    monkeypatch.setattr(venue, "answer", through_a_slow_gateway)
    assert send(broker, order()).state is State.UNKNOWN
    assert len(venue.order_messages) == 1
    assert look(broker, order()).state is State.ACKNOWLEDGED


def test_a_refusal_for_money_is_no_refusal_of_the_key(broker, venue):
    venue.account.refuses = "insufficient buying power"
    report = send(broker, order())
    assert (report.state, report.ordered) == (State.REJECTED, 5.0)
    assert "HTTP 403" in report.said


def test_a_key_that_is_refused_while_trading_sends_nothing(broker, venue, tmp_path):
    for part in ("key_id", "secret_key"):
        (tmp_path / "keys" / "alpaca" / part).write_text(EXPIRED[part])
    with pytest.raises(AccountRefused, match=r"HTTP 403: .*forbidden.*Make a new key"):
        find("alpaca", reach.access(venue, tmp_path, files=EXPIRED))
    assert not venue.account.orders


def test_a_blocked_account_is_refused_at_once(venue, tmp_path):
    venue.blocked = True
    with pytest.raises(AccountRefused, match="PA3TEST may not trade: trading_blocked"):
        reach.broker(venue, tmp_path)


def test_its_paper_account_is_told_from_money_and_it_does_not_say_what_else_a_key_may(broker):
    key = broker.permissions()
    assert key.is_simulated
    assert (key.may_withdraw, key.may_transfer) == (None, None)


def test_its_paper_account_is_where_it_trades_unless_told_otherwise(venue, tmp_path, monkeypatch):
    asked = []

    def refuse(session, method, url, **options):
        asked.append((method, url))
        raise ConnectionError

    monkeypatch.setattr("requests.Session.request", refuse)
    files = {part: text for part, text in venue.keys().items() if part != "trading_address"}
    monkeypatch.setattr(venue, "keys", lambda _: files)
    with pytest.raises(ConnectionError):
        reach.broker(venue, tmp_path)
    assert asked == [("GET", "https://paper-api.alpaca.markets/v2/account")]


def test_an_order_for_another_symbol_under_our_id_is_not_ours(broker, venue):
    venue.account.place(client_id("momentum", order()), "AAPL", False, "5", None, "day")
    with pytest.raises(BrokerError, match=r"under that id Alpaca has an order for AAPL"):
        look(broker, order())


def test_trades_are_found_among_many_pages_of_others(broker, venue):
    foreign = venue.account.place("by hand", "KO", False, "1000", None, "day")
    send(broker, order())
    for _ in range(150):
        venue.account.fill(foreign, "1", "61.00")
    venue.account.fill(venue.account.orders[1], "5", "60.20")
    for _ in range(150):
        venue.account.fill(foreign, "1", "61.00")
    assert [each.price for each in look(broker, order()).executions] == [60.20]
    pages = [each.query for each in venue.asked if each.path.endswith("/FILL")]
    assert len(pages) == 4
    assert len({page.get("page_token") for page in pages}) == 4


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("accepted_for_bidding", State.ACKNOWLEDGED),
        ("done_for_day", State.ACKNOWLEDGED),
        ("replaced", State.CANCELLED),
        ("rejected", State.REJECTED),
        ("a new word", State.UNKNOWN),
    ],
)
def test_its_words_for_states(broker, venue, monkeypatch, word, state):
    send(broker, order())
    monkeypatch.setitem(venue_words(), Stage.OPEN, word)
    report = look(broker, order())
    assert (report.state, report.said) == (state, word)


def venue_words():
    from venues import alpaca

    return alpaca.WORDS


def test_more_open_orders_than_it_lists_at_once_are_an_error(broker, venue):
    for number in range(500):
        venue.account.place(f"by hand {number}", "KO", False, "1", None, "day")
    with pytest.raises(BrokerError, match="500 open orders or more"):
        broker.open_orders()


def test_an_order_for_an_amount_of_money_has_no_ordered_shares(broker, venue, monkeypatch):
    venue.account.place("by hand", "KO", False, "1", None, "day")
    answer = venue.answer

    def in_money(request):
        reply = answer(request)
        for each in reply.content if request.path == "/v2/orders" else []:
            each |= {"qty": None, "notional": "500"}
        return reply

    monkeypatch.setattr(venue, "answer", in_money)
    (report,) = broker.open_orders()
    assert report.ordered != report.ordered
    assert report.state is State.ACKNOWLEDGED


def test_an_answer_about_another_order_is_a_lost_one(broker, venue, monkeypatch):
    answer = venue.answer
    monkeypatch.setattr(
        venue,
        "answer",
        lambda request: (
            Reply(answer(request).content | {"client_order_id": "x"})
            if request.method == "POST"
            else answer(request)
        ),
    )
    assert send(broker, order()).state is State.UNKNOWN
    assert look(broker, order()).state is State.ACKNOWLEDGED


def test_what_an_asset_is_is_asked_once(broker, venue):
    for day in ("2024-03-13", "2024-03-14"):
        send(broker, order(session=pd.Timestamp(day)))
    assert sum(each.path == "/v2/assets/KO" for each in venue.asked) == 1
    with pytest.raises(OrderRefused, match="asset not found for KO%20Q"):
        send(broker, order("KO Q"))


def test_a_closed_port_is_a_venue_that_is_down(tmp_path):
    with Venue() as gone:
        access = reach.access(gone, tmp_path)
    with pytest.raises(VenueDown, match=r"alpaca: account: no whole answer \(ConnectionError\)"):
        find("alpaca", access)
    assert "KO" in SYMBOLS
