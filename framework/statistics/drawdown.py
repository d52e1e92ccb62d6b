"""How far and how long worth lies below its own peak. The capital is the first peak."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from framework.statistics.returns import checked_worth


@dataclass(frozen=True)
class Drawdown:
    """The deepest fall of a worth series, from peak over trough to recovery.

    Parameters
    ----------
    depth : float
        Worth at the trough over worth at the peak, less one: -0.5 is the loss of one half; 0 if it never fell.
    peak, trough : Timestamp
        The last session at the peak, and the first at the deepest point after it.
    recovered : Timestamp or None
        The first session after the trough at or above the peak; None if the series ends before it.
    recovery_sessions : int or None
        Sessions from the trough to the recovery.
    """

    depth: float
    peak: pd.Timestamp
    trough: pd.Timestamp
    recovered: pd.Timestamp | None
    recovery_sessions: int | None


def drawdowns(worth: pd.Series) -> pd.Series:
    r"""Worth against its running peak, :math:`D_t = W_t / \max_{s \le t} W_s - 1`, zero or negative, a row a session.

    Parameters
    ----------
    worth : Series, shape (sessions,)
        USD or index points at each close, the capital first, so that a loss on the first day is seen.

    Raises
    ------
    DataError
        A worth that is NaN, zero or negative, or sessions out of order.
    """
    values = checked_worth(worth, at_least=1)
    return pd.Series(values / np.maximum.accumulate(values) - 1.0, index=worth.index, name="drawdown")


def max_drawdown(worth: pd.Series) -> float:
    """The deepest drawdown as a fraction, zero or negative: -0.25 is a quarter below the peak.

    Raises
    ------
    DataError
        As `drawdowns`, or fewer than two rows.
    """
    checked_worth(worth)
    return float(drawdowns(worth).min())


def deepest_drawdown(worth: pd.Series) -> Drawdown:
    """The deepest drawdown with its sessions: peak, trough and recovery; the first, where two are as deep.

    Raises
    ------
    DataError
        As `max_drawdown`.
    """
    values = checked_worth(worth)
    depths = drawdowns(worth).to_numpy()
    trough = int(np.argmin(depths))
    peak_worth = values[: trough + 1].max()
    peak = int(np.flatnonzero(values[: trough + 1] == peak_worth)[-1])
    back = np.flatnonzero(values[trough:] >= peak_worth)
    sessions = int(back[0]) if len(back) else None
    return Drawdown(
        depth=float(depths[trough]),
        peak=worth.index[peak],
        trough=worth.index[trough],
        recovered=None if sessions is None else worth.index[trough + sessions],
        recovery_sessions=sessions,
    )


def ulcer_index(worth: pd.Series) -> float:
    r"""Root mean square drawdown, :math:`\sqrt{\tfrac1n\sum_t D_t^2}`, as a fraction.

    Source: Martin and McCann (1989), "The Investor's Guide to Fidelity Funds", who state it in per cent. Every
    session counts, the capital's too.

    Raises
    ------
    DataError
        As `max_drawdown`.
    """
    checked_worth(worth)
    return float(np.sqrt(np.mean(drawdowns(worth).to_numpy() ** 2)))


def pain_index(worth: pd.Series) -> float:
    r"""Mean depth of the drawdown, :math:`\tfrac1n\sum_t |D_t|`, as a fraction.

    Raises
    ------
    DataError
        As `max_drawdown`.
    """
    checked_worth(worth)
    return float(np.abs(drawdowns(worth).to_numpy()).mean())
