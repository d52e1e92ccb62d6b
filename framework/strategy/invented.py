"""Futures that never happened, to ask a rule whether it would have decided otherwise.

They are made to matter to a rule that sees them: every price moves the same way in every session, several times
as fast as it used to; leaders become laggards; a life begins or ends. Where bars have splits and dividends, every
symbol splits once and pays once.
"""

import numpy as np
import pandas as pd

from framework.data.bars import Bars

SESSIONS = 45  # longer than a month and than most centred windows
SMALLEST_MOVE, LARGEST_MOVE = 0.001, 0.1  # of the logarithm of a price, per session
SLOWEST, FASTEST = 0.5, 4.0  # moves of the symbols, as multiples of their own past moves
BIRTH_PRICE = 100.0
TURN = 5  # rows into the future at which a life begins or ends
SPLIT, DIVIDEND = 2.0, 0.01  # new shares per old, and cash as a fraction of the close


def rise(bars: Bars, *, seed: int = 0) -> Bars:
    """`bars` and then a rise of every price every session, past losers first; what was not listed yet lists."""
    rng = np.random.default_rng(seed)
    future = _walk(bars, _moves(bars, rng, fastest="losers"))
    close = bars.close.to_numpy()
    unborn = np.isnan(close).all(axis=0)
    future[TURN:, unborn] = BIRTH_PRICE * np.cumprod(
        1.0 + rng.uniform(0.0, 0.02, (SESSIONS - TURN, unborn.sum())), axis=0
    )
    return _followed(bars, future, rng)


def fall(bars: Bars, *, seed: int = 0) -> Bars:
    """`bars` and then a fall of every price every session, past winners first; one of them is delisted."""
    rng = np.random.default_rng(seed)
    future = _walk(bars, -_moves(bars, rng, fastest="winners"))
    alive = np.flatnonzero(~np.isnan(bars.close.to_numpy()[-1]))
    if len(alive) > 1:
        future[TURN:, rng.choice(alive)] = np.nan
    return _followed(bars, future, rng)


def _moves(bars: Bars, rng: np.random.Generator, *, fastest: str) -> np.ndarray:
    """Absolute returns of sessions drawn from the past, all symbols together, sped up by rank of past gain."""
    past = bars.close.pct_change(fill_method=None).abs()
    drawn = past.fillna(past.mean()).fillna(0.0).to_numpy()[rng.integers(len(past), size=SESSIONS)]
    moves: np.ndarray = np.clip(drawn * _speeds(bars, fastest=fastest), SMALLEST_MOVE, LARGEST_MOVE)
    return moves


def _speeds(bars: Bars, *, fastest: str) -> np.ndarray:
    """One multiple a symbol, from SLOWEST to FASTEST; the fastest are the past "winners" or "losers"."""
    close = bars.close.bfill()
    gain = (close.iloc[-1] / close.iloc[0]).fillna(1.0).to_numpy()
    speeds = np.empty(len(gain))
    order = np.argsort(gain if fastest == "winners" else -gain)
    speeds[order] = np.geomspace(FASTEST, SLOWEST, len(gain))[::-1]  # a lone symbol is the fastest
    return speeds


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
        dividend=joined(bars.dividend, _once(close, 0.0, DIVIDEND * close, TURN + 2)),
        split=joined(bars.split, _once(close, 1.0, np.full_like(close, SPLIT), TURN + 1)),
        features={
            name: _joined(frame, frame.to_numpy()[drawn], sessions) for name, frame in bars.features.items()
        },
    )


def _once(close: np.ndarray, usual: float, special: np.ndarray, row: int) -> np.ndarray:
    """The usual figure in every session of a life, and the special one in that row."""
    values = np.where(np.isnan(close), np.nan, usual)
    values[row] = np.where(np.isnan(close[row]), np.nan, special[row])
    return values


def _joined(past: pd.DataFrame, future: np.ndarray, sessions: pd.DatetimeIndex) -> pd.DataFrame:
    values = np.vstack([past.to_numpy(), future])
    return pd.DataFrame(values, index=past.index.append(sessions), columns=past.columns)


def _sessions_after(sessions: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """At the usual step from session to session; on weekdays only where the past has no other."""
    recent = sessions[-64:]
    step = recent.to_series().diff().median() if len(recent) > 1 else pd.Timedelta(days=1)
    if step == pd.Timedelta(days=1) and (recent.day_of_week < 5).all():
        return pd.DatetimeIndex(pd.bdate_range(sessions[-1] + step, periods=SESSIONS)).as_unit(sessions.unit)
    return pd.DatetimeIndex([sessions[-1] + step * ahead for ahead in range(1, SESSIONS + 1)]).as_unit(
        sessions.unit
    )
