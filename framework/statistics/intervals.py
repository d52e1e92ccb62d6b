"""The intervals of a whole tearsheet, from one set of stationary bootstrap resamples."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from framework.statistics.bootstrap import Interval, block_length_for, percentile_interval, resampled_rows
from framework.statistics.losses import tail_count
from framework.statistics.track import Track

RESAMPLES = 1_000
CONFIDENCE = 0.95
LEAST_RETURNS = 60  # with fewer, resampling shows the few returns again rather than what else could have been


def track_block_length(track: Track) -> float:
    """Mean block length of a track's resamples: the longer of the strategy's and its benchmark's."""
    lengths = [block_length_for(track.returns.to_numpy())]
    if track.benchmark_returns is not None:
        lengths.append(block_length_for(track.benchmark_returns.to_numpy()))
    return max(lengths)


def track_intervals(track: Track, *, seed: int) -> Mapping[str, Interval]:
    """95 % percentile intervals by key of the tearsheet; empty if there are too few returns.

    Strategy and benchmark are resampled by the same rows, so that what binds them stays.
    """
    if len(track.returns) < LEAST_RETURNS:
        return {}
    chunks = [
        _statistics_of(track, rows)
        for rows in resampled_rows(
            len(track.returns), block_length=track_block_length(track), resamples=RESAMPLES, seed=seed
        )
    ]
    draws = {key: np.concatenate([chunk[key] for chunk in chunks]) for key in chunks[0]}
    intervals = {key: percentile_interval(draw, confidence=CONFIDENCE) for key, draw in draws.items()}
    return {key: interval for key, interval in intervals.items() if interval is not None}


def _statistics_of(track: Track, rows: np.ndarray) -> dict[str, np.ndarray]:
    returns = track.returns.to_numpy()[rows]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        found = _ratios(returns, track) | _paths(returns, track) | _tails(returns) | _months(returns, track)
        if track.benchmark_returns is not None:
            benchmark = track.benchmark_returns.to_numpy()[rows]
            found |= _regressions(returns, benchmark, track)
    return found


def _ratios(returns: np.ndarray, track: Track) -> dict[str, np.ndarray]:
    root = np.sqrt(track.periods_per_year)
    mean = returns.mean(axis=1) - track.risk_free_per_period
    deviation = returns.std(axis=1, ddof=1)
    below = np.minimum(returns - track.risk_free_per_period, 0.0)
    downside = np.sqrt(_row_products(below, below) / returns.shape[1])
    gains, total = np.maximum(returns, 0.0).sum(axis=1), returns.sum(axis=1)
    return {
        "annual_volatility": deviation * root,
        "sharpe_ratio": mean / deviation * root,
        "sortino_ratio": mean / downside * root,
        "profit_factor": gains / (gains - total),
    }


def _paths(returns: np.ndarray, track: Track) -> dict[str, np.ndarray]:
    worth = np.cumprod(returns + 1.0, axis=1)
    peak = np.maximum(np.maximum.accumulate(worth, axis=1), 1.0)
    deepest = np.min(worth / peak, axis=1) - 1.0
    growth = worth[:, -1] ** (1.0 / track.years) - 1.0
    return {
        "total_return": worth[:, -1] - 1.0,
        "cagr": growth,
        "max_drawdown": deepest,
        "calmar_ratio": growth / -deepest,
    }


def _months(returns: np.ndarray, track: Track) -> dict[str, np.ndarray]:
    """Resampled returns in the calendar's months, each as long as it was."""
    months = pd.DatetimeIndex(track.returns.index).to_period("M")
    first = np.flatnonzero(months != months[:1].append(months[:-1]))
    growth = np.multiply.reduceat(returns + 1.0, np.concatenate(([0], first)), axis=1)
    return {"monthly_hit_rate": np.mean(growth > 1.0, axis=1)}


def _tails(returns: np.ndarray) -> dict[str, np.ndarray]:
    n = returns.shape[1]
    count = tail_count(n, CONFIDENCE)
    worst = np.partition(returns, (count - 1, count), axis=1)
    share = round((n - 1) * (1.0 - CONFIDENCE), 9) - (count - 1)
    return {
        "value_at_risk": worst[:, count - 1] * (1.0 - share) + worst[:, count] * share,
        "expected_shortfall": worst[:, :count].mean(axis=1),
    }


def _regressions(returns: np.ndarray, benchmark: np.ndarray, track: Track) -> dict[str, np.ndarray]:
    mean, benchmark_mean = returns.mean(axis=1), benchmark.mean(axis=1)
    dy, dx = returns - mean[:, None], benchmark - benchmark_mean[:, None]
    together, alone = _row_products(dx, dy), _row_products(dx, dx)
    slope = together / alone
    cash = track.risk_free_per_period
    return {
        "beta": slope,
        "alpha": (mean - cash - slope * (benchmark_mean - cash)) * track.periods_per_year,
        "correlation": together / np.sqrt(alone * _row_products(dy, dy)),
    }


def _row_products(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    products: np.ndarray = np.einsum("ij,ij->i", left, right)
    return products
