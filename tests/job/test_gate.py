"""A night on bars that no gate passes decides nothing, and says why on record."""

from dataclasses import replace

import pytest

from framework.errors import StaleData, UntrustedBars
from framework.job.gate import GATE_NAME
from framework.job.run import run

LAST = "2022-12-29"


@pytest.fixture
def jumped(project, invented):
    """The vendor's BBB of the last session is ten times what it should be."""
    bars = invented(last=LAST)
    close, opens = bars.close, bars.open
    close.iloc[-1, 1] *= 10.0
    wrong = replace(bars, close=close, open=opens, source="jumped")
    project.ledger.vault.append_bars(wrong, calendar="XNYS")
    project.edit("data: invented", "data: jumped")
    return project


def night(project, session):
    return run("restless", as_of=project.at(session), ledger=project.ledger, current=project.settings)


def rows(project):
    return [(row.action, row.reviewer) for row in project.ledger.suspensions("restless")]


def mend(project, invented):
    project.ledger.vault.append_bars(replace(invented(), source="jumped"), calendar="XNYS")


def test_an_outlier_pauses_the_strategy_until_the_vendor_has_mended_it(jumped, invented):
    assert night(jumped, "2022-12-28").status == "finished"
    before = jumped.ledger.counts()
    for _ in range(2):
        with pytest.raises(UntrustedBars, match=f"outlier: BBB moved by .* on {LAST}"):
            night(jumped, LAST)
    after = jumped.ledger.counts()
    assert (after["portfolio_worth"], after["orders"]) == (before["portfolio_worth"], before["orders"])
    assert rows(jumped) == [("suspend", GATE_NAME)]
    assert "outlier: BBB" in jumped.ledger.is_suspended("restless").reason
    mend(jumped, invented)
    assert night(jumped, "2022-12-30").status == "finished"
    assert rows(jumped) == [("suspend", GATE_NAME), ("resume", GATE_NAME)]
    assert jumped.ledger.book("restless", "paper").last.worth_usd > 50_000.0


def test_a_human_may_say_that_the_odd_price_is_true(jumped):
    night(jumped, "2022-12-28")
    with pytest.raises(UntrustedBars):
        night(jumped, LAST)
    jumped.ledger.append_suspension(
        "restless", action="resume", reason="taken over", reviewer="ada", known_at=jumped.at(LAST)
    )
    assert night(jumped, LAST).status == "finished"
    assert len(rows(jumped)) == 2


def test_a_human_who_suspended_is_not_overruled(jumped, invented):
    jumped.ledger.append_suspension(
        "restless", action="suspend", reason="holiday", reviewer="ada", known_at=jumped.at("2022-12-27")
    )
    mend(jumped, invented)
    done = jumped.live_through("2022-12-30")
    assert done.orders == ()
    assert rows(jumped) == [("suspend", "ada")]


def test_late_bars_pause_too(project):
    with pytest.raises(StaleData):
        night(project, "2023-01-04")
    assert rows(project) == [("suspend", GATE_NAME)]


def test_prices_in_another_currency_than_the_accounts_are_refused(project, invented):
    euros = replace(invented(), source="euros")
    project.ledger.vault.append_bars(euros, calendar="XNYS", currency="EUR")
    project.edit("data: invented", "data: euros")
    with pytest.raises(UntrustedBars, match="AAA is in EUR, the account in USD"):
        project.night(LAST).check()
