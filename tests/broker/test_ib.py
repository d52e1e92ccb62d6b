"""Interactive Brokers' own ways: numbers that rise, references, auctions by type, a link that is lost and found."""

from decimal import Decimal

import pandas as pd
import pytest
from venues import reach, tws
from venues.ib import ACCOUNT, Venue, message

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


def as_if(venue, monkeypatch, **files: str) -> None:
    """Let these key files be there too."""
    keys = venue.keys
    monkeypatch.setattr(venue, "keys", lambda given=None: keys(given) | files)


# --- numbers and references ---------------------------------------------------------------------------------------


def test_the_numbers_of_orders_rise_from_one_connection_to_the_next(broker, venue):
    for symbol in ("KO", "AAPL", "BRK B"):
        send(broker, order(symbol))
    numbers = [int(asked.fields[0]) for asked in venue.order_messages]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == len(venue.account.orders) == 3


def test_a_number_that_was_taken_before_is_no_order_and_another_is_tried(broker, venue):
    send(broker, order())
    venue.tells_stale_number = 10**6
    with pytest.raises(VenueDown, match=r"Duplicate order id.*It was not taken"):
        send(broker, order("AAPL"))
    venue.tells_stale_number = 0
    assert send(broker, order("AAPL")).state is State.ACKNOWLEDGED
    assert [each.symbol for each in venue.account.orders] == ["KO", "AAPL"]


def test_our_id_is_the_orders_reference_and_its_trades_cost_is_told(broker, venue):
    send(broker, order())
    assert venue.order_messages[0].fields[25] == client_id("momentum", order())
    venue.account.fill(venue.account.orders[0], "5", "60.20")
    (execution,) = look(broker, order()).executions
    assert (execution.commission, execution.commission_currency) == (1.0, "USD")
    assert execution.at == "2024-03-15T18:00:00+00:00"


def test_two_orders_with_one_reference_are_an_error_and_neither_is_chosen(broker, venue):
    for _ in range(2):
        venue.account.place(client_id("momentum", order()), "KO", False, "5", None, "DAY")
    with pytest.raises(BrokerError, match="2 orders with that reference"):
        look(broker, order())


def test_an_order_for_another_symbol_under_our_reference_is_not_ours(broker, venue):
    venue.account.place(client_id("momentum", order()), "AAPL", False, "5", None, "DAY")
    with pytest.raises(BrokerError, match="an order for AAPL"):
        look(broker, order())


def test_a_corrected_trade_counts_once_and_in_its_last_version(broker, venue, monkeypatch):
    send(broker, order())
    placed = venue.account.orders[0]
    venue.account.fill(placed, "5", "60.20")
    once = venue.ANSWERS[7]

    def corrected(self, asked):
        *before, end, cost = once(self, asked)
        trade = self.account.trades[0]
        fields = list(tws.execution(asked.fields[1], trade, placed, self.placed_by[placed.number], ACCOUNT))
        fields[fields.index(tws.name_of(trade))] = tws.name_of(trade)[:-2] + "02"
        fields[fields.index(trade.price)] = "60.21"
        yield from (message(*fields), *before, end, cost)

    monkeypatch.setitem(Venue.ANSWERS, 7, corrected)
    (execution,) = look(broker, order()).executions
    assert (execution.quantity, execution.price) == (5.0, 60.21)
    assert execution.commission != execution.commission  # the venue has not said it of this version


def test_trades_without_their_order_leave_it_unknown(broker, venue):
    send(broker, order())
    venue.account.fill(venue.account.orders[0], "5", "60.20")
    venue.account.appears_after_seconds = 10.0
    report = look(broker, order())
    assert (report.state, report.said) == (State.UNKNOWN, "TWS lists its trades and not the order")


def test_an_order_sent_by_this_object_is_not_sent_again_while_it_is_not_listed(broker, venue):
    send(broker, order())
    venue.account.appears_after_seconds = 10.0
    again = send(broker, order(quantity=7.0))
    assert (again.state, again.ordered) == (State.UNKNOWN, 5.0)
    assert len(venue.order_messages) == 1


# --- kinds of orders ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("timing", "limit", "kind", "in_force"),
    [
        (Timing.NOW, None, "MKT", "DAY"),
        (Timing.NOW, 60.0, "LMT", "DAY"),
        (Timing.OPEN, None, "MKT", "OPG"),
        (Timing.OPEN, 60.0, "LMT", "OPG"),
        (Timing.CLOSE, None, "MOC", "DAY"),
        (Timing.CLOSE, 60.0, "LOC", "DAY"),
    ],
)
def test_auctions_are_a_type_at_the_close_and_a_time_in_force_at_the_open(
    broker, venue, timing, limit, kind, in_force
):
    send(broker, order(limit=limit), timing)
    fields = venue.order_messages[0].fields
    assert (fields[17], fields[20]) == (kind, in_force)
    assert fields[18] == ("" if limit is None else "60.0")


def test_whole_shares_at_prices_in_cents(broker, venue):
    send(broker, order(quantity=3.9, limit=60.129))
    placed = venue.account.orders[0]
    assert (placed.size, placed.limit) == (Decimal(3), Decimal("60.12"))


def test_a_symbol_that_is_two_stocks_or_names_an_exchange_is_refused(broker, venue):
    venue.listed["KO"] = ["NYSE", "NASDAQ"]
    for symbol in ("KO", "KO@NYSE"):
        with pytest.raises(OrderRefused, match="no one stock in USD of that name"):
            send(broker, order(symbol))
    assert not venue.order_messages


def test_a_symbol_that_is_not_subscribed_to_has_no_quote(broker):
    assert set(broker.quotes(["AAPL", "BRK B", "NOSUCH"])) == {"AAPL"}


# --- a link that is lost ------------------------------------------------------------------------------------------


def test_nothing_is_sent_while_tws_has_lost_ib(broker, venue):
    venue.notices = ((1100, "Connectivity between IB and Trader Workstation has been lost."),)
    with pytest.raises(VenueDown, match="IB error 1100: TWS has lost IB"):
        send(broker, order())
    assert not venue.order_messages


@pytest.mark.parametrize("code", [1101, 1102])
def test_a_link_that_is_found_again_is_one(broker, venue, code):
    venue.notices = ((code, "Connectivity between IB and Trader Workstation has been restored."),)
    assert send(broker, order()).state is State.ACKNOWLEDGED


def test_an_order_whose_answer_the_lost_link_took_is_unknown_and_looked_up(broker, venue):
    venue.after_taking = (1100, "Connectivity between IB and Trader Workstation has been lost.")
    report = send(broker, order())
    assert (report.state, "1100" in report.said) == (State.UNKNOWN, True)
    assert look(broker, order()).state is State.ACKNOWLEDGED
    assert len(venue.order_messages) == len(venue.account.orders) == 1


def test_a_client_id_that_is_in_use_is_waited_for_and_said(broker, venue):
    venue.notices = ((326, "Unable to connect as the client id is already in use."),)
    with pytest.raises(VenueDown, match="this client id is in use"):
        broker.cash()


def test_a_closed_port_is_a_venue_that_is_down(tmp_path):
    with Venue() as gone:
        access = reach.access(gone, tmp_path)
    with pytest.raises(VenueDown, match="no connection to TWS or IB Gateway at 127"):
        find("ib", access)


# --- refusals and accounts ----------------------------------------------------------------------------------------


def test_an_api_that_is_read_only_is_a_refusal_of_the_account_and_the_order_may_be_sent_later(broker, venue):
    venue.instead_of_taking = (
        321,
        "Error validating request: The API interface is currently in Read-Only mode.",
    )
    with pytest.raises(AccountRefused, match=r"TWS takes no orders.*Read-Only API"):
        send(broker, order())
    venue.instead_of_taking = None
    assert send(broker, order()).state is State.ACKNOWLEDGED
    assert len(venue.account.orders) == 1


def test_a_refusal_is_told_in_the_venues_words_with_its_number(broker, venue):
    venue.instead_of_taking = (201, "Order rejected - reason:The contract is not available for short sale.")
    report = send(broker, order(quantity=-5.0))
    assert (report.state, report.ordered) == (State.REJECTED, -5.0)
    assert report.said.startswith("IB error 201: Order rejected")


def test_of_several_accounts_one_is_named(venue, tmp_path, monkeypatch):
    venue.accounts = f"DU7654321,{ACCOUNT}"
    with pytest.raises(AccountRefused, match=r"has the accounts DU7654321, DU1234567.*ib/account"):
        reach.broker(venue, tmp_path)
    as_if(venue, monkeypatch, account=ACCOUNT)
    broker = reach.broker(venue, tmp_path)
    assert broker.permissions().account == ACCOUNT
    assert "PEP" not in broker.holdings()  # the other account's


def test_a_paper_account_is_told_from_money_by_its_number_and_nothing_can_leave(broker):
    key = broker.permissions()
    assert (key.is_simulated, key.may_withdraw, key.may_transfer) == (True, False, False)


def test_an_order_that_another_client_placed_is_not_cancelled(broker, venue, tmp_path, monkeypatch):
    send(broker, order())
    as_if(venue, monkeypatch, client_id_for_orders="99")
    other = reach.broker(venue, tmp_path)
    with pytest.raises(OrderRefused, match="client 72 placed it, and this is client 99"):
        other.cancel(client_id("momentum", order()), "KO")
    assert look(other, order()).state is State.ACKNOWLEDGED
