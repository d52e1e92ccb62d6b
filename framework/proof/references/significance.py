"""Probabilistic and deflated Sharpe ratios, and the lengths that they ask for."""

from math import sqrt

from framework.proof.reference import Reference
from framework.statistics import (
    adjusted_sharpe_ratio,
    deflated_sharpe_ratio,
    expected_maximum_sharpe,
    minimum_backtest_length,
    minimum_track_record_length,
    probabilistic_sharpe_ratio,
)

_DEFLATED = 'Bailey and Lopez de Prado (2014), "The Deflated Sharpe Ratio", JPM 40(5), numerical example'
_EFFICIENT = 'Bailey and Lopez de Prado (2012), "The Sharpe Ratio Efficient Frontier", Journal of Risk 15(2)'
_CHARLATANISM = (
    'Bailey, Borwein, Lopez de Prado and Zhu (2014), "Pseudo-Mathematics and Financial Charlatanism", '
    "Notices of the AMS 61(5)"
)
_VARIANCE = 0.5 / 250.0  # of the trials' Sharpe ratios, a day


def significance() -> tuple[Reference, ...]:
    """The papers' own numbers, as printed."""
    return (
        Reference(
            name="Expected maximum Sharpe ratio of 100 trials, a day",
            source=_DEFLATED,
            published=0.1132,
            tolerance=5e-5,
            compute=lambda: expected_maximum_sharpe(100, trials_variance=_VARIANCE),
        ),
        Reference(
            name="Deflated Sharpe ratio, 100 trials",
            source=_DEFLATED,
            published=0.9004,
            tolerance=5e-5,
            compute=lambda: deflated_sharpe_ratio(
                2.5 / sqrt(250),
                trials=100,
                trials_variance=_VARIANCE,
                observations=1250,
                skewness=-3.0,
                kurtosis=10.0,
            ),
        ),
        Reference(
            name="Probabilistic Sharpe ratio, 24 months",
            source=_EFFICIENT,
            published=0.913,
            tolerance=5e-4,
            compute=lambda: probabilistic_sharpe_ratio(
                1.585 / sqrt(12), benchmark=0.0, observations=24, skewness=-2.448, kurtosis=10.164
            ),
        ),
        *(
            _track_record(*case)
            for case in (("daily", 252, 2.73), ("weekly", 52, 2.83), ("monthly", 12, 3.24))
        ),
        Reference(
            name="Minimum backtest length for 45 trials, years",
            source=_CHARLATANISM,
            published=5.0,
            tolerance=0.03,
            compute=lambda: minimum_backtest_length(45, target_sharpe=1.0),
        ),
        Reference(
            name="Adjusted Sharpe ratio of a normal sample is the Sharpe ratio",
            source='Pezier and White (2006), "The Relative Merits of Investable Hedge Fund Indices", the formula',
            published=0.25,
            compute=lambda: adjusted_sharpe_ratio(0.25, skewness=0.0, kurtosis=3.0),
        ),
    )


def _track_record(sampled: str, per_year: int, years: float) -> Reference:
    root = sqrt(per_year)
    return Reference(
        name=f"Minimum track record to tell a Sharpe ratio of 2 from 1, {sampled}, years",
        source=f"{_EFFICIENT}, section on the track record's length",
        published=years,
        tolerance=0.005,
        compute=lambda: (
            minimum_track_record_length(2.0 / root, benchmark=1.0 / root, skewness=0.0, kurtosis=3.0)
            / per_year
        ),
    )
