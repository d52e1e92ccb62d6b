"""Sessions that bars or nights pass over are named; what an exchange does not have is not missed."""

import pandas as pd

from framework.data.bars import Bars
from framework.ledger.gaps import gaps


def bars_of(sessions: list[str], symbol: str = "KO") -> Bars:
    close = pd.DataFrame({symbol: range(1, len(sessions) + 1)}, index=pd.DatetimeIndex(sessions), dtype="f8")
    return Bars(close=close, source="sample", licence="BSD-3", caveat="none")


def test_a_weekend_and_a_holiday_are_no_gap(ledger):
    ledger.vault.append_bars(bars_of(["2022-12-23", "2022-12-27", "2022-12-28"]), calendar="XNYS")
    assert gaps(ledger) == []


def test_a_session_that_bars_pass_over_is_one(ledger):
    whole = ["2022-12-21", "2022-12-22", "2022-12-23", "2022-12-27", "2022-12-28"]
    ledger.vault.append_bars(bars_of([whole[0], whole[2], whole[4]], "IBM"), calendar="XNYS")
    ledger.vault.append_bars(bars_of(whole), calendar="XNYS")
    (gap,) = gaps(ledger)
    assert (gap.stream, gap.calendar) == ("bar_blocks:sample:IBM", "XNYS")
    assert [f"{day:%Y-%m-%d}" for day in gap.sessions] == ["2022-12-22", "2022-12-27"]


def test_a_night_that_a_book_passes_over_is_one(ledger, make_run, make_worth):
    close = bars_of(["2022-12-22", "2022-12-23", "2022-12-27"])
    ledger.vault.append_bars(close, calendar="XNYS")
    stored = ledger.vault.append_snapshot(close, strategy="dual_momentum", known_at=make_run().as_of)
    for number, session in enumerate(("2022-12-22", "2022-12-27")):
        run = ledger.start_attempt(make_run(f"run-{number}", session=pd.Timestamp(session)))
        worth = make_worth(run, snapshot_hash=stored)
        ledger.append_night(run.run_id, worth=worth, fills=[], orders=[])
        ledger.append_event(run.run_id, "finished")
    (gap,) = gaps(ledger)
    assert gap.stream == "portfolio_worth:dual_momentum (paper)"
    assert list(gap.sessions) == [pd.Timestamp("2022-12-23")]
