"""Ratios and risk, against the figures that empyrical has printed in its tests since 2016.

The returns are its own: eight of a mixed, nine of a rising and nine of a falling account.
"""

from collections.abc import Callable
from functools import partial

import pandas as pd

from framework.proof.reference import Reference
from framework.statistics import (
    annual_volatility,
    beta,
    downside_deviation,
    max_drawdown,
    omega_ratio,
    sharpe_ratio,
    sortino_ratio,
    total_return,
)

_SOURCE = "empyrical 0.5.5, empyrical/tests/test_stats.py (Apache-2.0)"
_ROUNDING = 5e-9  # the digits that its tests compare
_MIXED = (1.0, 10.0, -4.0, 2.0, 3.0, 2.0, 1.0, -10.0)
_FLAT_FIRST = (0.0, *_MIXED)
_RISING = (1.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
_FALLING = (0.0, -6.0, -7.0, -1.0, -9.0, -2.0, -6.0, -8.0, -5.0)
_DAYS, _WEEKS, _MONTHS = 252.0, 52.0, 12.0


def ratios() -> tuple[Reference, ...]:
    """One reference a printed figure."""
    mixed, flat_first = _returns(_MIXED), _returns(_FLAT_FIRST)
    rising, falling = _returns(_RISING), _returns(_FALLING)
    return (
        _of("Total return, mixed", 0.03893, lambda: total_return(_worth(mixed)), tolerance=5e-6),
        _of("Total return, falling", -0.36590, lambda: total_return(_worth(falling)), tolerance=5e-5),
        _of("Maximum drawdown, mixed", -0.1, lambda: max_drawdown(_worth(mixed))),
        _of("Maximum drawdown, rising", 0.0, lambda: max_drawdown(_worth(rising))),
        *_volatilities(mixed, flat_first),
        *_downsides(mixed, flat_first),
        *_rewards(mixed, flat_first, rising, falling),
        _of("Omega ratio, mixed, 1 % a day to beat", 0.8125, lambda: omega_ratio(mixed, threshold=0.01)),
        _of("Omega ratio, rising, 1.1 % a day to beat", 1.125, lambda: omega_ratio(rising, threshold=0.011)),
        _of(
            "Omega ratio, mixed, 1,000 % a year to beat",
            0.83354263497557934,
            lambda: omega_ratio(mixed, threshold=11.0 ** (1.0 / 252.0) - 1.0),
        ),
        _of(
            "Beta of the mixed to the falling account",
            -0.71296296296296313,
            lambda: beta(mixed, falling.iloc[1:].set_axis(mixed.index)),
        ),
    )


def _volatilities(mixed: pd.Series, flat_first: pd.Series) -> tuple[Reference, ...]:
    cases = (
        ("days", mixed, _DAYS, 0.9136465399704637),
        ("weeks", flat_first, _WEEKS, 0.38851569394870583),
        ("months", flat_first, _MONTHS, 0.18663690238892558),
    )
    return tuple(
        _of(
            f"Volatility a year, mixed, {name}",
            value,
            partial(annual_volatility, returns, periods_per_year=per_year),
        )
        for name, returns, per_year, value in cases
    )


def _downsides(mixed: pd.Series, flat_first: pd.Series) -> tuple[Reference, ...]:
    cases = (
        ("days, below 0", mixed, _DAYS, 0.0, 0.60448325038829653),
        ("days, below 10 %", mixed, _DAYS, 0.1, 1.7161730681956295),
        ("weeks, below 0", flat_first, _WEEKS, 0.0, 0.25888650451930134),
        ("weeks, below 10 %", flat_first, _WEEKS, 0.1, 0.7733045971672482),
        ("months, below 0", flat_first, _MONTHS, 0.0, 0.1243650540411842),
        ("months, below 10 %", flat_first, _MONTHS, 0.1, 0.37148351242013422),
    )
    return tuple(
        _of(
            f"Downside deviation a year, mixed, {name}",
            value,
            partial(downside_deviation, returns, periods_per_year=per_year, target=target),
        )
        for name, returns, per_year, target, value in cases
    )


def _rewards(
    mixed: pd.Series, flat_first: pd.Series, rising: pd.Series, falling: pd.Series
) -> tuple[Reference, ...]:
    cases = (
        ("Sharpe ratio, mixed, days", sharpe_ratio, mixed, _DAYS, 1.7238613961706866),
        ("Sharpe ratio, rising, days", sharpe_ratio, rising, _DAYS, 52.915026221291804),
        ("Sharpe ratio, falling, days", sharpe_ratio, falling, _DAYS, -24.406808633910085),
        ("Sortino ratio, mixed, days", sortino_ratio, mixed, _DAYS, 2.605531251673693),
        ("Sortino ratio, mixed, weeks", sortino_ratio, flat_first, _WEEKS, 1.1158901056866439),
        ("Sortino ratio, mixed, months", sortino_ratio, flat_first, _MONTHS, 0.53605626741889756),
        ("Sortino ratio, falling, days", sortino_ratio, falling, _DAYS, -13.532743075043401),
    )
    return tuple(
        _of(name, value, partial(function, returns, periods_per_year=per_year))
        for name, function, returns, per_year, value in cases
    )


def _of(
    name: str, published: float, compute: Callable[[], float], *, tolerance: float = _ROUNDING
) -> Reference:
    return Reference(name=name, source=_SOURCE, published=published, tolerance=tolerance, compute=compute)


def _returns(per_cent: tuple[float, ...]) -> pd.Series:
    days = pd.date_range("2000-01-31", periods=len(per_cent), freq="D")
    return pd.Series(per_cent, index=days, dtype="f8") / 100.0


def _worth(returns: pd.Series) -> pd.Series:
    """One unit of money before the first return, and what became of it."""
    days = pd.date_range(end=returns.index[-1], periods=len(returns) + 1, freq="D")
    return pd.Series([1.0, *(1.0 + returns).cumprod()], index=days)
