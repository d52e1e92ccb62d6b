"""Nights: the same account as a backtest's, kept a session at a time, with its guards on."""

from dataclasses import replace

import pandas as pd
import pytest

from framework.errors import LooksAhead, RecordRefused, StaleData, UnknownSymbol
from framework.job import spec
from framework.job.nightly import GUARD_NAME, Night
from framework.simulation.engine import simulate
from framework.strategy.load import load

LAST = [f"2022-12-{day}" for day in (19, 20, 21, 22, 23, 27, 28, 29, 30)]  # the 26th was a holiday


def backtest(project, first: str):
    """What the plain engine makes of the same rule, from that session on."""
    job = spec.load("restless", project.root)
    rule = load(job.strategy)
    bars = project.ledger.vault.bars(rule.universe, source=job.data, as_of=project.at(LAST[-1]))
    weights = rule.weights(bars)
    weights = replace(weights, frame=weights.frame.loc[first:])
    return simulate(weights, bars.since(first), job.costs.model(), capital=job.capital)


@pytest.mark.parametrize("opens", [True, False], ids=["filled at the open", "filled at the close"])
def test_nights_one_by_one_are_the_plain_engine_to_the_last_bit(project, opens, invented):
    if not opens:
        project.edit("data: invented", "data: closes")
        project.ledger.vault.append_bars(replace(invented(opens=False), source="closes"), calendar="XNYS")
    for session in LAST:
        project.live_through(session)
    expected = backtest(project, LAST[0])
    nights = project.ledger.worth("restless", "paper").set_index("session")
    assert len(expected.trades) >= 3 * (len(LAST) - 1)  # it traded all three, each day
    assert expected.borrow_usd.sum() > 0.0
    assert expected.interest_usd.abs().sum() > 0.0
    assert list(nights.index) == list(expected.worth.index)
    assert list(nights["worth_usd"]) == list(expected.worth)
    assert list(nights["cash_usd"]) == list(expected.cash)
    assert nights["holdings"].iloc[-1] == dict(expected.positions.iloc[-1])
    pd.testing.assert_series_equal(
        nights["turnover"].astype("f8"), expected.turnover, check_names=False, check_index_type=False
    )


PATIENT = """
from dataclasses import dataclass

import pandas as pd

from framework.strategy.weights import TargetWeights


@dataclass(frozen=True)
class Patient:
    universe: tuple[str, ...] = ("AAA", "BBB", "CCC")
    warmup: int = 1

    def weights(self, bars):
        month = pd.Series(bars.sessions.month, bars.sessions)
        first = (month != month.shift()).to_numpy()
        return TargetWeights((bars.close.notna() * 0.25).where(pd.Series(first, bars.sessions), axis=0))


STRATEGY = Patient()
"""


def test_a_new_account_takes_over_what_a_rule_that_decides_once_a_month_stands_by(project):
    (project.root / "patient.py").write_text(PATIENT)
    project.edit("restless:STRATEGY", "patient:STRATEGY")
    first = project.live_through(LAST[0])  # in the middle of the month
    assert [order.quantity * order.reference_price for order in first.orders] == pytest.approx([25_000.0] * 3)
    second = project.live_through(LAST[1])
    assert len(second.settled.fills) == 3
    assert second.orders == ()  # from then on a row that says hold is held
    assert set(project.ledger.book("restless", "paper").holdings) == {"AAA", "BBB", "CCC"}


def test_an_order_has_the_same_id_whenever_it_is_decided_and_one_end(project):
    first = project.live_through(LAST[0])
    ids = set(project.ledger.orders("restless", "paper")["order_id"])
    assert len(ids) == 3
    again = Night(first.job, first.as_of, "another-run", project.ledger)
    assert {again._tonight.order_id(order) for order in first.orders} == ids
    project.live_through(LAST[1])
    orders = project.ledger.orders("restless", "paper").set_index("order_id").loc[sorted(ids)]
    assert set(orders["event"]) == {"filled"}
    assert list(orders["filled_quantity"]) == list(orders["quantity"])
    waiting = project.ledger.open_orders("restless", "paper")
    assert {row.session for row in waiting} == {pd.Timestamp(LAST[1])}


def test_after_missed_nights_orders_fill_at_the_first_open_and_say_so(project, invented):
    project.live_through(LAST[0])
    night = project.live_through(LAST[3])
    assert {done.session for done in night.settled.fills} == {pd.Timestamp(LAST[1])}
    orders = project.ledger.orders("restless", "paper")
    settled = orders[orders["session"] == pd.Timestamp(LAST[0])]
    assert list(settled["detail"]) == [{"traded_in": LAST[1], "settled_late_in": LAST[3]}] * 3
    nights = project.ledger.worth("restless", "paper")
    assert list(nights["session"]) == [pd.Timestamp(LAST[0]), pd.Timestamp(LAST[3])]
    # the same as a backtest whose rule was silent on the nights that were missed
    bars = invented().since(LAST[0]).until(LAST[3])
    job = spec.load("restless", project.root)
    weights = load(job.strategy).weights(invented())
    heard = weights.frame.loc[[pd.Timestamp(LAST[0])]]
    expected = simulate(replace(weights, frame=heard), bars, job.costs.model(), capital=job.capital)
    assert nights["worth_usd"].iloc[-1] == expected.worth.iloc[-1]


def test_nothing_is_on_record_before_the_last_step(project):
    night = project.night(LAST[0])
    for step in (night.load_bars, night.check, night.settle, night.mark, night.decide):
        step()
    counts = project.ledger.counts()
    assert (counts["portfolio_worth"], counts["orders"], counts["snapshots"]) == (0, 0, 0)
    night.record()
    counts = project.ledger.counts()
    assert (counts["portfolio_worth"], counts["orders"], counts["snapshots"]) == (1, 3, 1)


def test_a_night_that_is_on_record_already_adds_nothing(project):
    """An attempt that was killed between its record and its end is repeated."""
    first = project.live_through(LAST[0])
    before = project.ledger.counts()
    again = project.live_through(LAST[0])
    after = project.ledger.counts()
    assert {name for name in after if after[name] != before[name]} == {"runs", "run_events"}
    assert again.worth_usd == first.worth_usd
    assert again.orders == ()


def test_an_attempt_that_was_superseded_may_not_record(project):
    old = project.night(LAST[0])
    for step in (old.load_bars, old.check, old.settle, old.mark, old.decide):
        step()
    project.live_through(LAST[0])
    with pytest.raises(RecordRefused):
        Night.record(old)
    assert project.ledger.counts()["portfolio_worth"] == 1


def test_a_suspended_strategy_settles_and_marks_and_orders_nothing(project):
    project.live_through(LAST[0])
    project.ledger.append_suspension(
        "restless", action="suspend", reason="looks odd", reviewer="A. Reviewer", known_at=project.at(LAST[0])
    )
    night = project.live_through(LAST[1])
    assert len(night.settled.fills) == 3
    assert night.orders == ()
    assert "A. Reviewer: looks odd" in str(night.record().loc["guards", "record"])
    nights = project.ledger.worth("restless", "paper")
    assert len(nights) == 2
    assert project.ledger.open_orders("restless", "paper") == []
    project.ledger.append_suspension(
        "restless", action="resume", reason="was right", reviewer="A. Reviewer", known_at=project.at(LAST[1])
    )
    assert len(project.live_through(LAST[2]).orders) == 3


def test_a_quarter_lost_trips_the_kill_switch_which_a_human_must_reset(project, invented):
    calm = invented()
    close, opens = calm.close.copy(), calm.open.copy()
    close.loc[LAST[1] :] *= 0.69
    opens.loc[LAST[2] :] *= 0.69
    project.ledger.vault.append_bars(replace(calm, close=close, open=opens, source="crash"), calendar="XNYS")
    project.edit("data: invented", "data: crash")
    project.live_through(LAST[0])
    night = project.live_through(LAST[1])
    assert night.worth_usd < 0.75 * 100_000.0
    assert night.orders == ()
    suspension = project.ledger.is_suspended("restless")
    assert suspension.reviewer == GUARD_NAME
    assert "the limit is -25%" in suspension.reason
    assert suspension.known_at == project.at(LAST[1])
    assert project.live_through(LAST[2]).orders == ()
    assert project.ledger.counts()["suspensions"] == 1
    # a human who resumes accepts the loss: from there on another quarter may be lost, not none
    project.ledger.append_suspension(
        "restless",
        action="resume",
        reason="loss accepted",
        reviewer="A. Reviewer",
        known_at=project.at(LAST[2]),
    )
    resumed = project.live_through(LAST[3])
    assert resumed.seed_usd == night.worth_usd
    assert len(resumed.orders) == 3
    assert project.ledger.is_suspended("restless") is None


def test_stale_bars_name_the_last_session_and_the_option(project):
    night = project.night("2023-01-04")
    with pytest.raises(StaleData, match="--as-of 2022-12-30"):
        night.check()


def test_a_rule_that_looks_ahead_may_not_decide(project):
    path = project.root / "restless.py"
    leaking = path.read_text().replace(".shift(1)", ".shift(-1)").replace("Restless", "Prophet")
    (project.root / "prophet.py").write_text(leaking)
    project.edit("restless:STRATEGY", "prophet:STRATEGY")
    with pytest.raises(LooksAhead):
        project.night(LAST[0]).check()


def test_bars_that_nobody_loaded_say_how_to_load_them(project):
    project.edit("data: invented", "data: sample")
    with pytest.raises(UnknownSymbol, match="openbook data sync"):
        project.night(LAST[0]).load_bars()


def test_only_what_was_known_then_is_used(project, invented):
    """A price that its source changed later does not change the night of an earlier as_of."""
    before = project.night(LAST[0]).bars
    revised = invented()
    close = revised.close.copy()
    close.iloc[3] *= 1.01
    project.ledger.vault.append_bars(replace(revised, close=close), calendar="XNYS")
    assert project.night(LAST[0]).bars.content_hash == before.content_hash
