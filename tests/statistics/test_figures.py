import json

import numpy as np
import pandas as pd
import pytest

from framework.errors import DataError
from framework.statistics import drawdowns, max_drawdown, monthly_returns, tearsheet_of_worth
from framework.statistics.figures import MONTHS, monthly_heatmap, thinned, worth_and_drawdown


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255.0 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def contrast(color: str, ground: str) -> float:
    light, dark = sorted((luminance(color), luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


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


def test_figures_read_on_white_on_black_and_in_print(worth):
    for figure in (worth_and_drawdown(worth, worth), monthly_heatmap(worth)):
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
