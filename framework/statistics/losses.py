"""How bad a bad session is: historical value at risk and expected shortfall. A loss is a negative return."""

import numpy as np
import pandas as pd

from framework.errors import DataError
from framework.statistics.returns import checked_returns


def value_at_risk(returns: pd.Series, *, confidence: float = 0.95) -> float:
    r"""Historical value at risk: the return that all but the worst :math:`1 - \alpha` of sessions exceed.

    The empirical quantile at :math:`1 - \alpha`, linearly interpolated (Hyndman and Fan's type 7).

    Parameters
    ----------
    returns : Series, shape (periods,)
        Simple returns per period, as fractions. NaN is refused, not skipped.
    confidence : float
        Between 0.5 and 1, both excluded.

    Returns
    -------
    float
        A return per period, not annualised: -0.02 is a loss of two per cent.

    Raises
    ------
    DataError
        No return, any NaN, or a confidence out of range.
    """
    return float(np.quantile(checked_returns(returns), _tail(confidence)))


def expected_shortfall(returns: pd.Series, *, confidence: float = 0.95) -> float:
    r"""Historical expected shortfall: the mean of the worst returns, those that make up the value at risk.

    The mean of the :math:`\lfloor (n-1)(1-\alpha) \rfloor + 1` lowest returns, all of them at or below
    `value_at_risk`. A return per period, as `value_at_risk`, and never above it.

    Raises
    ------
    DataError
        As `value_at_risk`.
    """
    values = np.sort(checked_returns(returns))
    return float(values[: tail_count(len(values), confidence)].mean())


def tail_count(observations: int, confidence: float) -> int:
    """How many of the lowest returns lie at or below the value at risk."""
    return int(np.floor(round((observations - 1) * _tail(confidence), 9))) + 1


def _tail(confidence: float) -> float:
    if not 0.5 < confidence < 1.0:
        raise DataError(
            f"The confidence is {confidence!r}.", "It lies between 0.5 and 1, both excluded.", "Use 0.95."
        )
    return round(1.0 - confidence, 12)
