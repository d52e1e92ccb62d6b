"""What a cell shows: well-formed, escaped, complete, and loaded from nowhere."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from framework import Bars, TargetWeights, backtest, load_bars
from framework.desk import html, views
from framework.desk.display import SHOWN
from framework.statistics import Evidence, Moments, Verdict, tearsheet
from framework.trading.guard import Guards
from framework.trading.venue import Venue
from framework.trading.volatility import VolatilityTarget

HOSTILE = '<script>alert("x")</script>&'


def parsed(markup: str) -> ElementTree.Element:
    """The markup as a tree; a tag left open or an ampersand left bare raises."""
    return ElementTree.fromstring(f"<body>{markup.replace('&nbsp;', ' ')}</body>")  # noqa: S314 - our own


def words(markup: str) -> str:
    return " ".join("".join(node.itertext()) for node in parsed(markup).iter("div"))


@pytest.fixture(scope="module")
def verdict() -> Verdict:
    evidence = Evidence(
        moments=Moments(0.05, 1000, -0.3, 5.0),
        trials=7,
        trials_variance=0.001,
        net_return=0.2,
        benchmark_return=0.3,
        causal=True,
    )
    return Verdict.decide(evidence)


def test_every_view_is_well_formed_and_loads_nothing(home, funds, rule, costs, verdict):
    result = backtest(rule, funds, costs)
    shown = [
        views.bars_view(funds),
        views.weights_view(result.weights),
        views.result_view(result),
        views.tearsheet_view(tearsheet(result)),
        views.verdict_view(verdict),
        views.months_view(),
    ]
    for markup in shown:
        assert len(words(markup)) > 30
        assert not re.search(r"https?:|url\(|@import|<script|<link|<img", markup)


def test_names_and_caveats_are_escaped(funds):
    close = funds.close.rename(columns={"MTUM": HOSTILE})
    markup = views.bars_view(Bars(close=close, source=HOSTILE, caveat=HOSTILE, licence=HOSTILE))
    assert HOSTILE in words(markup)
    assert "<script" not in markup


def test_bars_show_each_life_and_the_caveat_of_the_sample():
    text = words(views.bars_view(load_bars(["AAPL", "XOM"], start="2020-01-02")))
    assert "2 symbols over 754 sessions, 2020-01-02 to 2022-12-28" in text
    assert "survived" in text.lower() or "surviv" in text.lower()


def test_a_symbol_that_never_traded_in_the_range_has_a_row_without_figures(funds):
    close = funds.close.assign(MTUM=float("nan"))
    cells = [node.text for node in parsed(views.bars_view(replace(funds, close=close))).iter("td")]
    assert cells[:4] == ["\u2013", "\u2013", "0", "\u2013"]


def test_weights_show_the_last_decision_largest_first(funds):
    frame = funds.close * float("nan")
    frame.iloc[5] = [0.1, -0.4, 0.0, 0.2, 0.0]
    rows = list(parsed(views.weights_view(TargetWeights(frame))).iter("table"))[1].find("tbody")
    assert [[cell.text for cell in row] for row in rows] == [
        ["QUAL", "\u221240.00\u00a0%"],
        ["USMV", "20.00\u00a0%"],
        ["MTUM", "10.00\u00a0%"],
    ]


def test_weights_that_want_cash_or_never_decide_say_so(funds):
    assert "nothing but cash" in words(views.weights_view(TargetWeights(funds.close * 0.0)))
    assert "nothing is ever decided" in words(views.weights_view(TargetWeights(funds.close * float("nan"))))


def test_a_result_says_how_it_was_simulated(home, funds, rule, costs):
    borrowing = replace(costs, borrow_rate_per_year=0.01)
    text = words(views.result_view(backtest(rule, funds, borrowing, whole_shares=True)))
    assert "Decided at the close, filled at the next close, sized at the decision; whole shares." in text
    assert "1 bps commission and 2 bps half-spread, 1.00\u00a0% a year borrow fee" in text


def test_a_result_says_which_rules_were_on(home, funds, rule, costs):
    target = VolatilityTarget(per_year=0.1)
    guards = Guards(stop_loss=0.1, trailing_stop=0.2, take_profit=0.3, time_stop=9, volatility=target)
    asked = {"venue": Venue(lot=5.0, minimum_usd=100.0, band=0.01), "guards": guards}
    text = words(views.result_view(backtest(rule, funds, costs, **asked)))
    assert "fractional shares, lots of 5, no order below 100.00\u00a0USD, no trade within 1.00\u00a0%" in text
    assert "stop at a loss of 10.00\u00a0%, stop 20.00\u00a0% off the best close, profit taken at 30" in text
    assert "held for 9 closes at most, scaled to 10.00\u00a0% volatility a year." in text


def test_a_verdict_gives_every_reason_in_words_and_not_by_colour_alone(verdict):
    text = words(views.verdict_view(verdict))
    assert "Verdict Rejected" in text
    assert "7 trials counted" in text
    for reason in verdict.reasons:
        assert reason.sentence in text
    assert text.count("passed") - text.count("must be passed") == sum(one.passed for one in verdict.reasons)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.12345, "fraction", "12.35\u00a0%"),
        (-0.5, "fraction", "\u221250.00\u00a0%"),
        (1234567.891, "usd", "1,234,567.89\u00a0USD"),
        (114.0, "sessions", "114"),
        (0.4378, "ratio", "0.438"),
        (None, "ratio", "\u2013"),
        (float("nan"), "usd", "\u2013"),
    ],
)
def test_a_number_is_written_in_its_unit(value, unit, text):
    assert html.number(value, unit) == text


def test_a_sparkline_ends_at_the_last_value_and_stays_in_its_box():
    line = html.sparkline([float(value) for value in range(1000)], width=100, height=20)
    points = [tuple(map(float, pair.split(","))) for pair in re.search(r'points="([^"]+)"', line)[1].split()]
    assert all(0.0 <= x <= 100.0 and 0.0 <= y <= 20.0 for x, y in points)
    assert points[-1] == (99.0, 1.5)
    assert html.sparkline([1.0]) == ""


def test_every_type_that_is_shown_exists_under_the_name_it_is_registered_by():
    from importlib import import_module

    for module, name in SHOWN:
        assert isinstance(getattr(import_module(module), name), type)
