"""compare: headline figures side by side."""

import pytest

from framework import backtest, compare
from framework.errors import SpecError
from framework.statistics import cagr, max_drawdown, tearsheet
from strategies.dual_momentum import DualMomentum


def test_figures_stand_side_by_side_and_are_those_of_the_tearsheet(home, funds, costs):
    results = [backtest(DualMomentum(lookback=lookback), funds, costs) for lookback in (126, 252)]
    table = compare(*results)
    assert list(table.columns) == ["dual_momentum(lookback=126)", "dual_momentum(lookback=252)"]
    for result, column in zip(results, table.columns, strict=True):
        assert table.loc["CAGR", column] == cagr(result.worth)
        assert table.loc["Maximum drawdown", column] == max_drawdown(result.worth)
        sheet = {row.label: row.value for row in tearsheet(result)}
        shared = [label for label in table.index if label in sheet]
        assert len(shared) == 8
        assert [table.loc[label, column] for label in shared] == [sheet[label] for label in shared]


def test_results_that_share_name_and_parameters_are_numbered(home, funds, rule, costs):
    table = compare(backtest(rule, funds, costs), backtest(rule, funds, costs.times(2.0)))
    assert list(table.columns) == ["dual_momentum #1", "dual_momentum #2"]
    assert table.loc["Costs paid", "dual_momentum #2"] > table.loc["Costs paid", "dual_momentum #1"] > 0.0


def test_nothing_to_compare_is_refused():
    with pytest.raises(SpecError, match="At least one result"):
        compare()
