import json

import numpy as np
import pandas as pd
import pytest

from framework.data.bars import Bars
from framework.errors import DataError
from framework.simulation.engine import simulate
from framework.statistics import (
    drawdowns,
    max_drawdown,
    monthly_returns,
    plateau,
    probability_of_backtest_overfitting,
    rolling_statistics,
    tearsheet_of_worth,
)
from framework.statistics.figures import (
    capacity_curve,
    costs,
    lags,
    monthly_heatmap,
    noise,
    overfitting,
    plateau_map,
    rolling,
    starts,
    symbols,
    underwater,
    worth_and_drawdown,
)
from framework.statistics.figures.account import MONTHS
from framework.statistics.figures.style import thinned
from framework.strategy.weights import TargetWeights
from framework.trading.costs import CostModel
from framework.trading.guard import KillSwitch


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255.0 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def contrast(color: str, ground: str) -> float:
    light, dark = sorted((luminance(color), luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.fixture(scope="module")
def trials() -> pd.DataFrame:
    generator = np.random.Generator(np.random.PCG64(12))
    return pd.DataFrame(generator.normal(0.0, 0.01, (200, 9))).add_prefix("t")


@pytest.fixture(scope="module")
def scores() -> pd.DataFrame:
    table = pd.DataFrame(np.fromfunction(lambda i, j: 1.0 - (i - 2) ** 2 / 9 - (j - 3) ** 2 / 16, (6, 7)))
    table.iloc[5, 0], table.iloc[0, 0] = (
        2.0,
        np.nan,
    )  # a spike in the corner, and a pair that is not admissible
    return table.set_axis(range(10, 70, 10)).rename_axis(index="fast", columns="slow")


@pytest.fixture(scope="module")
def long_worth(worth_of):
    generator = np.random.Generator(np.random.PCG64(11))
    return worth_of(generator.standard_t(4, 8_312) * 0.008 + 0.0003, start="1990-01-02")


def test_thirty_three_years_with_a_benchmark_stay_small(long_worth):
    figure = worth_and_drawdown(long_worth, long_worth * 2.0)
    assert len(long_worth) == 8_313
    assert [trace.name for trace in figure.data] == ["Benchmark", "Benchmark's drawdown", "Worth", "Drawdown"]
    assert len(figure.to_json()) < 400_000
    assert all(len(trace.x) <= 1_602 for trace in figure.data)


def test_thinning_keeps_the_ends_and_every_extreme(long_worth):
    thin = thinned(long_worth)
    assert len(thin) < 1_603
    assert thin.index.is_monotonic_increasing
    assert thin.index.is_unique
    assert (thin.index[0], thin.index[-1]) == (long_worth.index[0], long_worth.index[-1])
    assert (thin.min(), thin.max()) == (long_worth.min(), long_worth.max())
    assert thin.equals(long_worth[thin.index])
    assert thinned(long_worth[:1_600]) is not None
    assert len(thinned(long_worth[:1_600])) == 1_600


def test_chart_and_tearsheet_agree(long_worth):
    # the complaint that table, chart and heat map disagree
    figure, sheet = worth_and_drawdown(long_worth), tearsheet_of_worth(long_worth)
    drawn = {trace.name: trace for trace in figure.data}
    assert min(drawn["Drawdown"].y) == sheet["max_drawdown"].value == max_drawdown(long_worth)
    assert drawn["Worth"].y[-1] / drawn["Worth"].y[0] - 1.0 == sheet["total_return"].value
    lowest = drawn["Drawdown"].x[int(np.argmin(drawn["Drawdown"].y))]
    assert lowest == f"{drawdowns(long_worth).idxmin():%Y-%m-%d}"


def test_the_benchmark_starts_at_the_same_capital(worth, benchmark):
    figure = worth_and_drawdown(worth, benchmark)
    first = {trace.name: trace.y[0] for trace in figure.data}
    assert first["Benchmark"] == first["Worth"] == 100_000.0


def test_worth_that_grew_fourfold_is_drawn_on_a_log_scale(worth_of):
    grown = worth_and_drawdown(worth_of([0.01] * 200))
    level = worth_and_drawdown(worth_of([0.001] * 200))
    assert grown.layout.yaxis.type == "log"
    assert "log" in grown.layout.yaxis.title.text
    assert level.layout.yaxis.type != "log"


def test_the_heat_map_is_the_table_of_months(worth):
    figure, table = monthly_heatmap(worth), monthly_returns(worth)
    months, years = figure.data
    assert tuple(months.x) == MONTHS
    assert np.array_equal(np.array(months.z), table[list(range(1, 13))].to_numpy(), equal_nan=True)
    assert np.array_equal(np.array(years.z)[:, 0], table["year"].to_numpy())
    assert months.zmax == -months.zmin == np.nanmax(np.abs(months.z))
    assert months.text[-1][-1] == ""  # no return, no text
    assert not any("-0.0" in row for row in months.text)
    json.loads(figure.to_json())


def test_figures_read_on_white_on_black_and_in_print(worth, trials, scores):
    for figure in (
        worth_and_drawdown(worth, worth),
        monthly_heatmap(worth),
        underwater(worth),
        rolling(worth),
        overfitting(trials, blocks=8),
        plateau_map(scores),
    ):
        json.loads(figure.to_json())
        layout = figure.layout.template.layout
        assert (layout.paper_bgcolor, layout.plot_bgcolor) == ("rgba(0,0,0,0)", "rgba(0,0,0,0)")
        for color in (layout.font.color, *layout.colorway):
            assert contrast(color, "#FFFFFF") >= 3.0  # WCAG 2.1, graphical objects and large text
            assert contrast(color, "#111111") >= 3.0


def test_sessions_of_minutes_keep_their_time(worth):
    minutes = worth[:50].set_axis(pd.date_range("2024-03-01 09:30", periods=50, freq="min"))
    assert worth_and_drawdown(minutes).data[0].x[1] == "2024-03-01T09:31:00"


def test_a_worth_that_cannot_be_drawn_is_refused(worth, benchmark):
    with pytest.raises(DataError, match="Worth at"):
        worth_and_drawdown(worth - worth.iloc[3])
    with pytest.raises(DataError, match="has no price"):
        worth_and_drawdown(worth, benchmark[5:])
    with pytest.raises(DataError, match="1 rows"):
        monthly_heatmap(worth[:1])


def test_the_kill_switch_fires_where_the_drawdown_meets_its_line(worth_of):
    # 100 -> 200 -> 74: a quarter of the seed is lost below 75, which is 62.5 % under the peak
    worth = worth_of([1.0, -0.5, -0.2, -0.075, 0.5])
    drawn = {trace.name: trace for trace in underwater(worth).data}
    line, depth = (drawn[name] for name in ("Kill switch, -25% of the seed", "Drawdown"))
    assert list(line.y) == pytest.approx([-0.25] + [-0.625] * 5)
    fired = drawn["Fires 2015-01-08"]
    assert (fired.x[0], fired.y[0]) == (depth.x[4], depth.y[4])
    assert depth.y[4] == pytest.approx(-0.63)
    assert [a <= b for a, b in zip(depth.y, line.y, strict=True)] == [False] * 4 + [True, False]


def test_a_switch_that_never_fires_has_no_mark(worth_of):
    calm = worth_of([0.01, -0.02] * 5)
    assert len(underwater(calm).data) == 2
    assert len(underwater(calm, kill_switch=KillSwitch(-0.03)).data) == 3
    assert len(underwater(calm, seed=200_000.0).data) == 3  # a record that begins below its seed


def test_a_result_is_drawn_with_its_own_switch():
    sessions = pd.bdate_range("2024-01-01", periods=30)
    bars = Bars(pd.DataFrame({"A": np.linspace(100.0, 60.0, 30)}, sessions))
    held = TargetWeights(pd.DataFrame({"A": [1.0] + [np.nan] * 29}, sessions))
    result = simulate(
        held, bars, CostModel(commission_bps=0.0, half_spread_bps=0.0), kill_switch=KillSwitch(-0.1)
    )
    names = [trace.name for trace in underwater(result).data]
    assert names == ["Drawdown", "Kill switch, -10% of the seed", f"Fires {result.killed_at:%Y-%m-%d}"]
    plain = underwater(result, kill_switch=KillSwitch(-0.2)).data
    assert plain[1].name == "Kill switch, -20% of the seed"


def test_rolling_lines_are_the_table_and_the_whole_span(worth):
    figure, table = rolling(worth, window=100), rolling_statistics(worth, window=100)
    lines = [trace for trace in figure.data if trace.name == "Last 100 returns"]
    for line, key in zip(lines, table, strict=True):
        assert np.array_equal(line.y, thinned(table[key]).to_numpy())
    levels = [trace.y for trace in figure.data if trace.name == "Whole span"]
    sheet = tearsheet_of_worth(worth)
    assert levels[1] == pytest.approx([sheet["annual_volatility"].value] * 2)
    assert levels[2] == pytest.approx([sheet["sharpe_ratio"].value] * 2)
    assert (1.0 + levels[0][0]) ** 15 == pytest.approx(1.0 + sheet["total_return"].value)  # 1,500 returns


@pytest.mark.parametrize("edge", [0.0, 0.002])
def test_the_bars_left_of_zero_are_the_probability(trials, edge):
    skilled = trials.assign(t0=trials["t0"] + edge)
    worse, better = overfitting(skilled, blocks=8).data
    probability = probability_of_backtest_overfitting(skilled, blocks=8)
    assert sum(worse.y) == pytest.approx(probability, abs=1e-12)
    assert sum(worse.y) + sum(better.y) == pytest.approx(1.0, abs=1e-12)
    assert max(worse.x) < 0.0 < min(better.x)
    assert f"{probability:.1%}" in worse.name


def test_the_map_marks_the_spike_and_the_plateau(scores):
    heat, pair, centre = plateau_map(scores).data
    assert np.array_equal(np.array(heat.z, dtype="f8"), scores.to_numpy(), equal_nan=True)
    assert (pair.y[0], pair.x[0]) == ("60", "0")
    assert (centre.y[0], centre.x[0]) == ("30", "3")
    assert centre.name == f"Best plateau: fast 30, slow 3, {plateau(scores).loc[30, 3]:.2f}"


def test_a_figure_refuses_what_its_table_refuses(worth, trials, scores):
    with pytest.raises(DataError, match="window of 10"):
        rolling(worth, window=10)
    with pytest.raises(DataError, match="Transpose"):
        overfitting(trials.T)
    with pytest.raises(DataError, match="ascending"):
        plateau_map(scores[::-1])
    with pytest.raises(DataError, match="Worth at"):
        underwater(worth - worth.iloc[3])


@pytest.fixture(scope="module")
def accounts() -> pd.DataFrame:
    return pd.DataFrame({"cagr": [0.08, 0.06, np.nan], "sharpe_ratio": [0.9, 0.7, np.nan]})


def test_what_cannot_be_traded_is_hatched_and_says_so(accounts):
    table = accounts.assign(tradable=[False, True, True]).rename_axis("lag")
    growth, sharpe = lags(table).data
    assert growth.x[0] == "Lag 0<br>cannot be traded"
    assert growth.marker.pattern.shape[0] == "/"
    assert set(growth.marker.pattern.shape[1:]) == {""}
    assert growth.text == ("8.0%", "6.0%", "ruined")
    assert sharpe.text == ("0.90", "0.70", "ruined")


def test_the_assumed_costs_stand_out(accounts):
    bars = costs(accounts.set_index(pd.Index([0.0, 1.0, 4.0], name="multiple"))).data[0]
    assert list(bars.x) == ["0 x costs", "1 x costs", "4 x costs"]
    assert len({bars.marker.color[0], bars.marker.color[2]}) == 1 != bars.marker.color[1]


def test_the_curve_says_where_half_is_left_or_that_more_is():
    table = pd.DataFrame({"cagr": [0.10, 0.08, 0.02], "sharpe_ratio": [1.0, 0.8, 0.2]}, index=[1e4, 1e5, 1e6])
    curve, half = capacity_curve(table).data
    assert (half.y[0], half.name) == (0.05, "Half of it is left at $320k")
    assert list(curve.customdata) == ["$10k", "$100k", "$1M"]
    (alone,) = capacity_curve(table.iloc[:2]).data
    assert alone.name.endswith("more than half of it is left at $100k")


def test_starts_and_symbols_are_held_against_the_whole(accounts):
    known = accounts.dropna()
    begun = known.set_index(pd.DatetimeIndex(["2020-01-02", "2021-01-04"]))
    dots, level = starts(begun).data
    assert list(dots.y) == [0.9, 0.7]
    assert list(level.y) == [0.9, 0.9]
    dots, level = symbols(known.set_index(pd.Index(["A", "B"])), 0.8).data
    assert list(dots.y) == ["without A", "without B"]
    assert list(level.x) == [0.8, 0.8]


def test_the_histogram_holds_every_draw():
    drawn, own = noise(pd.Series([0.1, 0.2, np.nan, 0.9]), 0.5).data
    assert sum(drawn.y) == 3
    assert drawn.name == "3 settings nearby"
    assert list(own.x) == [0.5, 0.5]


def test_a_figure_without_an_account_is_refused(accounts):
    nothing = accounts.iloc[2:]
    for figure in (costs, starts, capacity_curve):
        with pytest.raises(DataError, match="None of the 1 accounts"):
            figure(nothing)
    with pytest.raises(DataError, match="No Sharpe ratio was given"):
        noise(pd.Series([np.nan]), 0.5)
