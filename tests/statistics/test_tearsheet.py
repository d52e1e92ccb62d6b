import json
import math
import time

import numpy as np
import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.data.sources.sample import SOURCE
from framework.errors import DataError, SpecError
from framework.simulation.engine import simulate
from framework.statistics import (
    Tearsheet,
    deepest_drawdown,
    monthly_returns,
    sharpe_ratio,
    tearsheet,
    tearsheet_of_worth,
    total_return,
    value_at_risk,
)
from framework.strategy.weights import TargetWeights
from framework.trading.costs import CostModel

PROMISED = [
    "total_return",
    "cagr",
    "annual_volatility",
    "sharpe_ratio",
    "sortino_ratio",
    "calmar_ratio",
    "max_drawdown",
    "drawdown_recovery",
    "monthly_hit_rate",
    "best_month",
    "worst_month",
    "profit_factor",
    "turnover",
    "exposure",
    "costs_paid",
    "beta",
    "beta_t",
    "alpha",
    "alpha_t",
    "correlation",
    "correlation_t",
    "value_at_risk",
    "expected_shortfall",
]
ANNUAL = {"cagr", "annual_volatility", "sharpe_ratio", "sortino_ratio", "calmar_ratio", "turnover", "alpha"}


@pytest.fixture(scope="module")
def index() -> pd.Series:
    """The S&P 500's closes, 1999 to 2018."""
    return SOURCE.bars(("SPX",)).close["SPX"]


@pytest.fixture(scope="module")
def result(index):
    """Half in the index, rebalanced each month, with costs and interest."""
    close = index.to_frame()["2007":"2013"]
    targets = pd.DataFrame(np.nan, index=close.index, columns=close.columns)
    targets.iloc[::21] = 0.5
    costs = CostModel(commission_bps=5.0, half_spread_bps=5.0, cash_rate_per_year=0.01)
    return simulate(TargetWeights(targets), Bars(close), costs)


@pytest.fixture(scope="module")
def sheet(result, index) -> Tearsheet:
    return tearsheet(result, benchmark=index)


def test_every_promised_row_is_there_in_order_with_its_n_and_span(sheet, result):
    keys = [row.key for row in sheet]
    assert [key for key in keys if key in PROMISED] == PROMISED
    assert len(set(keys)) == len(sheet)
    for row in sheet:
        assert (row.start, row.end) == (result.worth.index[0], result.worth.index[-1])
        assert row.n == (84 if "month" in row.key else len(result.returns))  # seven years of months
        assert row.unit in {"fraction", "ratio", "usd", "sessions"}
        assert row.value is not None or row.note


def test_the_known_history_of_the_index(index):
    # S&P 500: 1,565.15 on 2007-10-09, 676.53 on 2009-03-09, above it again on 2013-03-28; 2008 -38.49 %, 2013 +29.60 %
    found = deepest_drawdown(index)
    assert [f"{day:%Y-%m-%d}" for day in (found.peak, found.trough, found.recovered)] == [
        "2007-10-09",
        "2009-03-09",
        "2013-03-28",
    ]
    assert found.depth == pytest.approx(676.53 / 1565.15 - 1, abs=1e-6)
    months = monthly_returns(index)
    assert months.loc[[2008, 2013], "year"].tolist() == pytest.approx([-0.3849, 0.2960], abs=5e-5)
    assert months.loc[2008, 10] == pytest.approx(-0.1694, abs=5e-5)
    sheet = tearsheet_of_worth(index)
    assert sheet["max_drawdown"].note == "peak 2007-10-09, trough 2009-03-09"
    assert sheet["drawdown_recovery"].value == found.recovery_sessions == 1021
    assert (sheet["worst_month"].note, sheet["best_month"].note) == ("2008-10", "2011-10")


def test_the_rows_are_the_published_functions_of_the_result(sheet, result):
    assert sheet["total_return"].value == total_return(result.worth)
    assert sheet["value_at_risk"].value == value_at_risk(result.returns)
    assert sheet["sharpe_ratio"].value == pytest.approx(
        sharpe_ratio(result.returns - 0.01 / 252, periods_per_year=252), rel=1e-12
    )
    assert sheet["sharpe_ratio"].note == "above a cash rate of 1.00% a year"


def test_table_heat_map_and_headline_agree(sheet, result):
    # the complaint that table, chart and heat map disagree
    months = monthly_returns(result.worth)
    cells = months[list(range(1, 13))].to_numpy()
    assert (1.0 + months["year"]).prod() - 1.0 == pytest.approx(sheet["total_return"].value, rel=1e-12)
    assert np.nanmax(cells) == sheet["best_month"].value
    assert np.nanmin(cells) == sheet["worst_month"].value
    assert np.nanmean(cells > 0.0) == pytest.approx(sheet["monthly_hit_rate"].value, rel=1e-12)


def test_costs_turnover_and_exposure_are_those_of_the_trades(sheet, result):
    assert len(result.trades) > 50
    paid = result.trades[["commission_usd", "spread_usd"]].to_numpy().sum()
    assert sheet["costs_paid"].value == pytest.approx(paid, rel=1e-12)
    years = (result.worth.index[-1] - result.worth.index[0]).days / 365.25
    assert sheet["costs_per_year"].value == pytest.approx(paid / result.worth.mean() / years, rel=1e-12)
    value = result.trades["quantity"].abs() * result.trades["price"]
    before = result.worth.shift()[result.trades["session"]].to_numpy()
    assert sheet["turnover"].value == pytest.approx((value / before).sum() / 1_761 * 252, rel=1e-12)
    assert 0.1 < sheet["turnover"].value < 1.0
    assert sheet["exposure"].value == pytest.approx(0.5, abs=0.02)


def test_half_the_index_has_half_its_beta_and_its_whole_correlation(sheet):
    assert sheet["beta"].value == pytest.approx(0.5, abs=0.02)
    assert sheet["correlation"].value > 0.99
    assert sheet["beta_t"].value > 50
    assert sheet["alpha"].low < sheet["alpha"].value < sheet["alpha"].high


def test_intervals_contain_their_value_and_are_where_they_should_be(sheet):
    with_interval = {row.key for row in sheet if row.low is not None}
    assert {
        "total_return",
        "cagr",
        "annual_volatility",
        "sharpe_ratio",
        "sortino_ratio",
        "max_drawdown",
    } <= with_interval
    assert {"beta", "alpha", "correlation"} <= with_interval
    assert not with_interval & {"costs_paid", "turnover", "exposure", "drawdown_recovery", "beta_t"}
    for key in with_interval:
        assert sheet[key].low < sheet[key].value < sheet[key].high


def test_a_seed_makes_one_tearsheet(sheet, result, index):
    assert tearsheet(result, benchmark=index) == sheet
    other = tearsheet(result, benchmark=index, seed=1)
    assert other["sharpe_ratio"].value == sheet["sharpe_ratio"].value
    assert other["sharpe_ratio"].low != sheet["sharpe_ratio"].low


def test_nothing_shorter_than_a_year_is_annualised(worth, benchmark):
    # the "CAGR of 250 % from 71 rows" complaint
    activity = {"turnover": worth * 0.0 + 0.1, "costs_usd": 10.0}
    short = tearsheet_of_worth(worth[:72], benchmark=benchmark, **activity)
    for key in ANNUAL | {"costs_per_year"}:
        assert short[key].value is short[key].low is short[key].high is None
        assert short[key].note == "not annualised: the span is below 365 days"
    assert short["total_return"].value == total_return(worth[:72])
    assert short["total_return"].low is not None
    full = tearsheet_of_worth(worth[:270], benchmark=benchmark, **activity)
    assert all(full[key].value is not None for key in ANNUAL)


@pytest.mark.parametrize("rows", [1, 2, 3, 25])
def test_a_young_paper_record_says_why_a_number_is_missing(worth, benchmark, rows):
    young = tearsheet_of_worth(worth[:rows], benchmark=benchmark)
    assert all(row.value is not None or row.note for row in young)
    assert all(row.low is None for row in young)
    assert (young["total_return"].value is None) == (rows == 1)
    assert young["total_return"].n == rows - 1
    assert young["beta"].value is not None or young["beta"].note == (
        f"too few returns: {rows - 1}, at least 20 needed"
    )


def test_what_was_not_recorded_is_named_and_never_left_out(worth):
    # the "turnover missing" complaint
    bare = tearsheet_of_worth(worth)
    assert [row.key for row in bare if row.key in PROMISED] == PROMISED
    for key in ("turnover", "exposure", "costs_paid"):
        assert (bare[key].value, bare[key].note) == (None, "not recorded")
    assert bare["beta"].note == "no benchmark"


def test_a_benchmark_that_lacks_a_session_is_refused(result, index):
    with pytest.raises(DataError, match="no price at 2008-01-02"):
        tearsheet(result, benchmark=index.drop(pd.Timestamp("2008-01-02")))


def test_steady_growth_has_no_sharpe_ratio_and_says_so(worth_of):
    steady = tearsheet_of_worth(worth_of(np.full(400, 0.001)))
    assert steady["sharpe_ratio"].note == "undefined: every return is the same"
    assert steady["max_drawdown"].value == 0.0
    assert "never fell" in steady["drawdown_recovery"].note
    assert "never fell" in steady["calmar_ratio"].note
    assert steady["sortino_ratio"].value is steady["profit_factor"].value is None


def test_a_drawdown_that_is_still_open_says_since_when_it_is(worth_of):
    sunk = tearsheet_of_worth(worth_of([-0.5] + [0.001] * 300))
    assert sunk["drawdown_recovery"].value is None
    assert sunk["drawdown_recovery"].note == f"not recovered by {sunk['total_return'].end:%Y-%m-%d}"
    assert sunk["max_drawdown"].value == -0.5


def test_a_tearsheet_survives_json_bit_for_bit(sheet, worth):
    for one in (sheet, tearsheet_of_worth(worth[:2])):
        text = json.dumps(one.to_dict(), allow_nan=False)
        assert Tearsheet.from_dict(json.loads(text)) == one


def test_the_frame_has_a_row_a_statistic(sheet):
    frame = sheet.frame()
    assert frame.loc["beta", "value"] == sheet["beta"].value
    assert math.isnan(frame.loc["turnover", "low"])
    assert len(frame) == len(sheet)


def test_an_unknown_row_is_refused_with_those_that_exist(sheet):
    with pytest.raises(SpecError, match=r"no 'sharpe'.*sharpe_ratio"):
        sheet["sharpe"]


def test_thirty_three_years_take_less_than_two_seconds(worth_of):
    returns = np.sin(np.arange(8_313.0)) * 0.01 + 0.0003
    worth, other = worth_of(returns, start="1990-01-02"), worth_of(returns[::-1], start="1990-01-02")
    began = time.process_time()
    tearsheet_of_worth(worth, benchmark=other)
    assert time.process_time() - began < 2.0
