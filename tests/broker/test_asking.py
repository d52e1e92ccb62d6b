"""A question is put again, an order is not; what may have arrived is looked up, and never sent again."""

import pytest

from framework.access import Access
from framework.access.keys import Keys
from framework.access.patience import Again, Lost, Patience
from framework.broker import resolved
from framework.broker._asking import hand_over, learn, understood
from framework.broker.base import Report, State
from framework.errors import BrokerError, VenueDown
from framework.host import clock


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def access(tmp_path, slept) -> Access:
    return Access(clock.now(), Keys("alpaca", tmp_path), Patience(attempts=3, sleep=slept.append))


def failing(*faults: Exception):
    due = list(faults)

    def question() -> str:
        if due:
            raise due.pop(0)
        return "answer"

    return question


def test_a_question_whose_answer_was_lost_is_put_again(access, slept):
    assert learn(failing(Lost("reset"), Again("busy", 7.0)), access, about="alpaca: cash") == "answer"
    assert slept == [1.0, 7.0]


def test_a_venue_that_never_answers_is_an_error_of_the_broker(access):
    with pytest.raises(
        VenueDown, match=r"alpaca: cash: reset\. It was asked 3 of 3 times\. It was only asked"
    ) as caught:
        learn(failing(*[Lost("reset")] * 9), access, about="alpaca: cash")
    assert isinstance(caught.value, BrokerError)
    assert caught.value.exit_code == 9


def test_an_order_that_may_have_arrived_is_not_handed_over_again(access, slept):
    with pytest.raises(Lost):
        hand_over(failing(Lost("reset")), access, about="alpaca: +5 KO")
    assert slept == []


def test_an_order_that_was_never_taken_may_be_submitted_again(access):
    with pytest.raises(VenueDown, match=r"It was not taken\. Submit it again later, under the same id"):
        hand_over(failing(*[Again("busy")] * 9), access, about="alpaca: +5 KO")


def test_an_answer_in_another_form_is_a_lost_one_and_is_not_quoted():
    with pytest.raises(Lost, match="KeyError") as caught, understood():
        _ = {}["canary"]
    assert "canary" not in str(caught.value)


class Slow:
    """Knows an order after some looks."""

    visibility_seconds = 10.0

    def __init__(self, looks: int) -> None:
        self.looks = looks

    def order(self, client_id: str, symbol: str) -> Report:
        self.looks -= 1
        if self.looks >= 0:
            return Report.unknown(client_id, symbol, 5.0, why="no such order")
        return Report(client_id=client_id, venue_id="1", symbol=symbol, ordered=5.0, state=State.ACKNOWLEDGED)


def test_an_order_is_looked_up_until_the_venue_knows_it(access, slept):
    assert resolved(Slow(2), "ob-1", "KO", access.patience).state is State.ACKNOWLEDGED
    assert slept == [1.0, 2.0]


def test_an_order_that_the_venue_does_not_know_after_its_window_stays_unknown(access, slept):
    assert resolved(Slow(99), "ob-1", "KO", access.patience).state is State.UNKNOWN
    assert sum(slept) == 10.0
