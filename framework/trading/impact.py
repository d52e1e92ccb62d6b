"""How far an order moves its own price."""

import numpy as np
import pandas as pd

from framework.data.adjust import shares_per_share, total_returns
from framework.data.bars import Bars
from framework.errors import SpecError

SESSIONS = 21  # that volatility and average volume look back over
LEAST = 5  # returns without which neither is known


def impact_per_root_share(bars: Bars) -> np.ndarray:
    r"""What one share would move the price by, as a fraction, if the coefficient were 1; n shares move it by root n.

    .. math:: I(n) = Y \sigma_t \sqrt{n / V_t}

    with :math:`Y` the cost model's coefficient, :math:`\sigma_t` the standard deviation (``ddof=1``) of the last 21
    daily returns and :math:`V_t` the average volume of the last 21 sessions: both known at the decision, both with five
    returns at least. See Tóth, Lempérière, Deremble, de Lataillade, Kockelkoren and Bouchaud (2011), "Anomalous
    Price Impact and the Critical Nature of Liquidity in Financial Markets", Phys. Rev. X 1, 021006; there
    :math:`Y` is of order one. All of an order pays :math:`I`, which is dear for what is traded piece by piece.

    Returns
    -------
    array, shape (sessions, symbols)
        Row *t* for orders that fill in session *t*, in shares of *t*, from what *t - 1* knew. NaN where volatility or
        volume was not known, or no share changed hands: such an order cannot be priced, and expires.

    Raises
    ------
    SpecError
        Bars without volume.
    """
    if not bars.has("volume"):
        raise SpecError(
            "The cost model has market impact, and these bars have no volume.",
            "Impact is measured against the average volume before the order.",
            "Load a source with volume, or set impact to 0.0.",
        )
    splits = shares_per_share(bars)
    volatility = _trailing(total_returns(bars)).std()
    volume = _trailing(bars.table("volume") / splits).mean()
    scale = np.full(splits.shape, np.nan)
    shares = volume.to_numpy()[:-1] * splits[1:]
    traded = np.where(shares > 0.0, shares, np.nan)
    scale[1:] = volatility.to_numpy()[:-1] / np.sqrt(traded)
    return scale


def _trailing(values: np.ndarray) -> "pd.api.typing.Rolling[pd.DataFrame]":
    return pd.DataFrame(values).rolling(SESSIONS, min_periods=LEAST)
