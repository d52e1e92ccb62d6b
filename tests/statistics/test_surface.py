"""The names that others rely on, under exactly these signatures, with answers from outside."""

import inspect
import math

import pandas as pd
import pytest

from framework import statistics
from framework.errors import DataError

KEYWORDS = {
    "probabilistic_sharpe_ratio": ("sharpe", ["benchmark", "observations", "skewness", "kurtosis"]),
    "deflated_sharpe_ratio": (
        "sharpe",
        ["trials", "trials_variance", "observations", "skewness", "kurtosis"],
    ),
    "minimum_track_record_length": ("sharpe", ["benchmark", "skewness", "kurtosis", "confidence"]),
    "minimum_backtest_length": ("trials", ["target_sharpe"]),
    "probability_of_backtest_overfitting": ("returns", ["blocks"]),
}
NAMES = (
    *("sharpe_ratio", "sortino_ratio", "calmar_ratio", "omega_ratio", "cagr", "annual_volatility"),
    *("max_drawdown", "downside_deviation", "ulcer_index", "martin_ratio", "pain_index", "kappa_ratio"),
    *("tail_ratio", "value_at_risk", "expected_shortfall", "adjusted_sharpe_ratio", "bootstrap_interval"),
    *KEYWORDS,
)


@pytest.mark.parametrize("name", NAMES)
def test_the_name_is_there_and_says_what_it_takes(name):
    function = getattr(statistics, name)
    assert name in statistics.__all__
    assert function.__name__ == name
    assert len(function.__doc__) > 80


@pytest.mark.parametrize("name", KEYWORDS)
def test_the_signature_is_the_one_that_was_promised(name):
    first, keywords = KEYWORDS[name]
    parameters = inspect.signature(getattr(statistics, name)).parameters
    assert next(iter(parameters)) == first
    assert [
        each for each, parameter in parameters.items() if parameter.kind is parameter.KEYWORD_ONLY
    ] == keywords
    confidence = parameters.get("confidence")
    assert confidence is None or confidence.default == 0.95


def test_the_published_answers_come_out():
    daily = 2.5 / math.sqrt(250.0)
    shape = {"observations": 1250, "skewness": -3.0, "kurtosis": 10.0}
    luck = statistics.expected_maximum_sharpe(100, trials_variance=0.5 / 250.0)
    deflated = statistics.deflated_sharpe_ratio(daily, trials=100, trials_variance=0.5 / 250.0, **shape)
    assert luck == pytest.approx(0.1131720, abs=5e-8)  # Bailey and Lopez de Prado (2014)
    assert deflated == pytest.approx(0.9003968344, abs=5e-11)
    assert statistics.probabilistic_sharpe_ratio(daily, benchmark=luck, **shape) == deflated
    probability = statistics.probabilistic_sharpe_ratio(
        1.585 / math.sqrt(12.0), benchmark=0.0, observations=24, skewness=-2.448, kurtosis=10.164
    )
    assert probability == pytest.approx(0.9132343069, abs=5e-11)  # the same (2012)


def test_excess_kurtosis_would_have_answered_otherwise_and_an_impossible_one_is_refused():
    shape = {"trials": 100, "trials_variance": 0.5 / 250.0, "observations": 1250}
    daily = 2.5 / math.sqrt(250.0)
    # what some libraries publish for the example: they pass 10 - 3
    assert statistics.deflated_sharpe_ratio(
        daily, skewness=-3.0 + 1.0, kurtosis=7.0, **shape
    ) != pytest.approx(0.9003968344, abs=1e-6)
    with pytest.raises(DataError, match="raw kurtosis"):
        statistics.deflated_sharpe_ratio(daily, skewness=-3.0, kurtosis=7.0, **shape)


def test_no_answer_depends_on_what_was_asked_before():
    returns = pd.Series([0.01, -0.02, 0.015, 0.003] * 70, index=pd.bdate_range("2020-01-01", periods=280))
    worth = (1.0 + returns).cumprod() * 100.0
    before = statistics.cagr(worth)
    statistics.sharpe_ratio(returns - 0.05 / 252, periods_per_year=252)
    statistics.adjusted_sharpe_ratio(0.1, skewness=0.0, kurtosis=3.0)
    assert statistics.cagr(worth) == before


def test_a_transposed_matrix_is_refused():
    table = pd.DataFrame(0.01, index=range(5), columns=range(9))
    with pytest.raises(DataError, match="Rows are periods and columns trials"):
        statistics.probability_of_backtest_overfitting(table, blocks=4)
    dated = pd.DataFrame(0.01, index=range(50), columns=pd.bdate_range("2020-01-01", periods=5))
    with pytest.raises(DataError, match="DatetimeIndex"):
        statistics.probability_of_backtest_overfitting(dated, blocks=4)
