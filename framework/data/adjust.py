"""What holding a symbol earned each session, whatever its prices did not show."""

import numpy as np

from framework.data.bars import Bars


def total_returns(bars: Bars) -> np.ndarray:
    r"""Simple return of each symbol in each session, with its dividend and its split.

    .. math:: r_t = (c_t + d_t) s_t / c_{t-1} - 1

    with :math:`d` the dividend of a share and :math:`s` the new shares per old one; of bars without them, the change
    of the close.

    Returns
    -------
    array, shape (sessions, symbols)
        Fractions; NaN in the first session of a life and outside it.
    """
    close = bars.table("close")
    held = close[1:]
    if bars.has("dividend"):
        held = held + bars.table("dividend")[1:]
    if bars.has("split"):
        held = held * bars.table("split")[1:]
    returns = np.full(close.shape, np.nan)
    returns[1:] = held / close[:-1] - 1.0
    return returns


def shares_per_share(bars: Bars) -> np.ndarray:
    """Into how many shares one share from before the first session has split by each session.

    A number of shares in session *s*, times the answer at *t* over the answer at *s*, is that number in shares of *t*.

    Returns
    -------
    array, shape (sessions, symbols)
        1.0 throughout where the bars have no splits.
    """
    if not bars.has("split"):
        return np.ones(bars.table("close").shape)
    splits = bars.table("split")
    grown: np.ndarray = np.cumprod(np.where(np.isnan(splits), 1.0, splits), axis=0)
    return grown
