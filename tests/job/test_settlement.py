"""From the last night to tonight: the waiting orders fill once, at the first session after their decision."""

import pandas as pd
import pytest

from framework.broker.paper import PaperBroker
from framework.data.bars import Bars
from framework.job.settlement import closes, live_through, marks
from framework.trading.costs import CostModel
from framework.trading.orders import Order

FREE = CostModel(commission_bps=0.0, half_spread_bps=0.0, cash_rate_per_year=0.252)
DAYS = pd.DatetimeIndex(["2022-12-27", "2022-12-28", "2022-12-29", "2022-12-30"])


def frame(*rows):
    return pd.DataFrame(list(rows), index=DAYS, columns=["KO", "PG"], dtype="f8")


BARS = Bars(
    close=frame((10.0, 20.0), (11.0, 21.0), (12.0, 22.0), (13.0, 23.0)),
    open=frame((9.0, 19.0), (10.5, 20.5), (11.5, 21.5), (12.5, 22.5)),
)
ORDER = Order(symbol="KO", quantity=10.0, reference_price=10.0, session=DAYS[0])


def test_one_night_later_the_order_fills_at_the_open_and_is_marked_at_the_close():
    book = PaperBroker(1_000.0, {}, FREE)
    settled = live_through(book, [ORDER], BARS.until("2022-12-28"), DAYS[0])
    assert [(done.session, done.quantity, done.price) for done in settled.fills] == [(DAYS[1], 10.0, 10.5)]
    # 895 in cash earns a thousandth a session; ten shares are worth 110
    assert list(settled.worth) == pytest.approx([895.0 + 0.895 + 110.0])
    assert settled.traded_usd == pytest.approx(105.0)


def test_after_missed_nights_it_fills_once_at_the_first_open_and_interest_accrues_each_session():
    book = PaperBroker(1_000.0, {}, FREE)
    settled = live_through(book, [ORDER], BARS, DAYS[0])
    assert [(done.session, done.price) for done in settled.fills] == [(DAYS[1], 10.5)]
    cash = [895.0 * 1.001, 895.0 * 1.001**2, 895.0 * 1.001**3]
    assert list(settled.worth) == pytest.approx([cash[0] + 110.0, cash[1] + 120.0, cash[2] + 130.0])
    assert len(settled.carries) == 3


def test_on_the_first_night_the_capital_arrives_at_the_close_and_earns_nothing_yet():
    book = PaperBroker(1_000.0, {}, FREE)
    settled = live_through(book, [], BARS, None)
    assert dict(settled.worth) == {DAYS[3]: 1_000.0}
    assert settled.carries == ()


def test_without_opens_orders_fill_at_the_close():
    book = PaperBroker(1_000.0, {}, FREE)
    settled = live_through(book, [ORDER], Bars(close=BARS.close).until("2022-12-28"), DAYS[0])
    assert settled.fills[0].price == 11.0


def test_a_delisted_holding_keeps_its_last_close_and_its_orders_expire():
    gone = BARS.close.copy()
    gone.loc[DAYS[1] :, "KO"] = float("nan")
    bars = Bars(close=gone)
    book = PaperBroker(0.0, {"KO": 5.0}, FREE)
    settled = live_through(book, [ORDER], bars.until("2022-12-28"), DAYS[0])
    assert settled.fills[0].quantity == 0.0
    assert list(settled.worth) == [50.0]
    assert marks(bars)["KO"] == 10.0
    assert pd.isna(closes(bars)["KO"])


def test_costs_are_commission_spread_and_borrow_together():
    dear = CostModel(commission_bps=100.0, half_spread_bps=100.0, borrow_rate_per_year=0.252)
    book = PaperBroker(1_000.0, {"PG": -10.0}, dear)
    settled = live_through(book, [ORDER], BARS.until("2022-12-28"), DAYS[0])
    # spread 10 * 0.105, commission 1 % of 10 * 10.605, a thousandth of 210 borrowed
    assert settled.costs_usd == pytest.approx(1.05 + 1.0605 + 0.21)
