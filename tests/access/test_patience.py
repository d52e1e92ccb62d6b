"""Asking again: how often, with which pauses, and until when."""

import threading

import pytest

from framework.access.patience import Again, Lost, Patience, ask, send, watch
from framework.errors import DataError, VendorDown


class Venue:
    """Fails as often as it is told, then answers."""

    def __init__(self, *failures: BaseException) -> None:
        self.failures, self.asked = list(failures), 0

    def __call__(self) -> str:
        self.asked += 1
        if self.failures:
            raise self.failures.pop(0)
        return "answer"


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def patience(slept) -> Patience:
    return Patience(
        attempts=5, first_wait_seconds=1.0, longest_wait_seconds=6.0, timeout_seconds=10.0, sleep=slept.append
    )


def test_an_answer_at_once_takes_no_pause(patience, slept):
    assert ask(Venue(), patience, about="alpaca: KO") == "answer"
    assert slept == []


def test_pauses_double_up_to_the_longest(patience, slept):
    venue = Venue(*[Again("busy")] * 4)
    assert ask(venue, patience, about="alpaca: KO") == "answer"
    assert slept == [1.0, 2.0, 4.0, 6.0]
    assert venue.asked == 5


def test_a_pause_that_the_venue_asks_for_is_kept(patience, slept):
    assert ask(Venue(Again("busy", 5.0), Again("busy")), patience, about="alpaca: KO") == "answer"
    assert slept == [5.0, 2.0]


def test_the_last_attempt_is_the_last(patience, slept):
    venue = Venue(*[Again("busy")] * 9)
    with pytest.raises(VendorDown, match=r"alpaca: KO: busy\. It was asked 5 of 5 times\. Nothing was kept"):
        ask(venue, patience, about="alpaca: KO")
    assert venue.asked == 5
    assert len(slept) == 4  # no pause after which nothing follows


def test_a_pause_longer_than_the_longest_is_not_waited_for(patience, slept):
    venue = Venue(Again("banned", 7200.0))
    with pytest.raises(VendorDown, match="a pause of 7200 s; the longest is 6 s"):
        ask(venue, patience, about="binance: BTCUSDT")
    assert (venue.asked, slept) == (1, [])


def test_what_is_no_use_to_repeat_is_raised_at_once(patience, slept):
    venue = Venue(DataError("wrong key", "limit", "remedy"))
    with pytest.raises(DataError, match="wrong key"):
        ask(venue, patience, about="alpaca: KO")
    assert (venue.asked, slept) == (1, [])


def test_an_answer_that_does_not_end_is_given_up_as_a_whole(slept):
    done = threading.Event()
    patience = Patience(attempts=2, timeout_seconds=0.05, sleep=slept.append)
    with pytest.raises(VendorDown, match=r"no whole answer within 0\.05 s\. It was asked 2 of 2 times"):
        ask(done.wait, patience, about="ib: KO")
    done.set()
    assert slept == [1.0]


# --- what must not arrive twice -----------------------------------------------------------------------------------


def test_what_was_not_taken_is_sent_again(patience, slept):
    venue = Venue(Again("busy", 5.0), Again("busy"))
    assert send(venue, patience, about="alpaca: KO") == "answer"
    assert slept == [5.0, 2.0]


def test_what_may_have_arrived_is_not_sent_again(patience, slept):
    venue = Venue(Again("busy"), Lost("reset"))
    with pytest.raises(Lost, match="reset"):
        send(venue, patience, about="alpaca: KO")
    assert venue.asked == 2
    assert slept == [1.0]


def test_a_message_without_an_answer_in_time_may_have_arrived(slept):
    hanging, sent = threading.Event(), []

    def message() -> None:
        sent.append(1)
        hanging.wait()

    with pytest.raises(Lost, match=r"no whole answer within 0\.05 s"):
        send(message, Patience(timeout_seconds=0.05, sleep=slept.append), about="alpaca: KO")
    hanging.set()
    assert sent == [1]
    assert slept == []


def test_what_is_never_taken_is_given_up(patience):
    venue = Venue(*[Again("busy")] * 9)
    with pytest.raises(VendorDown, match="asked 5 of 5 times"):
        send(venue, patience, about="alpaca: KO")


# --- what takes its time ------------------------------------------------------------------------------------------


def test_it_is_watched_until_it_is_settled(patience, slept):
    answers = iter([1, 2, 3, 4])
    assert watch(lambda: next(answers), lambda answer: answer == 3, patience, seconds=60.0) == 3
    assert slept == [1.0, 2.0]


def test_it_is_watched_for_so_many_seconds_and_no_longer(patience, slept):
    asked = []
    assert watch(lambda: asked.append(1), bool, patience, seconds=10.0) is None
    assert slept == [1.0, 2.0, 4.0, 3.0]
    assert len(asked) == 5  # the last answer is from the end of the window, not from before its last pause


def test_what_is_settled_at_once_takes_no_pause(patience, slept):
    assert watch(lambda: True, bool, patience, seconds=0.0)
    assert slept == []
