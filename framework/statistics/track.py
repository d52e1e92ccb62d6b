"""Track: the series that a tearsheet is computed from, aligned and checked once."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from framework.errors import DataError
from framework.statistics.benchmark import Regression, aligned_benchmark, regress
from framework.statistics.drawdown import Drawdown, deepest_drawdown
from framework.statistics.returns import (
    DAYS_PER_YEAR,
    ONE_YEAR_DAYS,
    checked_worth,
    compounded,
    simple_returns,
    span_days,
)


@dataclass(frozen=True, eq=False, kw_only=True)
class Track:
    """A worth series, what it is compared with and what it cost. Checked when it is made.

    Parameters
    ----------
    worth : Series, shape (sessions,)
        USD at each close, the capital first.
    benchmark : Series or None
        Its worth or price, at every session of `worth` at least.
    costs_usd : float or None
        Commission, spread and borrow fees over the span; None if not recorded.
    turnover, exposure : Series or None
        Per session of `worth`, as fractions of equity: value traded on both sides, and gross positions at the close.
    periods_per_year, risk_free_per_year : float
        252 for daily sessions; the cash rate that excess returns are above, as a fraction per year.
    """

    worth: pd.Series
    benchmark: pd.Series | None
    costs_usd: float | None
    turnover: pd.Series | None
    exposure: pd.Series | None
    periods_per_year: float
    risk_free_per_year: float

    def __post_init__(self) -> None:
        checked_worth(self.worth, at_least=1)
        if self.benchmark is not None:
            aligned = aligned_benchmark(self.benchmark, pd.DatetimeIndex(self.worth.index))
            object.__setattr__(self, "benchmark", aligned)
        for name in ("turnover", "exposure"):
            series = getattr(self, name)
            if series is not None:
                object.__setattr__(self, name, self._of_the_returns(name, series))

    @cached_property
    def returns(self) -> pd.Series:
        """Simple returns per session, one fewer than worths."""
        return simple_returns(self.worth)

    @cached_property
    def excess(self) -> pd.Series:
        """Returns above the cash rate."""
        return self.returns - self.risk_free_per_period

    @property
    def risk_free_per_period(self) -> float:
        """The cash rate a session, as the account earns it: the yearly rate over the periods of a year."""
        return self.risk_free_per_year / self.periods_per_year

    @cached_property
    def benchmark_returns(self) -> pd.Series | None:
        """The benchmark's simple returns on the same sessions."""
        return None if self.benchmark is None else simple_returns(self.benchmark)

    @cached_property
    def regression(self) -> Regression:
        """Excess returns on the benchmark's; asked for only where there is a benchmark."""
        assert self.benchmark_returns is not None  # noqa: S101 - the rows that need it check first
        return regress(self.excess, self.benchmark_returns - self.risk_free_per_period)

    @cached_property
    def deepest(self) -> Drawdown:
        """The deepest drawdown."""
        return deepest_drawdown(self.worth)

    @cached_property
    def months(self) -> pd.Series:
        """Return of each calendar month, by period."""
        return compounded(self.worth, "M")

    @property
    def years(self) -> float:
        """Calendar years from the first row to the last."""
        return span_days(self.worth) / DAYS_PER_YEAR

    @property
    def spans_a_year(self) -> bool:
        """Whether anything may be annualised."""
        return span_days(self.worth) >= ONE_YEAR_DAYS

    def _of_the_returns(self, name: str, series: pd.Series) -> pd.Series:
        aligned = series.reindex(self.worth.index[1:])
        if aligned.isna().any():
            raise DataError(
                f"There is no {name} at {aligned.index[aligned.isna()][0]:%Y-%m-%d}.",
                "It has a value at every session of the worth after the first.",
                f"Record {name} each session; 0.0 only where nothing was traded or held.",
            )
        return aligned
