"""Futures that never happened, to ask a rule whether it would have decided otherwise."""

import numpy as np
import pandas as pd

from framework.data.bars import Bars

SESSIONS = 45  # longer than a month and than most centred windows
SMALLEST_MOVE, LARGEST_MOVE = 0.001, 0.1  # of the logarithm of a price, per session
BIRTH_PRICE = 100.0
TURN = 5  # rows into the future at which a life begins or ends


def rise(bars: Bars, *, seed: int = 0) -> Bars:
    """`bars` and then a future in which every price rises every session, and what was not listed yet lists."""
    rng = np.random.default_rng(seed)
    future = _walk(bars, np.abs(_moves(bars, rng)))
    close = bars.close.to_numpy()
    unborn = np.isnan(close).all(axis=0)
    future[TURN:, unborn] = BIRTH_PRICE * np.cumprod(
        1.0 + rng.uniform(0.0, 0.02, (SESSIONS - TURN, unborn.sum())), axis=0
    )
    return _followed(bars, future, rng)


def fall(bars: Bars, *, seed: int = 0) -> Bars:
    """`bars` and then a future in which every price falls every session, and one of the symbols is delisted."""
    rng = np.random.default_rng(seed)
    future = _walk(bars, -np.abs(_moves(bars, rng)))
    alive = np.flatnonzero(~np.isnan(bars.close.to_numpy()[-1]))
    if len(alive) > 1:
        future[TURN:, rng.choice(alive)] = np.nan
    return _followed(bars, future, rng)


def _moves(bars: Bars, rng: np.random.Generator) -> np.ndarray:
    """Sessions drawn from the past, all symbols together, so that they differ as they used to."""
    past = np.diff(np.log(bars.close.to_numpy()), axis=0, prepend=np.nan)
    drawn = np.nan_to_num(np.abs(past[rng.integers(len(past), size=SESSIONS)]))
    return np.clip(drawn, SMALLEST_MOVE, LARGEST_MOVE)


def _walk(bars: Bars, moves: np.ndarray) -> np.ndarray:
    walked: np.ndarray = bars.close.to_numpy()[-1] * np.exp(np.cumsum(moves, axis=0))
    return walked


def _followed(bars: Bars, close: np.ndarray, rng: np.random.Generator) -> Bars:
    drawn = rng.integers(len(bars), size=SESSIONS)
    before = np.vstack([bars.close.to_numpy()[-1:], close[:-1]])
    opened = np.where(np.isnan(before), close, before)
    opened = np.where(np.isnan(close), np.nan, opened)
    volume = None if bars.volume is None else np.nan_to_num(bars.volume.to_numpy()[drawn])
    sessions = _sessions_after(bars.sessions)

    def joined(past: pd.DataFrame | None, future: np.ndarray) -> pd.DataFrame | None:
        return None if past is None else _joined(past, future, sessions)

    return Bars(
        close=_joined(bars.close, close, sessions),
        open=joined(bars.open, opened),
        high=joined(bars.high, np.maximum(opened, close)),
        low=joined(bars.low, np.minimum(opened, close)),
        volume=None if volume is None else joined(bars.volume, np.where(np.isnan(close), np.nan, volume)),
        features={
            name: _joined(frame, frame.to_numpy()[drawn], sessions) for name, frame in bars.features.items()
        },
    )


def _joined(past: pd.DataFrame, future: np.ndarray, sessions: pd.DatetimeIndex) -> pd.DataFrame:
    values = np.vstack([past.to_numpy(), future])
    return pd.DataFrame(values, index=past.index.append(sessions), columns=past.columns)


def _sessions_after(sessions: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """At the usual step from session to session; on weekdays only where the past has no other."""
    recent = sessions[-64:]
    step = recent.to_series().diff().median() if len(recent) > 1 else pd.Timedelta(days=1)
    if step == pd.Timedelta(days=1) and (recent.dayofweek < 5).all():
        return pd.DatetimeIndex(pd.bdate_range(sessions[-1] + step, periods=SESSIONS)).as_unit(sessions.unit)
    return pd.DatetimeIndex([sessions[-1] + step * ahead for ahead in range(1, SESSIONS + 1)]).as_unit(
        sessions.unit
    )
