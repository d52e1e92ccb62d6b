"""What the page says of a paper record, on nights made by hand."""

import pandas as pd
import pytest

from framework.ledger.rows import Book
from framework.page.data import PaperRecord, StrategyRecord
from framework.page.paper import paper_view, promise, trouble

CLOSES = pd.to_datetime(["2022-12-22 21:00", "2022-12-23 21:00", "2022-12-27 21:00"], utc=True)


def nights(delays_hours, backfilled=(False, False, False)):
    recorded = CLOSES + pd.to_timedelta(list(delays_hours), unit="h")
    return pd.DataFrame({"known_at": CLOSES, "recorded_at": recorded, "backfilled": list(backfilled)})


def test_nights_recorded_on_their_evening_are_said_to_be():
    assert promise(nights([1, 1, 10])).startswith("Each night was recorded within a day of its close.")


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (nights([1, 1, 1], backfilled=(True, True, True)), "Every night was backfilled"),
        (nights([1, 1, 1], backfilled=(True, False, False)), "1 of 3 nights was backfilled"),
        (nights([1, 1, 1], backfilled=(True, True, False)), "2 of 3 nights were backfilled"),
        (nights([30_000, 30_000, 30_000]), "Every night was backfilled"),
        (nights([1, 25, 1]), "1 of 3 nights was backfilled"),
    ],
)
def test_nights_run_after_the_fact_are_counted_whether_they_admit_it_or_not(record, said):
    assert promise(record).startswith(said)


def test_a_last_run_that_failed_is_said_and_one_that_finished_is_not():
    runs = pd.DataFrame(
        {"session": pd.to_datetime(["2022-12-23", "2022-12-27"]), "status": ["failed", "finished"]}
    )
    assert trouble(runs) == ""
    assert trouble(runs.iloc[:1]) == "The last run, for 2022-12-23, is on record as failed."
    assert trouble(runs.iloc[:0]) == ""


def test_a_ruined_account_is_shown_without_statistics():
    worth = [100_000.0, 20_000.0, -5_000.0]
    book = nights([1, 1, 1]).assign(
        session=CLOSES.tz_localize(None).normalize(),
        worth_usd=worth,
        cash_usd=worth,
        costs_usd=0.0,
        turnover=0.0,
    )
    record = StrategyRecord(
        name="ruined",
        backtest=None,
        research_runs=pd.DataFrame(),
        paper=PaperRecord(
            nights=book.assign(exposure=0.0, run_id="r"),
            orders=pd.DataFrame(),
            book=Book(cash=-5_000.0, holdings={}, last=None),
        ),
        paper_runs=pd.DataFrame(),
        suspension=None,
        is_closed=False,
        notebooks=(),
    )
    view = paper_view(record)
    assert [figure["label"] for figure in view["headline"]] == ["Sessions"]
    assert view["nights"][0]["worth"]["text"] == "−$5,000.00"
    assert view["tearsheet"] is None
