"""Tearsheet: every published statistic of a worth series, with its interval and its n, as data."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from framework.errors import SpecError
from framework.simulation.result import BacktestResult
from framework.statistics.bootstrap import Interval
from framework.statistics.intervals import track_intervals
from framework.statistics.measure import Measure
from framework.statistics.rows import MEASURES
from framework.statistics.track import Track

BY_MONTH = ("monthly_hit_rate", "best_month", "worst_month")


@dataclass(frozen=True, kw_only=True)
class Statistic:
    """One published number.

    Parameters
    ----------
    key, label : str
        Its name in code and on the page.
    value : float or None
        In `unit`; None where there is no such number, and then `note` says why.
    unit : str
        "fraction" (0.01 is one per cent), "ratio", "usd" or "sessions".
    n : int
        Returns that it rests on; months, for the rows by month.
    start, end : Timestamp
        First session (that of the capital) and last.
    low, high : float or None
        95 % interval; None where none is meaningful.
    note : str
        What the number alone does not tell.
    """

    key: str
    label: str
    value: float | None
    unit: str
    n: int
    start: pd.Timestamp
    end: pd.Timestamp
    low: float | None = None
    high: float | None = None
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values: no NaN, and floats that read back to the same bits."""
        return asdict(self) | {"start": self.start.isoformat(), "end": self.end.isoformat()}

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> "Statistic":
        """The statistic that `to_dict` wrote."""
        span = {name: pd.Timestamp(record[name]) for name in ("start", "end")}
        return Statistic(**{**record, **span})


@dataclass(frozen=True)
class Tearsheet:
    """All statistics of one worth series, in the order in which they are shown."""

    rows: tuple[Statistic, ...]

    def __getitem__(self, key: str) -> Statistic:
        for row in self.rows:
            if row.key == key:
                return row
        raise SpecError(
            f"A tearsheet has no {key!r}.",
            f"It has {', '.join(row.key for row in self.rows)}.",
            "Ask for one of these.",
        )

    def __iter__(self) -> Iterator[Statistic]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def frame(self) -> pd.DataFrame:
        """One row a statistic, indexed by key; NaN where there is no number."""
        table = pd.DataFrame([asdict(row) for row in self.rows]).set_index("key")
        figures = ["value", "low", "high"]
        return table.astype(dict.fromkeys(figures, "f8"))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, that `from_dict` reads back to an equal tearsheet."""
        return {"rows": [row.to_dict() for row in self.rows]}

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> "Tearsheet":
        """The tearsheet that `to_dict` wrote."""
        return Tearsheet(tuple(Statistic.from_dict(row) for row in record["rows"]))


def tearsheet(
    result: BacktestResult,
    *,
    benchmark: pd.Series | None = None,
    periods_per_year: float = 252.0,
    seed: int = 0,
) -> Tearsheet:
    """Every published statistic of a backtest, net of all costs. Excess returns are above the cost model's cash rate.

    Parameters
    ----------
    result : BacktestResult
        What the account did.
    benchmark : Series, optional
        Worth or prices of the benchmark, at every session of the result at least.
    periods_per_year : float
        Sessions in a year, for what is annualised.
    seed : int
        Of the bootstrap: the same seed gives the same intervals.

    Raises
    ------
    DataError
        A worth at or below zero, or a session that the benchmark lacks.
    """
    return tearsheet_of_worth(
        result.worth,
        benchmark=benchmark,
        costs_usd=float(result.costs_paid.sum()),
        turnover=result.turnover,
        exposure=result.exposure,
        periods_per_year=periods_per_year,
        risk_free_per_year=result.costs.cash_rate_per_year,
        seed=seed,
    )


def tearsheet_of_worth(  # noqa: PLR0913 - one argument a column that a paper record may lack
    worth: pd.Series,
    *,
    benchmark: pd.Series | None = None,
    costs_usd: float | None = None,
    turnover: pd.Series | None = None,
    exposure: pd.Series | None = None,
    periods_per_year: float = 252.0,
    risk_free_per_year: float = 0.0,
    seed: int = 0,
) -> Tearsheet:
    """Every published statistic of a worth series, a paper or live record of one session or more included.

    Parameters
    ----------
    worth : Series, shape (sessions,)
        USD at each close, the capital first.
    benchmark : Series, optional
        Its worth or prices, at every session of `worth` at least.
    costs_usd : float, optional
        Commission, half-spread and borrow fees over the span. Rows that need what is left out say "not recorded".
    turnover, exposure : Series, optional
        Per session: value traded on both sides over the equity before, and gross positions over equity at the close.
    periods_per_year, risk_free_per_year, seed
        Sessions in a year; the cash rate as a fraction per year; the seed of the bootstrap.

    Raises
    ------
    DataError
        A worth that is missing, or at or below zero; a session that the benchmark, turnover or exposure lacks.
    """
    track = Track(
        worth=worth,
        benchmark=benchmark,
        costs_usd=costs_usd,
        turnover=turnover,
        exposure=exposure,
        periods_per_year=periods_per_year,
        risk_free_per_year=risk_free_per_year,
    )
    intervals = track_intervals(track, seed=seed)
    return Tearsheet(tuple(_row(measure, track, intervals.get(measure.key)) for measure in MEASURES))


def _row(measure: Measure, track: Track, interval: Interval | None) -> Statistic:
    value, note = measure.value(track)
    shown = interval if value is not None else None
    by_month = measure.key in BY_MONTH and len(track.returns) > 0
    return Statistic(
        key=measure.key,
        label=measure.label,
        value=value,
        unit=measure.unit,
        n=len(track.months) if by_month else len(track.returns),
        start=track.worth.index[0],
        end=track.worth.index[-1],
        low=shown.low if shown else None,
        high=shown.high if shown else None,
        note=note,
    )
