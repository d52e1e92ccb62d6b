"""Returns and growth of a worth series, and the checks that every statistic makes of its input."""

import numpy as np
import pandas as pd

from framework.errors import DataError

DAYS_PER_YEAR = 365.25
ONE_YEAR_DAYS = 365  # a shorter span is never annualised


def checked_returns(returns: pd.Series, *, at_least: int = 1) -> np.ndarray:
    """The values of `returns` as float64, or a refusal.

    Raises
    ------
    DataError
        Fewer than `at_least` returns, or one that is NaN or infinite: a missing return is never skipped and
        never filled with zero.
    """
    values = np.asarray(returns, dtype="f8")
    if values.ndim != 1 or len(values) < at_least:
        raise DataError(
            f"The returns have shape {values.shape}.",
            f"This statistic needs one series of at least {at_least}.",
            "Pass one Series, over a longer span.",
        )
    bad = ~np.isfinite(values)
    if bad.any():
        row = int(np.argmax(bad))
        label = returns.index[row] if isinstance(returns, pd.Series) else row
        raise DataError(
            f"The return at {_name(label)} is {values[row]} ({int(bad.sum())} of {len(values)}).",
            "Returns are finite; a gap is neither skipped nor filled with zero.",
            "Mark the session at a real price, or cut the series where the data end.",
        )
    return values


def checked_worth(worth: pd.Series, *, at_least: int = 2) -> np.ndarray:
    """The values of a worth series as float64, or a refusal.

    Raises
    ------
    DataError
        Fewer than `at_least` rows, an index that is not of sessions in strictly increasing order, or a worth
        that is NaN, infinite, zero or negative: an account at zero is closed, and no return follows it.
    """
    values = np.asarray(worth, dtype="f8")
    _check_sessions(worth.index)
    if values.ndim != 1 or len(values) < at_least:
        raise DataError(
            f"The worth series has {len(values)} rows{'' if values.ndim == 1 else f' of {values.shape[1]} columns'}.",
            f"This statistic needs at least {at_least}, the first of them the capital.",
            "Pass one Series, and wait for more sessions if it is short.",
        )
    bad = ~(np.isfinite(values) & (values > 0.0))
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"Worth at {_name(worth.index[row])} is {values[row]} ({int(bad.sum())} of {len(values)} rows).",
            "Worth is finite and above zero: an account at zero is closed, and no return follows it.",
            "Lower the gross weight, or end the series the session before.",
        )
    return values


def simple_returns(worth: pd.Series) -> pd.Series:
    r"""Simple returns per session, :math:`r_t = W_t / W_{t-1} - 1`, one fewer than there are worths.

    Parameters
    ----------
    worth : Series, shape (sessions,)
        USD or index points at each close, the capital first. NaN is refused, not skipped.

    Raises
    ------
    DataError
        As `checked_worth`; one row gives an empty series.
    """
    values = checked_worth(worth, at_least=1)
    return pd.Series(values[1:] / values[:-1] - 1.0, index=worth.index[1:], name="return")


def span_days(worth: pd.Series) -> int:
    """Calendar days from the first row (the capital) to the last."""
    return int((worth.index[-1] - worth.index[0]).days)


def total_return(worth: pd.Series) -> float:
    r"""Growth over the whole span as a fraction, :math:`W_T / W_0 - 1`; 0.5 is a gain of one half.

    Raises
    ------
    DataError
        As `checked_worth`.
    """
    values = checked_worth(worth)
    return float(values[-1] / values[0] - 1.0)


def cagr(worth: pd.Series) -> float:
    r"""Compound annual growth rate over the calendar span.

    .. math:: CAGR = (W_T / W_0)^{1/Y} - 1, \qquad Y = \text{days}(t_0, t_T) / 365.25

    Years are counted on the calendar, so that neither the number of rows nor a missing session moves the
    answer, and a span of 18 months is 1.5 years, not 1 or 2.

    Parameters
    ----------
    worth : Series, shape (sessions,)
        USD or index points at each close, the capital first. NaN is refused, not skipped.

    Returns
    -------
    float
        Fraction per year: 0.1 is ten per cent.

    Raises
    ------
    DataError
        As `checked_worth`, or a span below 365 days: a few weeks are never blown up to a year.
    """
    values, days = checked_worth(worth), span_days(worth)
    if days < ONE_YEAR_DAYS:
        raise DataError(
            f"The series spans {days} days.",
            f"Nothing shorter than {ONE_YEAR_DAYS} days is annualised.",
            "Use total_return, or wait for a full year.",
        )
    return float((values[-1] / values[0]) ** (DAYS_PER_YEAR / days) - 1.0)


def monthly_returns(worth: pd.Series) -> pd.DataFrame:
    """Return of each calendar month, years x (1..12, "year"), as fractions.

    A month runs from the last close of the month before (the capital, for the first) to its own last close, so
    that the months of a year compound to its "year" column and the years to the total return. NaN where there is
    no return: outside the span, and for a first month that holds the capital alone.

    Raises
    ------
    DataError
        As `checked_worth`.
    """
    months = compounded(worth, "M")
    years = compounded(worth, "Y")
    table = pd.DataFrame(
        np.nan,
        index=pd.Index([period.year for period in years.index], name="year"),
        columns=[*range(1, 13), "year"],
    )
    for month, value in zip(pd.PeriodIndex(months.index), months.to_numpy(), strict=True):
        table.loc[month.year, month.month] = value
    table["year"] = years.to_numpy()
    return table


def compounded(worth: pd.Series, frequency: str) -> pd.Series:
    """Return of each calendar period ("M" or "Y") that holds at least one return, indexed by period.

    Raises
    ------
    DataError
        As `checked_worth`.
    """
    checked_worth(worth)
    periods = pd.DatetimeIndex(worth.index[1:]).to_period(frequency)
    closes = worth.iloc[1:].groupby(periods).last()
    opening = np.concatenate(([worth.iloc[0]], closes.to_numpy()[:-1]))
    returns: pd.Series = closes / opening - 1.0
    return returns.rename("return")


def hit_rate(returns: pd.Series) -> float:
    """Share of returns strictly above zero, as a fraction; a flat period is not a hit.

    Raises
    ------
    DataError
        No return, or any NaN.
    """
    return float(np.mean(checked_returns(returns) > 0.0))


def profit_factor(returns: pd.Series) -> float:
    r"""Sum of the gains over the sum of the losses, :math:`\sum r^+ / \sum r^-`.

    Returns
    -------
    float
        Unitless; above 1 the gains are larger. NaN if nothing was ever lost.

    Raises
    ------
    DataError
        No return, or any NaN.
    """
    values = checked_returns(returns)
    lost = -values[values < 0.0].sum()
    return float(values[values > 0.0].sum() / lost) if lost > 0.0 else float("nan")


def _check_sessions(index: pd.Index) -> None:
    if not isinstance(index, pd.DatetimeIndex):
        raise DataError(
            f"The worth series is indexed by {type(index).__name__}.",
            "Worth is indexed by session, a DatetimeIndex.",
            "Set the sessions as its index; years are counted on the calendar.",
        )
    steps = np.diff(index.asi8)
    if (steps <= 0).any():
        row = int(np.argmax(steps <= 0)) + 1
        raise DataError(
            f"Session {_name(index[row])} (row {row}) does not come after {_name(index[row - 1])}.",
            "Sessions strictly increase from row to row.",
            "Sort the series, and drop the row that stands twice.",
        )


def _name(label: object) -> str:
    return f"{label:%Y-%m-%d}" if isinstance(label, pd.Timestamp) else str(label)
